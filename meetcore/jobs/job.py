"""One job from where it stands to its end; alone writes what comes of it into the store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from meetcore.asr.offline.recording import PieceWords
from meetcore.audio.disk import PCM_NAME
from meetcore.audio.recording import RecordingReader
from meetcore.diarization.offline.recording import Diarization
from meetcore.jobs.checkpoint import Draft
from meetcore.jobs.progress import StageWatch
from meetcore.jobs.remaining_time import Estimate, Speeds
from meetcore.jobs.tasks import (
    Compacted,
    CompactTask,
    Decoded,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Engine,
    Recognized,
    RecognizeTask,
    Task,
    WorkerDiedError,
)
from meetcore.profiles.recognition import KnownVoices
from meetcore.records import SAMPLE_RATE, Job, JobStage, Mode, Stage, Transcript, Turn
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.reattribution import (
    carried_labels,
    reattributed,
    sound_turns,
    speakers_of,
    turns_of_segments,
)

logger = logging.getLogger(__name__)

NOTHING_RECORDED = "No sound was recorded."
NO_SOUND = "There is no sound in this file."
NO_SPEECH = "No speech was heard in it."
STAGES = tuple(JobStage)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Tools:
    """What every job needs."""

    store: MeetingStore
    engine: Engine
    settings: Settings
    speeds: Speeds
    known_voices: KnownVoices
    persist: Callable[[Callable[[], object]], object]
    """Runs a write until the store takes it."""


class Work:
    """Runs the stages of one job.

    Parameters
    ----------
    ask : called often; raises Stopped when the work is to end
    """

    def __init__(self, tools: Tools, job: Job, ask: Callable[[], None]) -> None:
        self._tools = tools
        self._store = tools.store
        self._job = job
        self._id = job.meeting_id
        self._folder = tools.settings.recordings_dir / job.meeting_id
        self._ask = ask
        self._notes: list[str] = []
        self._turns: tuple[Turn, ...] | None = None
        self._estimate = Estimate(STAGES[STAGES.index(job.stage) :], self._known())

    def run(self) -> str:
        """Do all that is left; gives what the result lacks, in one sentence or none."""
        if self._job.stage is JobStage.DECODING:
            self._decode()
        total = self._measure()
        if total == 0:
            return NO_SOUND if self._store.get(self._id).source_name else NOTHING_RECORDED
        if self._before(JobStage.DIARIZING):
            self._compact()
            self._recognize(total)
        if self._job.options.speakers:
            if self._before(JobStage.ATTRIBUTING):
                self._diarize()
            self._attribute()
        return " ".join(dict.fromkeys(filter(None, self._notes)))

    def _before(self, stage: JobStage) -> bool:
        return STAGES.index(self._job.stage) < STAGES.index(stage)

    def _decode(self) -> None:
        meeting = self._store.get(self._id)
        assert self._job.source_path is not None
        source = Path(self._job.source_path)
        task = DecodeTask(
            source,
            self._folder,
            meeting.source_name or source.name,
            self._tools.settings.longest_hours * 3600.0,
            self._job.options.speakers,
        )
        watch = self._watch(JobStage.DECODING)
        done = self._run(task, watch, Decoded)
        self._estimate.audio_s = done.n_samples / SAMPLE_RATE
        self._learn(JobStage.DECODING, watch.elapsed)
        self._notes.append(done.detail)
        audio = f"{self._id}/{done.file_name}" if done.file_name else None
        self._keep(
            lambda: self._store.update(
                self._id, duration=done.n_samples / SAMPLE_RATE, audio_path=audio
            )
        )
        self._keep(lambda: self._store.jobs.update(self._id, stage=JobStage.RECOGNIZING))
        # The FLAC was compared with what was decoded: the upload is needed no more.
        source.unlink(missing_ok=True)

    def _measure(self) -> int:
        total = RecordingReader(self._folder).n_samples
        self._estimate.audio_s = total / SAMPLE_RATE
        self._keep(lambda: self._store.update(self._id, duration=total / SAMPLE_RATE))
        return total

    def _compact(self) -> None:
        """A recording that cannot be compacted is kept as it was."""
        if not (self._folder / PCM_NAME).exists():
            return
        watch = self._watch(JobStage.RECOGNIZING)
        done = self._run(CompactTask(self._folder), watch, Compacted)
        self._notes.append(done.detail)
        if done.file_name:
            path = f"{self._id}/{done.file_name}"
            self._keep(lambda: self._store.update(self._id, audio_path=path))

    def _recognize(self, total: int) -> None:
        draft = Draft(self._store, self._id, self._job.checkpoint_samples, self._keep)
        options = self._job.options
        if options.language is None:
            options = replace(options, language=self._store.get(self._id).language)
        weight = options.recognizer or self._tools.settings.recognizer
        begun = self._job.checkpoint_samples / total
        watch = self._watch(JobStage.RECOGNIZING, draft.add, begun)
        done = self._run(
            RecognizeTask(self._folder, self._job.checkpoint_samples, options), watch, Recognized
        )
        if begun == 0.0:
            self._learn(JobStage.RECOGNIZING, watch.elapsed, weight)
        self._notes.append(done.detail)
        words = draft.words()
        if not words:
            self._notes.append(NO_SPEECH)
        self._keep(lambda: self._save_words(draft, done.recognizer))

    def _save_words(self, draft: Draft, recognizer: str) -> None:
        """The words are safe before anybody looks for speakers."""
        before = self._latest()
        known = self._store.turns(self._id) or turns_of_segments(before.segments)
        turns = known if self._job.options.speakers else ()
        segments = reattributed(draft.segments(), turns)
        rejected = draft.rejected()
        speakers = speakers_of(segments, before.speakers)
        self._store.replace_transcript(
            self._id, Transcript(segments, speakers, Stage.FINAL, rejected)
        )
        self._store.update(self._id, mode=Mode.TRANSCRIPTION_ONLY, recognizer=recognizer)
        self._store.jobs.update(self._id, stage=JobStage.DIARIZING, progress=0.0)
        self._store.clear_draft(self._id)

    def _diarize(self) -> None:
        watch = self._watch(JobStage.DIARIZING)
        try:
            done = self._run(DiarizeTask(self._folder, self._job.options), watch, Diarized)
        except WorkerDiedError as error:
            if self._job.attempts < 2:
                raise
            done = Diarized(detail=f"The speakers could not be told apart: {error}")
        self._notes.append(done.detail)
        if done.diarization is None:
            return
        self._learn(JobStage.DIARIZING, watch.elapsed)
        self._keep(lambda: self._name(done.diarization, done.weight))

    def _name(self, found: Diarization | None, weight: str) -> None:
        """Turns under the labels their voices had before, and under names of known voices."""
        assert found is not None
        before = self._latest()
        exclusive = sound_turns(found.exclusive_turns)
        turns = sound_turns(found.turns)
        labels = carried_labels(
            reattributed(before.segments, exclusive), before, (*exclusive, *turns)
        )
        self._turns = _under(labels, exclusive)
        self._store.replace_turns(self._id, _under(labels, turns))
        self._store.update(self._id, mode=Mode.FULL)
        self._store.jobs.update(self._id, stage=JobStage.ATTRIBUTING, progress=0.0)
        voices = {labels[old]: voice for old, voice in found.voices.items() if old in labels}
        self._tools.known_voices.name_known_speakers(self._id, voices, weight)

    def _attribute(self) -> None:
        """Give the words to the speakers of the turns; without any they stay where they are."""
        turns = self._turns if self._turns is not None else self._store.turns(self._id)
        if not turns:
            return

        def write() -> None:
            before = self._latest()
            segments = reattributed(before.segments, turns)
            speakers = speakers_of(segments, before.speakers)
            self._store.replace_transcript(
                self._id, Transcript(segments, speakers, Stage.FINAL, before.rejected)
            )

        self._keep(write)

    def _latest(self) -> Transcript:
        """What can be read now. It names all speakers of the meeting, also those nobody is
        heard as any more, whose labels and names must not fall to somebody else."""
        latest = self._store.transcript(self._id, Stage.FINAL)
        if not latest.segments:
            latest = self._store.transcript(self._id, Stage.PROVISIONAL)
        return replace(latest, speakers=self._store.speakers(self._id))

    def _known(self) -> dict[JobStage, float]:
        weight = self._job.options.recognizer or self._tools.settings.recognizer
        found = {stage: self._tools.speeds.of(stage, weight) for stage in STAGES}
        return {stage: speed for stage, speed in found.items() if speed is not None}

    def _learn(self, stage: JobStage, seconds: float, weight: str = "") -> None:
        self._tools.speeds.learn(stage, weight, seconds, self._estimate.audio_s)

    def _watch(
        self,
        stage: JobStage,
        take: Callable[[PieceWords], None] = lambda words: None,
        begun: float = 0.0,
    ) -> StageWatch:
        return StageWatch(self._store, self._id, stage, self._estimate, self._ask, take, begun)

    def _run(self, task: Task, watch: StageWatch, kind: type[Answer]) -> Answer:
        result = self._tools.engine.run(task, watch)
        assert isinstance(result, kind)
        return result

    def _keep(self, write: Callable[[], object]) -> None:
        self._tools.persist(write)


def _under(labels: dict[str, str], turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(Turn(turn.start, turn.end, labels[turn.speaker]) for turn in turns)
