"""Saves the results of a stored job's stages; `run_job` hands it to the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.jobs.draft_transcript import DraftTranscript
from meetcore.jobs.final_transcript import FinalTranscript
from meetcore.jobs.job_context import JobContext
from meetcore.jobs.pipeline import STAGES
from meetcore.jobs.recognize_stage import missing_words
from meetcore.jobs.remaining_time import Estimate
from meetcore.jobs.stored_progress import StoredProgress
from meetcore.jobs.tasks import Compacted, Decoded, Diarized, Recognized, TaskObserver
from meetcore.jobs.uploaded_file import remove_upload
from meetcore.models.weight_sizes import usual_recognizer
from meetcore.records import SAMPLE_RATE, Job, JobStage, Mode

NOTHING_RECORDED = "No sound was recorded."
NO_SOUND = "There is no sound in this file."
NO_SPEECH = "No speech was found in it."


class StoredResults:
    """The PassResults of one stored job. Every method may raise StoreError.

    What a stage found is saved with the step to the next stage in one transaction: wherever a job
    is interrupted, it resumes to the same result.
    """

    def __init__(self, context: JobContext, job: Job, check_stop: Callable[[], None]) -> None:
        self._context = context
        self._store = context.store
        self._job = job
        self._id = job.meeting_id
        self._check_stop = check_stop
        self._weight = job.options.recognizer or usual_recognizer(context.settings)
        self._estimate = Estimate(stages_left(job), self._speeds())
        self._transcript = FinalTranscript(context.store, job.meeting_id)
        self._observer: StoredProgress | None = None
        self._draft: DraftTranscript | None = None
        done = STAGES[: STAGES.index(job.stage)]
        self._notes = {stage: job.notes[stage] for stage in done if stage in job.notes}

    @property
    def detail(self) -> str:
        """What the transcript lacks, each reason once; "" for nothing."""
        notes = (note for stage in STAGES for note in self._notes.get(stage, ()))
        return " ".join(dict.fromkeys(notes))

    @contextmanager
    def observe(self, stage: JobStage) -> Iterator[TaskObserver]:
        begun = 0.0
        if stage is JobStage.RECOGNIZING:
            self._draft = DraftTranscript(self._store, self._job, self._context.retry_write)
            begun = self._job.checkpoint_samples / SAMPLE_RATE / self._estimate.audio_s
        self._observer = StoredProgress(
            self._store, self._id, stage, self._estimate, self._check_stop, begun
        )
        yield self._observer

    def decoded(self, done: Decoded) -> None:
        self._estimate.audio_s = done.n_samples / SAMPLE_RATE
        self._record_speed(JobStage.DECODING)
        self._note(JobStage.DECODING, done.detail)
        audio = f"{self._id}/{done.file_name}" if done.file_name else None
        seconds = self._estimate.audio_s

        def write() -> None:
            self._store.update(self._id, duration=seconds, audio_path=audio)
            self._step_to(JobStage.RECOGNIZING)

        self._write(write)
        remove_upload(self._job)

    def measured(self, n_samples: int) -> None:
        seconds = self._estimate.audio_s = n_samples / SAMPLE_RATE
        self._write(lambda: self._store.update(self._id, duration=seconds))
        if n_samples == 0:
            uploaded = self._store.get(self._id).source_name
            self._note(JobStage.RECOGNIZING, NO_SOUND if uploaded else NOTHING_RECORDED)

    def check_stop(self) -> None:
        self._check_stop()

    def compacted(self, done: Compacted) -> None:
        self._note(JobStage.ATTRIBUTING, done.detail)
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
        lacking = (draft.levels.sentence(), missing_words(draft.failed_samples))
        no_speech = "" if draft.words() else NO_SPEECH
        self._note(JobStage.RECOGNIZING, done.detail, *lacking, no_speech)

        def write() -> None:
            self._transcript.save_words(draft, self._job.options.speakers)
            self._store.update(
                self._id,
                mode=Mode.TRANSCRIPTION_ONLY,
                recognizer=done.recognizer,
                language=draft.language() or self._job.options.language,
            )
            self._step_to(JobStage.DIARIZING)

        self._write(write)

    def diarized(self, done: Diarized) -> None:
        self._note(JobStage.DIARIZING, done.detail)
        found = done.diarization
        if found is None:
            self._write(lambda: self._step_to(JobStage.ATTRIBUTING))
            return
        self._record_speed(JobStage.DIARIZING)
        self._write(lambda: self._save_turns(found, done.weight))

    def attribute(self) -> None:
        if self._job.options.speakers:
            self._write(self._transcript.attribute)

    def _save_turns(self, found: Diarization, weight: str) -> None:
        voices = self._transcript.save_turns(found)
        self._store.update(self._id, mode=Mode.FULL)
        self._context.known_voices.name_known_speakers(self._id, voices, weight)
        self._step_to(JobStage.ATTRIBUTING)

    def _note(self, stage: JobStage, *sentences: str) -> None:
        """Keep what a stage could not do."""
        self._notes[stage] = (*self._notes.get(stage, ()), *filter(None, sentences))

    def _step_to(self, stage: JobStage) -> None:
        """Save that the stage before is complete; only the running attempt counts from here."""
        self._store.jobs.update(self._id, stage=stage, progress=0.0, notes=self._notes, attempts=1)

    def _speeds(self) -> dict[JobStage, float]:
        found = {stage: self._context.speeds.get(stage, self._weight) for stage in STAGES}
        return {stage: speed for stage, speed in found.items() if speed is not None}

    def _record_speed(self, stage: JobStage, weight: str = "") -> None:
        assert self._observer is not None
        audio_s = self._estimate.audio_s
        self._context.speeds.record(stage, weight, self._observer.elapsed_s, audio_s)

    def _write(self, write: Callable[[], object]) -> None:
        """Run a write as one transaction, again until the store accepts it."""

        def at_once() -> None:
            with self._store.together():
                write()

        self._context.retry_write(at_once)


def stages_left(job: Job) -> tuple[JobStage, ...]:
    """The stages that the job has still to run."""
    left = STAGES[STAGES.index(job.stage) :]
    if job.options.speakers:
        return left
    without = (JobStage.DIARIZING, JobStage.ATTRIBUTING)
    return tuple(stage for stage in left if stage not in without) or left
