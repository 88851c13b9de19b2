"""A look at a media file before it is decoded: what it says, and what a broken one costs."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import pytest

from meetcore.audio import probe as probing
from meetcore.audio.probe import probe, recorded_at
from meetcore.errors import AudioDecodeError
from meetcore.installation import child_environment
from tests.audio.test_media_files import encode, tone


def with_tags(path: Path, codec: str, **tags: str) -> Path:
    """A second of sound with metadata."""
    plain = encode(path.with_stem("plain"), codec, tone(1.0, 44_100), 44_100)
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        target.metadata.update(tags)
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    return path


@pytest.mark.parametrize("name, codec", [("a.m4a", "aac"), ("a.mp4", "aac"), ("a.mka", "aac")])
def test_length_and_date_of_a_file(tmp_path: Path, name: str, codec: str) -> None:
    path = with_tags(tmp_path / name, codec, creation_time="2025-03-04T05:06:07Z")
    found = probe(path, name)
    assert found.seconds == pytest.approx(1.0, abs=0.1)
    assert found.recorded_at == datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)


LOCAL = datetime(2025, 3, 4, 5, 6, 7).astimezone()


@pytest.mark.parametrize(
    "tags, moment, day_only",
    [
        ({}, None, False),
        ({"creation_time": "2025-03-04T05:06:07"}, LOCAL, False),
        ({"date": "2025-03-04", "creation_time": "05:06:07"}, LOCAL, False),
        ({"DATE": "2025-03-04"}, datetime(2025, 3, 4).astimezone(), True),
        ({"date": "2019"}, None, False),
        ({"date": "last summer", "creation_time": ""}, None, False),
        ({"creation_time": "0001-01-01T00:00:00Z"}, None, False),
        ({"creation_time": "9999-12-31T23:59:59Z"}, None, False),
        (
            {
                "com.apple.quicktime.creationdate": "2025-03-04T06:06:07+0100",
                "creation_time": "2026-01-01T00:00:00Z",
            },
            datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC),
            False,
        ),
    ],
)
def test_dates_in_metadata(tags: dict[str, str], moment: datetime | None, day_only: bool) -> None:
    assert recorded_at(tags) == (moment, day_only)


def child(code: str) -> Any:
    """Replaces the command of the look by another program."""
    return lambda module, *arguments: [sys.executable, "-c", code]


def test_a_file_that_crashes_its_reader_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "python_module", child("import os; os.kill(os.getpid(), 11)"))
    with pytest.raises(AudioDecodeError, match=r"a\.mp4 is not a media file that can be read"):
        probe(tmp_path, "a.mp4")


def test_a_file_that_takes_long_is_left_to_its_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "python_module", child("import time; time.sleep(60)"))
    assert probe(tmp_path, "a.mp4", timeout_s=0.2) == probing.Probe()


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    secret = encode(tmp_path / "secret.aac", "aac", tone(1.0, 44_100), 44_100)
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n")
    with pytest.raises(AudioDecodeError):
        probe(playlist, "list.m3u8")


def test_nothing_but_one_object_is_printed(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.wav", "pcm_s16le", tone(1.0, 44_100), 44_100)
    done = subprocess.run(
        probing.python_module("meetcore.audio.probe", str(path), "a.wav"),
        capture_output=True,
        check=True,
        env=child_environment(),
    )
    assert set(json.loads(done.stdout)) == {"seconds", "recorded_at", "day_only"}
