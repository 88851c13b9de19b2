"""Recognition stage: words, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

from meetcore.asr.offline.recognize_recording import (
    OfflineRecognitionOptions,
    PieceWords,
    recognize_pieces,
    recognize_recording,
)
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.vad.silero import load_activity
from meetcore.audio.recording import RecordingReader
from meetcore.audio.recording_damage import missing_end
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.jobs.growing_words import GrowingWords
from meetcore.jobs.tasks import Recognized, RecognizeTask, Rolled, RollTask, TaskObserver
from meetcore.models.falling_back import FallingBackRecognizer
from meetcore.records import SAMPLE_RATE, JobOptions
from meetcore.text.languages import why_unspoken


def recognize(
    task: RecognizeTask, recognizer: Recognizer, observer: TaskObserver, note: str = ""
) -> Recognized:
    """Recognize a recording from a sample on.

    Parameters
    ----------
    note : why this recognizer is not the one asked for; part of the result's detail

    Raises
    ------
    ModelUnavailableError
        The recognizer cannot write the language of the options.
    InferenceError
        The recognizer failed on every piece of the recording; the log has the cause.
    TaskStopped
        The observer raised it.
    """
    _refuse_language(task.options, recognizer, note)
    reader = RecordingReader(task.folder)
    failures = FailedPieces()
    observer.progress(0.0)
    for piece in recognize_recording(
        reader.read,
        reader.n_samples,
        recognizer,
        load_activity(),
        _options(task),
        start_sample=task.start_sample,
    ):
        failures.add(piece)
        observer.piece(piece)
        observer.progress(piece.end_sample / reader.n_samples)
    if task.start_sample == 0:
        failures.refuse_all()
    info = recognizer.info
    trouble = recognizer.trouble if isinstance(recognizer, FallingBackRecognizer) else ""
    detail = " ".join(filter(None, (note, trouble, missing_end(task.folder))))
    return Recognized(str(info), info.weight, detail, sum(failures.failed))


def roll(
    task: RollTask, recognizer: Recognizer, growing: GrowingWords, observer: TaskObserver
) -> Rolled:
    """Recognize a few more pieces of a recording that still grows.

    Parameters
    ----------
    growing : of this recording, at the task's start

    Raises
    ------
    ModelUnavailableError
        The recognizer cannot write the language of the options.
    TaskStopped
        The observer raised it.
    """
    _refuse_language(task.options, recognizer, "")
    observer.progress(0.0)
    pieces = growing.next_pieces(recognizer.info.workers)
    for piece in recognize_pieces(pieces, recognizer, _options(task), ended=False):
        observer.piece(piece)
        growing.recognized(piece.end_sample)
    return Rolled(len(pieces), growing.reached)


def _options(task: RecognizeTask | RollTask) -> OfflineRecognitionOptions:
    return OfflineRecognitionOptions(
        language=task.options.language,
        prompt=task.options.prompt,
        heard=task.options.heard if task.start_sample else (),
    )


def _refuse_language(options: JobOptions, recognizer: Recognizer, note: str) -> None:
    info = recognizer.info
    if problem := why_unspoken(options.language, info.weight, info.languages):
        raise ModelUnavailableError(f"{note} {problem}".strip())


def missing_words(failed_samples: int) -> str:
    """How much of a recording has no words as the recognizer failed; empty for 0 samples."""
    if not failed_samples:
        return ""
    seconds = failed_samples / SAMPLE_RATE
    return f"The recognizer failed on {seconds:.0f} s of it; finish it again to retry."


@dataclass(slots=True)
class FailedPieces:
    """Counts the pieces that the recognizer failed on."""

    n_pieces: int = 0
    failed: list[int] = field(default_factory=list)
    """Samples of each failed piece, at 16 kHz."""

    def add(self, piece: PieceWords) -> None:
        """Count a piece."""
        self.n_pieces += 1
        if piece.failed:
            self.failed.append(piece.end_sample - piece.start_sample)

    def refuse_all(self) -> None:
        """Raise InferenceError where every piece failed."""
        if self.failed and len(self.failed) == self.n_pieces:
            raise InferenceError(
                "The recognizer failed on the whole recording; the log has the cause."
            )
