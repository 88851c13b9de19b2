"""`GrowingSpeakers`: the search for speakers in a recording that grows."""

from __future__ import annotations

from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.diarization.diarizer import Diarizer, GrowingDiarizer
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.options import DiarizeOptions
from meetcore.jobs.tasks import TaskObserver


class GrowingSpeakers:
    """What a diarizer has found in one recording so far; used by one thread at a time."""

    def __init__(self, folder: Path, diarizer: GrowingDiarizer) -> None:
        self._reader = RecordingReader(folder)
        self._diarizer = diarizer
        self._growing = diarizer.open_growing(self._reader.read)
        self._n_samples = 0

    def is_of(self, diarizer: Diarizer | GrowingDiarizer) -> bool:
        """Whether this diarizer has found it."""
        return self._diarizer is diarizer

    def advance(self, most_samples: int, observer: TaskObserver) -> int:
        """Look at so much more of the recording at most; the sample reached."""
        observer.progress(0.0)
        self._n_samples = min(self._reader.n_samples, self._n_samples + most_samples)
        self._growing.advance(self._n_samples, progress=lambda part: observer.poll())
        return self._n_samples

    def finish(self, options: DiarizeOptions, observer: TaskObserver) -> Diarization:
        """Look at the rest of the recording, which has ended; all turns and voices."""
        self._growing.advance(self._reader.n_samples, progress=observer.progress)
        return self._growing.result(options, final=True)
