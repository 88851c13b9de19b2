"""A quick look at a media file, in a process of its own: can it be read, how long, when recorded.

`python -m meetcore.audio.probe PATH NAME` prints one JSON object. Parsers of damaged files may
crash or hang; here they end this process only.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av

from meetcore.audio.media_files import iter_audio, stated_length
from meetcore.errors import AudioDecodeError
from meetcore.installation import child_environment, python_module
from meetcore.records import SAMPLE_RATE

PROBE_S = 15.0
"""A file of some GB without a stated length is read to its end; no answer says nothing of it."""
_DATE_KEYS = ("com.apple.quicktime.creationdate", "creation_time", "date_recorded", "date")
"""Metadata keys with the time of recording, the surest first. Source: libavformat's demuxers."""
_CLOCK_ONLY = 8
"""Length of HH:MM:SS: a Broadcast Wave file has its day under `date`."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of a media file before it is decoded."""

    seconds: float = 0.0
    """0 where it is not known."""
    recorded_at: datetime | None = None
    """Aware; None where the file does not say it."""
    day_only: bool = False
    """Whether `recorded_at` is the beginning of a day whose time is not known."""


def probe(path: Path, name: str, timeout_s: float = PROBE_S) -> Probe:
    """Look at a file in another process; an empty Probe where that takes too long.

    Raises
    ------
    AudioDecodeError
        The file cannot be read; the sentence says why and what to do.
    """
    command = python_module("meetcore.audio.probe", str(path), name)
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=timeout_s, env=child_environment(), check=False
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return Probe()
    except ValueError:
        raise AudioDecodeError(
            f"{name} is not a media file that can be read: its reader stopped."
            " Export it as WAV, MP3, M4A or WebM, then upload that."
        ) from None
    if trouble := found.get("trouble"):
        raise AudioDecodeError(trouble)
    stated = found["recorded_at"]
    moment = None if stated is None else datetime.fromisoformat(stated)
    return Probe(found["seconds"], moment, found["day_only"])


def recorded_at(metadata: Mapping[str, str]) -> tuple[datetime | None, bool]:
    """The time of recording that a container's metadata give, and whether only its day is known.

    A time without a zone is local. A year alone is not a date.

    >>> recorded_at({"creation_time": "2025-03-04T05:06:07.000000Z"})
    (datetime.datetime(2025, 3, 4, 5, 6, 7, tzinfo=datetime.timezone.utc), False)
    >>> recorded_at({"date": "2019"})
    (None, False)
    """
    known = {key.lower(): value.strip() for key, value in metadata.items()}
    clock = known.get("creation_time", "")
    if len(clock) == _CLOCK_ONLY and "date" in known:
        known["creation_time"] = f"{known['date'][:10]}T{clock}"
    for key in _DATE_KEYS:
        text = known.get(key, "")
        try:
            moment = datetime.fromisoformat(text)
            # Years before 1 or after 9999 appear once the zone is added.
            moment = moment if moment.tzinfo else moment.astimezone()
            moment + timedelta(days=1), moment - timedelta(days=1)
        except (ValueError, OverflowError, OSError):
            continue
        return moment, len(text) <= len("2025-03-04")
    return None, False


def _look(path: Path, name: str) -> dict[str, Any]:
    """Open the file, decode its beginning, and give what it states."""
    seconds = stated_length(path, name).seconds
    next(iter_audio(path, SAMPLE_RATE // 10, name), None)
    moment, day_only = recorded_at(_metadata(path))
    return {
        "seconds": seconds if math.isfinite(seconds) else 0.0,
        "recorded_at": None if moment is None else moment.isoformat(),
        "day_only": day_only,
    }


def _metadata(path: Path) -> dict[str, str]:
    """The container's metadata, and what only its tracks say."""
    # Without any protocol a playlist cannot make the reader open other files.
    options = {"protocol_whitelist": "none"}
    with (
        path.open("rb") as file,
        av.open(file, metadata_errors="ignore", container_options=options) as container,
    ):
        tags: dict[str, str] = {}
        for stream in container.streams:
            tags |= stream.metadata
        return tags | container.metadata


def _main(path: str, name: str) -> None:
    try:
        found = _look(Path(path), name)
    except AudioDecodeError as error:
        found = {"trouble": str(error)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])
