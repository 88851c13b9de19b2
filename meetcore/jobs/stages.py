"""The work itself: what an engine does for each task, wherever it runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from meetcore.asr.recognizer import Recognizer
from meetcore.audio.compact import compact
from meetcore.audio.recording import RecordingReader
from meetcore.diarization.diarize_options import DiarizeOptions
from meetcore.diarization.diarizer import Diarizer
from meetcore.errors import MeetcoreError, ModelUnavailableError, RecordingError
from meetcore.jobs.decode_stage import decode
from meetcore.jobs.second_pass import Unheard, recognized
from meetcore.jobs.tasks import (
    Compacted,
    CompactTask,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Recognized,
    RecognizeTask,
    Result,
    Stopped,
    Task,
    Watch,
)

logger = logging.getLogger(__name__)

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A model, or none; and why it isn't the one asked for."""

    model: Model | None
    note: str = ""


class Models(Protocol):
    """Where the work gets its models from."""

    def expect_speakers(self) -> None:
        """A diarizer is wanted soon."""
        ...

    def recognizer(self, weight: str, watch: Watch) -> Loaded[Recognizer]:
        """The recognizer of this weight, of the settings for an empty name."""
        ...

    def diarizer(self, watch: Watch) -> Loaded[Diarizer]:
        """Who tells speakers apart."""
        ...


def perform(task: Task, models: Models, watch: Watch) -> Result:
    """Do one task; see meetcore.jobs.tasks.Engine."""
    match task:
        case DecodeTask():
            if task.speakers:
                models.expect_speakers()
            return decode(task, watch)
        case CompactTask():
            return _compacted(task, watch)
        case RecognizeTask():
            return _recognize(task, models, watch)
        case DiarizeTask():
            return _diarize(task, models, watch)


def _compacted(task: CompactTask, watch: Watch) -> Compacted:
    try:
        return Compacted(compact(task.folder, lambda part: watch.poll()).name)
    except RecordingError as error:
        logger.exception("the recording %s stays raw", task.folder.name)
        return Compacted(detail=str(error))


def _recognize(task: RecognizeTask, models: Models, watch: Watch) -> Recognized:
    if task.options.speakers:
        models.expect_speakers()
    loaded = models.recognizer(task.options.recognizer, watch)
    recognizer = loaded.model
    if recognizer is None:
        raise ModelUnavailableError(loaded.note)
    reader = RecordingReader(task.folder)
    unheard = Unheard()
    watch.progress(0.0)
    for piece in recognized(
        reader.read, reader.n_samples, recognizer, task.options, task.start_sample
    ):
        unheard.add(piece)
        watch.piece(piece)
        watch.progress(piece.end_sample / reader.n_samples)
    missing = unheard.sentence(everything=task.start_sample == 0)
    detail = " ".join(part for part in (loaded.note, missing) if part)
    return Recognized(str(recognizer.info), recognizer.info.weight, detail)


def _diarize(task: DiarizeTask, models: Models, watch: Watch) -> Diarized:
    """The except is broad because a diarizer's libraries raise anything, and a transcript
    without speakers is better than none."""
    loaded = models.diarizer(watch)
    diarizer = loaded.model
    if diarizer is None:
        return Diarized(detail=loaded.note)
    reader = RecordingReader(task.folder)
    watch.progress(0.0)
    options = DiarizeOptions(task.options.n_speakers, task.options.max_speakers)
    try:
        found = diarizer.diarize(reader.read, reader.n_samples, options, progress=watch.progress)
    except (Stopped, MemoryError):
        raise
    except Exception as error:
        logger.exception("the second pass goes on without speakers")
        why = str(error) if isinstance(error, MeetcoreError) else type(error).__name__
        return Diarized(detail=f"The speakers could not be told apart: {why}")
    return Diarized(found, diarizer.embedding.weight, loaded.note)
