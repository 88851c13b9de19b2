"""Runs the stages of a job in order: decode, recognize, diarize, attribute.

The job runner runs it for meetings in the store (meetcore.jobs.run_stored_job), `transcribe_file`
for a file whose results stay in memory. Both hand over a `PassResults`, which takes each result.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.audio.pcm_file import PCM_NAME
from meetcore.audio.recording import RecordingReader
from meetcore.errors import MeetcoreError, StoreError
from meetcore.jobs.diarize_stage import not_diarized
from meetcore.jobs.tasks import (
    Compacted,
    CompactTask,
    Decoded,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Recognized,
    RecognizeTask,
    Task,
    TaskExecutor,
    TaskObserver,
    UnexpectedTaskError,
    WorkerDiedError,
)
from meetcore.records import JobOptions, JobStage

STAGES = tuple(JobStage)
"""In the order in which they run."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class PassPlan:
    """What a pass works on, and where it begins."""

    folder: Path
    """Of the recording."""
    options: JobOptions
    first_stage: JobStage = JobStage.DECODING
    """Results of the stages before it exist already."""
    decode: DecodeTask | None = None
    """Required where the first stage is DECODING."""
    start_sample: int = 0
    """Recognition begins here (16 kHz); words before it exist already."""
    words_suffice: bool = False
    """Whether a worker that dies while diarizing costs the speakers only, not the pass."""

    def includes(self, stage: JobStage) -> bool:
        """Whether the stage is still to be run."""
        return STAGES.index(stage) >= STAGES.index(self.first_stage)


class PassResults(Protocol):
    """Takes the results of a pass. Each call returns before the next stage begins; what it raises
    ends the pass."""

    def observe(self, stage: JobStage) -> AbstractContextManager[TaskObserver]:
        """The observer of a stage with tasks, entered when it begins and left when it ends."""
        ...

    def decoded(self, done: Decoded) -> None:
        """The file was decoded."""
        ...

    def measured(self, n_samples: int) -> None:
        """The recording has so many samples at 16 kHz; after 0 no stage follows."""
        ...

    def check_stop(self) -> None:
        """Called several times a second while a recording is compressed; may raise TaskStopped."""
        ...

    def compacted(self, done: Compacted) -> None:
        """The raw recording was compressed, or could not be."""
        ...

    def piece(self, words: PieceWords) -> None:
        """The next piece was recognized."""
        ...

    def recognized(self, done: Recognized) -> None:
        """All pieces were recognized."""
        ...

    def diarized(self, done: Diarized) -> None:
        """The speakers were found, or could not be."""
        ...

    def attribute(self) -> None:
        """Give each word to the speaker of the turn it lies in."""
        ...


def run_pass(plan: PassPlan, executor: TaskExecutor, results: PassResults) -> None:
    """Run the stages from `plan.first_stage` on; blocks until the last one is done.

    Raises
    ------
    TaskStopped
        An observer raised it.
    WorkerDiedError
        The worker process ended; the pass may be resumed.
    MeetcoreError, UnexpectedTaskError
        A stage failed. A failed diarization does not raise: the words stay without speakers.
    """
    if plan.includes(JobStage.DECODING):
        n_samples = _decode(plan, executor, results)
    else:
        n_samples = RecordingReader(plan.folder).n_samples
    results.measured(n_samples)
    if n_samples == 0:
        return
    try:
        _transcribe(plan, executor, results)
    except (WorkerDiedError, StoreError):
        raise
    except (MeetcoreError, UnexpectedTaskError):
        # Browsers play FLAC only: compress the recording of a failed job too.
        _compact(plan, executor, results)
        raise
    # Last, as it takes seconds for an hour, and the transcript does not need it.
    _compact(plan, executor, results)


def _transcribe(plan: PassPlan, executor: TaskExecutor, results: PassResults) -> None:
    if plan.includes(JobStage.RECOGNIZING):
        _recognize(plan, executor, results)
    if plan.options.speakers and plan.includes(JobStage.DIARIZING):
        _diarize(plan, executor, results)
    results.attribute()


def _decode(plan: PassPlan, executor: TaskExecutor, results: PassResults) -> int:
    assert plan.decode is not None
    with results.observe(JobStage.DECODING) as observer:
        done = _run(executor, plan.decode, observer, Decoded)
    results.decoded(done)
    return done.n_samples


def _recognize(plan: PassPlan, executor: TaskExecutor, results: PassResults) -> None:
    with results.observe(JobStage.RECOGNIZING) as observer:
        task = RecognizeTask(plan.folder, plan.start_sample, plan.options)
        done = _run(executor, task, _PieceObserver(observer, results), Recognized)
    results.recognized(done)


def _diarize(plan: PassPlan, executor: TaskExecutor, results: PassResults) -> None:
    with results.observe(JobStage.DIARIZING) as observer:
        try:
            done = _run(executor, DiarizeTask(plan.folder, plan.options), observer, Diarized)
        except WorkerDiedError as error:
            if not plan.words_suffice:
                raise
            done = Diarized(detail=not_diarized(error))
    results.diarized(done)


def _compact(plan: PassPlan, executor: TaskExecutor, results: PassResults) -> None:
    if (plan.folder / PCM_NAME).exists():
        task = CompactTask(plan.folder)
        results.compacted(_run(executor, task, _StopObserver(results), Compacted))


def _run(executor: TaskExecutor, task: Task, observer: TaskObserver, kind: type[Answer]) -> Answer:
    result = executor.run(task, observer)
    assert isinstance(result, kind)
    return result


@dataclass(frozen=True, slots=True)
class _StopObserver:
    """A TaskObserver that reports nothing."""

    results: PassResults

    def poll(self) -> None:
        self.results.check_stop()

    def progress(self, part: float) -> None:
        self.results.check_stop()

    def piece(self, words: PieceWords) -> None:
        """No pieces come."""


@dataclass(frozen=True, slots=True)
class _PieceObserver:
    """A TaskObserver that hands the words to the results too."""

    observer: TaskObserver
    results: PassResults

    def poll(self) -> None:
        self.observer.poll()

    def progress(self, part: float) -> None:
        self.observer.progress(part)

    def piece(self, words: PieceWords) -> None:
        self.observer.piece(words)
        self.results.piece(words)
