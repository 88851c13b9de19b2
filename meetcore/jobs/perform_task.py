"""`perform`: runs one task of a job on the models it needs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from meetcore.asr.recognizer import Recognizer
from meetcore.audio.compact import compact
from meetcore.diarization.diarizer import Diarizer, GrowingDiarizer
from meetcore.errors import MeetcoreError, ModelUnavailableError, RecordingError
from meetcore.jobs.decode_stage import decode
from meetcore.jobs.diarize_stage import diarize
from meetcore.jobs.failure_sentence import translated
from meetcore.jobs.growing_recordings import MOST_SAMPLES, GrowingRecordings
from meetcore.jobs.recognize_stage import recognize, roll
from meetcore.jobs.tasks import (
    Compacted,
    CompactTask,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Recognized,
    RecognizeTask,
    Result,
    RollDiarizeTask,
    Rolled,
    RolledSpeakers,
    RollTask,
    Task,
    TaskObserver,
    TaskStopped,
)
from meetcore.records import JobStage

logger = logging.getLogger(__name__)

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A model or None, and why it is not the one asked for."""

    model: Model | None
    note: str = ""


class Models(Protocol):
    """Loads the models that stages need. Used by one thread."""

    def preload_diarizer(self) -> None:
        """Begin to load the diarizer in the background; returns at once."""
        ...

    def recognizer(
        self, weight: str, observer: TaskObserver, language: str | None = None
    ) -> Loaded[Recognizer]:
        """The recognizer of this weight, or one that can write the languages. Blocks.

        Parameters
        ----------
        weight : "" takes that of the settings
        language : ISO code, several with commas between, or None for any
        """
        ...

    def diarizer(self, observer: TaskObserver) -> Loaded[Diarizer]:
        """The diarizer of the settings. Blocks while it loads."""
        ...


def perform(
    task: Task, models: Models, observer: TaskObserver, growing: GrowingRecordings
) -> Result:
    """Run one task; blocks until it is done.

    Parameters
    ----------
    growing : what earlier tasks left of recordings that grow

    Raises
    ------
    TaskStopped
        The observer raised it.
    MeetcoreError
        The task failed; its text is a sentence for the user.
    Exception
        A library failed in a way that nothing here foresees.
    """
    try:
        return _performed(task, models, observer, growing)
    except (MeetcoreError, TaskStopped, MemoryError):
        raise
    except Exception as error:
        ours = translated(error, _stage(task), task.name if isinstance(task, DecodeTask) else "")
        raise ours from (None if ours is error else error)


def _performed(
    task: Task, models: Models, observer: TaskObserver, growing: GrowingRecordings
) -> Result:
    match task:
        case DecodeTask():
            if task.speakers:
                models.preload_diarizer()
            return decode(task, observer)
        case CompactTask():
            return _compact(task, observer)
        case RecognizeTask():
            growing.forget_words(task.folder)
            return _recognize(task, models, observer)
        case RollTask():
            return _roll(task, models, observer, growing)
        case DiarizeTask():
            return _diarize(task, models, observer, growing)
        case RollDiarizeTask():
            return _roll_speakers(task, models, observer, growing)


def _stage(task: Task) -> JobStage:
    match task:
        case DecodeTask():
            return JobStage.DECODING
        case CompactTask() | RecognizeTask() | RollTask():
            return JobStage.RECOGNIZING
        case DiarizeTask() | RollDiarizeTask():
            return JobStage.DIARIZING


def _compact(task: CompactTask, observer: TaskObserver) -> Compacted:
    try:
        return Compacted(compact(task.folder, lambda part: observer.poll()).name)
    except RecordingError as error:
        logger.exception("the recording %s stays raw", task.folder.name)
        return Compacted(detail=str(error))


def _recognize(task: RecognizeTask, models: Models, observer: TaskObserver) -> Recognized:
    if task.options.speakers:
        models.preload_diarizer()
    loaded = models.recognizer(task.options.recognizer, observer, task.options.language)
    if loaded.model is None:
        raise ModelUnavailableError(loaded.note)
    return recognize(task, loaded.model, observer, loaded.note)


def _roll(
    task: RollTask, models: Models, observer: TaskObserver, growing: GrowingRecordings
) -> Rolled:
    options = task.options
    loaded = models.recognizer(options.recognizer, observer, options.language)
    if loaded.model is None:
        raise ModelUnavailableError(loaded.note)
    return roll(task, loaded.model, growing.words(task.folder, task.start_sample), observer)


def _roll_speakers(
    task: RollDiarizeTask, models: Models, observer: TaskObserver, growing: GrowingRecordings
) -> RolledSpeakers:
    diarizer = models.diarizer(observer).model
    if not isinstance(diarizer, GrowingDiarizer):
        return RolledSpeakers(follows=False)
    with growing.speakers(task.folder, diarizer) as speakers:
        return RolledSpeakers(True, speakers.advance(MOST_SAMPLES, observer))


def _diarize(
    task: DiarizeTask, models: Models, observer: TaskObserver, growing: GrowingRecordings
) -> Diarized:
    loaded = models.diarizer(observer)
    if loaded.model is None:
        return Diarized(detail=loaded.note)
    begun = growing.take_speakers(task.folder, loaded.model)
    return diarize(task, loaded.model, observer, loaded.note, begun)
