"""`GrowingRecordings`: what the worker keeps of running meetings' recordings between tasks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from meetcore.asr.vad.silero import load_activity
from meetcore.diarization.diarizer import Diarizer, GrowingDiarizer
from meetcore.jobs.growing_speakers import GrowingSpeakers
from meetcore.jobs.growing_words import GrowingWords
from meetcore.records import SAMPLE_RATE

MOST = 16
"""Recordings that are kept; the one unused for longest is dropped, and begun again if needed."""
MOST_SAMPLES = 20 * SAMPLE_RATE
"""How much audio one task looks for speakers in, so that words do not wait long for it."""


class GrowingRecordings:
    """Words and speakers of recordings that grow, by folder. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_use = threading.Lock()
        """Held while a GrowingSpeakers works: one thread does, another may wait for it."""
        self._words: dict[Path, GrowingWords] = {}
        self._speakers: dict[Path, GrowingSpeakers] = {}

    def words(self, folder: Path, start_sample: int) -> GrowingWords:
        """What follows in a recording; cut anew where the last task ended elsewhere."""
        with self._lock:
            found = self._words.pop(folder, None)
            if found is None or found.position != start_sample:
                found = GrowingWords(folder, start_sample, load_activity())
            self._words[folder] = found
            _keep_newest(self._words)
            return found

    def forget_words(self, folder: Path) -> None:
        """Drop what is kept of the words of a recording that has ended."""
        with self._lock:
            self._words.pop(folder, None)

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


def _keep_newest(kept: dict[Path, GrowingWords] | dict[Path, GrowingSpeakers]) -> None:
    for old in list(kept)[:-MOST]:
        del kept[old]
