"""`GrowingRecordings`: what the worker keeps of running meetings' recordings between tasks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meetcore.asr.offline.cutter import Cutter
from meetcore.asr.vad.silero import load_activity
from meetcore.audio.recording import RecordingReader
from meetcore.diarization.diarizer import Diarizer, GrowingDiarizer
from meetcore.jobs.growing_speakers import GrowingSpeakers
from meetcore.records import SAMPLE_RATE

MOST = 16
"""Recordings that are kept; the one unused for longest is dropped, and begun again if needed."""
MOST_SAMPLES = 20 * SAMPLE_RATE
"""How much audio one task looks for speakers in, so that words do not wait long for it."""


class GrowingRecordings:
    """Cutters and speakers of recordings that grow, by folder. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_use = threading.Lock()
        """Held while a GrowingSpeakers works: one thread does, another may wait for it."""
        self._cutters: dict[Path, Cutter] = {}
        self._speakers: dict[Path, GrowingSpeakers] = {}

    def cutter(self, folder: Path, start_sample: int) -> Cutter:
        """The recording's cutter at a position; a new one where the last one is elsewhere."""
        with self._lock:
            cutter = self._cutters.pop(folder, None)
            if cutter is None or cutter.position != start_sample:
                reader = RecordingReader(folder)
                cutter = Cutter(reader.read, load_activity(), start_sample)
            self._cutters[folder] = cutter
            _keep_newest(self._cutters)
            return cutter

    def forget_cutter(self, folder: Path) -> None:
        """Drop the cutter of a recording that has ended."""
        with self._lock:
            self._cutters.pop(folder, None)

    @contextmanager
    def speakers(self, folder: Path, diarizer: GrowingDiarizer) -> Iterator[GrowingSpeakers]:
        """What this diarizer has found in a recording, for this thread alone within the block."""
        with self._in_use:
            with self._lock:
                found = self._speakers.pop(folder, None)
                if found is None or not found.is_of(diarizer):
                    found = GrowingSpeakers(folder, diarizer)
                self._speakers[folder] = found
                _keep_newest(self._speakers)
            yield found

    def take_speakers(self, folder: Path, diarizer: Diarizer) -> GrowingSpeakers | None:
        """What was found in a recording that has ended; None where that is not this diarizer's.

        Waits while another thread works on it.
        """
        with self._in_use, self._lock:
            found = self._speakers.pop(folder, None)
        return found if found is not None and found.is_of(diarizer) else None


def _keep_newest(kept: dict[Path, Cutter] | dict[Path, GrowingSpeakers]) -> None:
    for old in list(kept)[:-MOST]:
        del kept[old]
