"""Runs a stored job; each stage's result goes into the database.

`runner` calls `run_job`, which returns what the transcript lacks, in one sentence or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.jobs.draft_transcript import DraftTranscript
from meetcore.jobs.final_transcript import FinalTranscript
from meetcore.jobs.pipeline import STAGES, PassPlan, run_pass
from meetcore.jobs.remaining_time import Estimate, Speeds
from meetcore.jobs.stored_progress import StoredProgress
from meetcore.jobs.tasks import (
    Compacted,
    Decoded,
    DecodeTask,
    Diarized,
    Recognized,
    TaskExecutor,
    TaskObserver,
)
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import SAMPLE_RATE, Job, JobStage, Mode
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

NOTHING_RECORDED = "No sound was recorded."
NO_SOUND = "There is no sound in this file."
NO_SPEECH = "No speech was found in it."


@dataclass(frozen=True, slots=True)
class JobContext:
    """What all jobs of a process share."""

    store: MeetingStore
    executor: TaskExecutor
    settings: Settings
    speeds: Speeds
    known_voices: KnownVoices
    retry_write: Callable[[Callable[[], object]], object]
    """Runs a write until the store accepts it; raises StoreError when it gives up."""


def run_job(context: JobContext, job: Job, check_stop: Callable[[], None]) -> str:
    """Run the stages of a job that are left; what the transcript lacks, "" for nothing.

    Parameters
    ----------
    check_stop : called several times a second; raises TaskStopped when the job is to end

    Raises
    ------
    TaskStopped, WorkerDiedError
        The job can be resumed from the store.
    MeetcoreError, UnexpectedTaskError
        A stage failed; the first has a sentence for the user.
    """
    plan = _plan(context, job)
    results = StoredResults(context, job, check_stop)
    run_pass(plan, context.executor, results)
    return results.detail


def _plan(context: JobContext, job: Job) -> PassPlan:
    meeting = context.store.get(job.meeting_id)
    folder = context.settings.recordings_dir / job.meeting_id
    decode = None
    if job.stage is JobStage.DECODING:
        assert job.source_path is not None
        source = Path(job.source_path)
        decode = DecodeTask(
            source,
            folder,
            meeting.source_name or source.name,
            context.settings.longest_hours * 3600.0,
            job.options.speakers,
        )
    return PassPlan(
        folder,
        job.options,
        first_stage=job.stage,
        decode=decode,
        start_sample=job.checkpoint_samples,
        words_suffice=job.attempts >= 2,
    )


class StoredResults:
    """The PassResults of one stored job. Every method may raise StoreError."""

    def __init__(self, context: JobContext, job: Job, check_stop: Callable[[], None]) -> None:
        self._context = context
        self._store = context.store
        self._job = job
        self._id = job.meeting_id
        self._check_stop = check_stop
        self._weight = job.options.recognizer or context.settings.recognizer
        self._estimate = Estimate(STAGES[STAGES.index(job.stage) :], self._speeds())
        self._transcript = FinalTranscript(context.store, job.meeting_id)
        self._observer: StoredProgress | None = None
        self._draft: DraftTranscript | None = None
        self._notes: list[str] = []

    @property
    def detail(self) -> str:
        """What the transcript lacks, each reason once; "" for nothing."""
        return " ".join(dict.fromkeys(filter(None, self._notes)))

    @contextmanager
    def observe(self, stage: JobStage) -> Iterator[TaskObserver]:
        begun = 0.0
        if stage is JobStage.RECOGNIZING:
            checkpoint = self._job.checkpoint_samples
            self._draft = DraftTranscript(
                self._store, self._id, checkpoint, self._context.retry_write
            )
            begun = checkpoint / SAMPLE_RATE / self._estimate.audio_s
        self._observer = StoredProgress(
            self._store, self._id, stage, self._estimate, self._check_stop, begun
        )
        yield self._observer

    def decoded(self, done: Decoded) -> None:
        self._estimate.audio_s = done.n_samples / SAMPLE_RATE
        self._record_speed(JobStage.DECODING)
        self._notes.append(done.detail)
        audio = f"{self._id}/{done.file_name}" if done.file_name else None
        seconds = self._estimate.audio_s
        self._write(lambda: self._store.update(self._id, duration=seconds, audio_path=audio))
        self._write(lambda: self._store.jobs.update(self._id, stage=JobStage.RECOGNIZING))
        # The FLAC was compared with what was decoded: the upload is needed no more.
        assert self._job.source_path is not None
        Path(self._job.source_path).unlink(missing_ok=True)

    def measured(self, n_samples: int) -> None:
        seconds = self._estimate.audio_s = n_samples / SAMPLE_RATE
        self._write(lambda: self._store.update(self._id, duration=seconds))
        if n_samples == 0:
            uploaded = self._store.get(self._id).source_name
            self._notes.append(NO_SOUND if uploaded else NOTHING_RECORDED)

    def compacted(self, done: Compacted) -> None:
        self._notes.append(done.detail)
        if done.file_name:
            path = f"{self._id}/{done.file_name}"
            self._write(lambda: self._store.update(self._id, audio_path=path))

    def piece(self, words: PieceWords) -> None:
        assert self._draft is not None
        self._draft.add(words)

    def recognized(self, done: Recognized) -> None:
        draft = self._draft
        assert draft is not None
        if self._job.checkpoint_samples == 0:
            self._record_speed(JobStage.RECOGNIZING, self._weight)
        self._notes.append(done.detail)
        if not draft.words():
            self._notes.append(NO_SPEECH)

        def write() -> None:
            self._transcript.save_words(draft, self._job.options.speakers)
            self._store.update(
                self._id,
                mode=Mode.TRANSCRIPTION_ONLY,
                recognizer=done.recognizer,
                language=self._job.options.language or draft.language(),
            )
            self._store.jobs.update(self._id, stage=JobStage.DIARIZING, progress=0.0)
            self._store.clear_draft(self._id)

        self._write(write)

    def diarized(self, done: Diarized) -> None:
        self._notes.append(done.detail)
        found = done.diarization
        if found is None:
            return
        self._record_speed(JobStage.DIARIZING)
        self._write(lambda: self._save_turns(found, done.weight))

    def attribute(self) -> None:
        if self._job.options.speakers:
            self._write(self._transcript.attribute)

    def _save_turns(self, found: Diarization, weight: str) -> None:
        voices = self._transcript.save_turns(found)
        self._store.update(self._id, mode=Mode.FULL)
        self._store.jobs.update(self._id, stage=JobStage.ATTRIBUTING, progress=0.0)
        self._context.known_voices.name_known_speakers(self._id, voices, weight)

    def _speeds(self) -> dict[JobStage, float]:
        found = {stage: self._context.speeds.get(stage, self._weight) for stage in STAGES}
        return {stage: speed for stage, speed in found.items() if speed is not None}

    def _record_speed(self, stage: JobStage, weight: str = "") -> None:
        assert self._observer is not None
        audio_s = self._estimate.audio_s
        self._context.speeds.record(stage, weight, self._observer.elapsed_s, audio_s)

    def _write(self, write: Callable[[], object]) -> None:
        self._context.retry_write(write)
