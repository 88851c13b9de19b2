"""The second pass: a whole recording into words, and words into a transcript by speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from meetcore.asr.offline.recording import OfflineOptions, PieceWords, recognize_recording
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.vad.silero import load_activity
from meetcore.errors import InferenceError, MeetcoreError, ModelUnavailableError
from meetcore.jobs.tasks import UnknownFailure
from meetcore.records import SAMPLE_RATE, JobOptions, Samples

Read = Callable[[int, int], Samples]
KEPT_LIVE = "The recording and what was said live are kept."
KEPT = "The recording is kept; try again."


def recognized(
    read: Read,
    total_samples: int,
    recognizer: Recognizer,
    options: JobOptions,
    start_sample: int = 0,
) -> Iterator[PieceWords]:
    """The pieces of a recording from a sample on; stop iterating to cancel."""
    return recognize_recording(
        read,
        total_samples,
        recognizer,
        load_activity(),
        OfflineOptions(language=options.language, prompt=options.prompt),
        start_sample=start_sample,
    )


@dataclass(slots=True)
class Unheard:
    """What the recognizer failed on so far."""

    pieces: int = 0
    failed: list[int] = field(default_factory=list)
    """Samples of each piece."""

    def add(self, piece: PieceWords) -> None:
        """Count a piece."""
        self.pieces += 1
        if piece.failed:
            self.failed.append(piece.end_sample - piece.start_sample)

    def sentence(self, everything: bool) -> str:
        """What is missing; an InferenceError when that is everything."""
        if not self.failed:
            return ""
        if everything and len(self.failed) == self.pieces:
            raise InferenceError(
                "The recognizer failed on the whole recording; the log has the cause."
            )
        seconds = sum(self.failed) / SAMPLE_RATE
        return f"The recognizer failed on {seconds:.0f} s of it; finish it again to retry."


def failure_sentence(error: Exception, kept: str = KEPT_LIVE) -> str:
    """Why a pass failed, and what is left."""
    if isinstance(error, ModelUnavailableError):
        return f"{error} The recording is kept; finish it once a recognizer is there."
    kind = str(error) if isinstance(error, UnknownFailure) else type(error).__name__
    known = isinstance(error, MeetcoreError)
    why = str(error) if known else f"The second pass failed ({kind})."
    return f"{why} {kept}"
