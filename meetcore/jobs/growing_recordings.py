"""`GrowingRecordings`: what the worker keeps of running meetings' recordings between tasks."""

from __future__ import annotations

import threading
from pathlib import Path

from meetcore.asr.offline.cutter import Cutter
from meetcore.asr.vad.silero import load_activity
from meetcore.audio.recording import RecordingReader

MOST = 16
"""Recordings that are kept; the one unused for longest is dropped, and begun again if needed."""


class GrowingRecordings:
    """Cutters of recordings that grow, by folder. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cutters: dict[Path, Cutter] = {}

    def cutter(self, folder: Path, start_sample: int) -> Cutter:
        """The recording's cutter at a position; a new one where the last one is elsewhere."""
        with self._lock:
            cutter = self._cutters.pop(folder, None)
            if cutter is None or cutter.position != start_sample:
                reader = RecordingReader(folder)
                cutter = Cutter(reader.read, load_activity(), start_sample)
            self._cutters[folder] = cutter
            for old in list(self._cutters)[:-MOST]:
                del self._cutters[old]
            return cutter

    def forget(self, folder: Path) -> None:
        """Drop what is kept of a recording that has ended."""
        with self._lock:
            self._cutters.pop(folder, None)
