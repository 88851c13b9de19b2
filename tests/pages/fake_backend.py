"""A meeting service without models: a script of what it shows, a record of what it was asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from meetcore.audio.frames import Frame
from meetcore.errors import MeetingNotFoundError
from meetcore.records import (
    JobOptions,
    JobStage,
    JobState,
    LiveHealth,
    LiveSnapshot,
    LiveState,
    Meeting,
    MeetingState,
    Mode,
    ModelsInUse,
    Profile,
    RungLeft,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Turn,
    Word,
)
from meetcore.service.protocol import LiveMeetingProtocol, ServiceProtocol
from tests.pages.fake_edits import FakeEdits
from tests.pages.fake_library import FakeJobs, FakeLibrary, FakeProfiles, job, profile

LINES = (
    ("S1", "Hello, and thanks for coming. Shall we begin with the budget for the spring?"),
    ("S2", "Yes. I looked at the numbers last night, and I think we are closer than we feared."),
    ("S1", "How close?"),
    (
        "S2",
        "About four percent over, if the venue keeps its price. They promised to tell us soon.",
    ),
    ("S3", "I can call them today. The new contact answers faster than the old one ever did."),
    (None, "Mm-hm."),
    ("S1", "Good. Then let us plan with both numbers until Friday, and decide then."),
)
MODELS = ModelsInUse(
    mode=Mode.FULL,
    live_recognizer="tiny.en · ctranslate2 · cpu int8",
    final_recognizer="base.en · ctranslate2 · cpu int8",
    diarizer="open weights (segmentation-3.0, campplus)",
    reason="Open weights; this machine keeps up with tiny.en while people talk.",
    rungs_left=(),
    languages=("en",),
)
REDUCED = replace(
    MODELS,
    mode=Mode.TRANSCRIPTION_ONLY,
    diarizer="",
    reason="No diarizer: segmentation-3.0 could not be fetched.",
    rungs_left=(
        RungLeft(
            Mode.FULL,
            "segmentation-3.0: no source answered (offline).",
            "python -m meetcore weights pull segmentation-3.0",
        ),
    ),
)


def segment(speaker: str | None, text: str, start: float) -> Segment:
    """One segment at 2.5 words a second."""
    said = text.split()
    words = tuple(
        Word(" " + word, start + 0.4 * index, start + 0.4 * index + 0.35)
        for index, word in enumerate(said)
    )
    return Segment(start, words[-1].end, speaker, words)


def conversation(
    lines: tuple[tuple[str | None, str], ...] = LINES, repeat: int = 1
) -> tuple[Segment, ...]:
    """The lines one after the other."""
    segments: list[Segment] = []
    for speaker, text in lines * repeat:
        start = segments[-1].end + 0.5 if segments else 0.6
        segments.append(segment(speaker, text, start))
    return tuple(segments)


DEFAULT_OPTIONS = JobOptions()
SPEAKERS = (Speaker("S1"), Speaker("S2"), Speaker("S3"))


def snapshot(**changes: Any) -> LiveSnapshot:
    """A running meeting's view, with changes."""
    base = LiveSnapshot(
        meeting_id="m1",
        title="Meeting, 22 November 14:05",
        state=LiveState.LISTENING,
        elapsed=41.0,
        level_db=-24.0,
        silent_for=0.0,
        segments=conversation(),
        tentative=(Word(" and", 40.0, 40.2), Word(" then", 40.2, 40.5)),
        tentative_speaker="S1",
        speakers=SPEAKERS,
        health=LiveHealth(frames_offered=100, samples_on_disk=640_000),
        source="elsewhere",
        version=1,
    )
    return replace(base, **changes)


@dataclass
class FakeLive:
    """A running meeting that plays its script as time goes by, or shows one fixed view."""

    meeting_id: str
    title: str
    fixed: LiveSnapshot | None = None
    script: tuple[Segment, ...] = field(default_factory=lambda: conversation(repeat=4))
    began: float = field(default_factory=time.monotonic)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    source: str | None = None
    frames: int = 0
    last_frame: float = field(default_factory=time.monotonic)
    state: LiveState = LiveState.LISTENING
    level: float = -100.0

    def offer(self, frame: Frame, source: str, connection: int = 0) -> None:
        if source == self.source:
            self.frames += 1
            self.last_frame = time.monotonic()
            samples = frame.to_ndarray().astype("float32") / 32768
            self.level = 10 * float(np.log10((samples**2).mean() + 1e-10))

    def attach(self, source: str) -> None:
        self.calls.append(("attach", source))
        self.source = source

    def pause(self, muted: str | None = None) -> None:
        self.calls.append(("pause", muted))
        self.state = LiveState.PAUSED

    def resume(self) -> None:
        self.calls.append(("resume",))
        self.state = LiveState.LISTENING

    def keep_alive(self, source: str) -> None:
        self.calls.append(("keep_alive", source))

    def stop(self, muted: str | None = None) -> None:
        self.calls.append(("stop", muted))
        self.state = LiveState.STOPPED

    def rename(self, label: str, name: str) -> None:
        self.calls.append(("rename", label, name))
        self.names[label] = name

    def set_title(self, title: str) -> None:
        self.calls.append(("set_title", title))
        self.title = title

    def snapshot(self) -> LiveSnapshot:
        if self.fixed is not None:
            return replace(self.fixed, source=self.source or self.fixed.source)
        now = time.monotonic() - self.began
        words = [(s, w) for s in self.script for w in s.words if w.end < now]
        committed = tuple(
            replace(s, words=kept)
            for s in self.script
            if (kept := tuple(w for w in s.words if w.end < now - 1.2))
        )
        count = sum(len(s.words) for s in committed)
        tail = words[count:]
        return snapshot(
            meeting_id=self.meeting_id,
            title=self.title,
            state=self.state,
            elapsed=now,
            level_db=self.level,
            segments=committed,
            tentative=tuple(w for _, w in tail),
            tentative_speaker=tail[0][0].speaker if tail else None,
            speakers=tuple(
                Speaker(label, self.names.get(label))
                for label in sorted({s.speaker for s in committed if s.speaker})
            ),
            health=LiveHealth(
                frames_offered=self.frames, since_last_frame=time.monotonic() - self.last_frame
            ),
            source=self.source,
        )


@dataclass
class FakeStore:
    """Meetings in memory."""

    meetings: dict[str, Meeting] = field(default_factory=dict)
    transcripts: dict[str, Transcript] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    jobs: FakeJobs = field(init=False)
    profiles: FakeProfiles = field(default_factory=FakeProfiles)
    hidden: set[str] = field(default_factory=set)
    edits: FakeEdits = field(default_factory=FakeEdits)

    def __post_init__(self) -> None:
        self.jobs = FakeJobs(self.get)

    @property
    def library(self) -> FakeLibrary:
        return FakeLibrary(self.list_meetings, self.transcript, self.jobs)

    def get(self, meeting_id: str) -> Meeting:
        if meeting_id not in self.meetings:
            raise MeetingNotFoundError("No such meeting.")
        return self.meetings[meeting_id]

    def list_meetings(self) -> list[Meeting]:
        seen = (m for m in self.meetings.values() if m.id not in self.hidden)
        return sorted(seen, key=lambda m: m.created_at, reverse=True)

    def transcript(self, meeting_id: str, stage: Stage | None = None) -> Transcript:
        return self.transcripts.get(meeting_id, Transcript())

    def turns(self, meeting_id: str) -> tuple[Turn, ...]:
        return ()

    def speakers(self, meeting_id: str) -> tuple[Speaker, ...]:
        return self.transcript(meeting_id).speakers

    def update(self, meeting_id: str, **changes: Any) -> Meeting:
        self.calls.append(("update", meeting_id, changes))
        self.meetings[meeting_id] = replace(self.get(meeting_id), **changes)
        return self.meetings[meeting_id]


def meeting(meeting_id: str, title: str, state: MeetingState, **changes: Any) -> Meeting:
    """A stored meeting."""
    base = Meeting(
        id=meeting_id,
        title=title,
        state=state,
        created_at=datetime(2026, 11, 22, 14, 5, tzinfo=UTC),
        duration=61.0,
        mode=Mode.FULL,
        recognizer="base.en",
    )
    return replace(base, **changes)


@dataclass
class FakeService:
    """What pages ask of the meeting service."""

    store: FakeStore = field(default_factory=FakeStore)
    in_use: ModelsInUse | None = MODELS
    worker_pid: int | None = None
    lives: dict[str, FakeLive] = field(default_factory=dict)
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    folder: Path | None = None
    loading: bool = False
    refusal: Exception | None = None
    """What loading the models anew raises."""

    def models(self) -> ModelsInUse | None:
        return self.in_use

    def load_models(self) -> ModelsInUse:
        assert self.in_use is not None
        return self.in_use

    def retry_models(self) -> ModelsInUse:
        self.calls.append(("retry_models",))
        if self.refusal is not None:
            raise self.refusal
        return self.load_models()

    def start(self, title: str, language: str | None = None) -> str:
        self.calls.append(("start", title, language))
        meeting_id = f"m{len(self.store.meetings) + 1}"
        self.store.meetings[meeting_id] = meeting(meeting_id, title, MeetingState.LIVE)
        self.lives[meeting_id] = FakeLive(meeting_id, title)
        return meeting_id

    def live(self, meeting_id: str) -> FakeLive | None:
        running = self.lives.get(meeting_id)
        if running is not None and running.state is LiveState.STOPPED:
            self.finish(meeting_id)
            return None
        return running

    def finish(self, meeting_id: str) -> None:
        shown = self.lives.pop(meeting_id).snapshot()
        self.store.transcripts[meeting_id] = Transcript(shown.segments, shown.speakers, Stage.FINAL)
        self.store.meetings[meeting_id] = replace(
            self.store.meetings[meeting_id], state=MeetingState.DONE, title=shown.title
        )

    def running(self) -> tuple[LiveSnapshot, ...]:
        return tuple(live.snapshot() for live in self.lives.values())

    def finalize(self, meeting_id: str) -> None:
        self.calls.append(("finalize", meeting_id))
        self.store.update(meeting_id, state=MeetingState.FINALIZING, progress=0.1)

    def delete(self, meeting_id: str) -> None:
        self.calls.append(("delete", meeting_id))
        self.store.hidden.add(meeting_id)

    def restore(self, meeting_id: str) -> None:
        self.calls.append(("restore", meeting_id))
        self.store.hidden.discard(meeting_id)

    def retry(
        self, meeting_id: str, stage: JobStage | None = None, options: JobOptions | None = None
    ) -> None:
        how = () if stage is None else (stage, options)
        self.calls.append(("retry", meeting_id, *how))

    def enroll(self, meeting_id: str, label: str, name: str) -> Profile:
        self.calls.append(("enroll", meeting_id, label, name))
        return profile("p1", name)

    def cancel(self, meeting_id: str) -> None:
        self.calls.append(("cancel", meeting_id))

    def merge_voices(self, profile_id: str, into: str) -> None:
        self.calls.append(("merge_voices", profile_id, into))

    def forget_voice(self, profile_id: str) -> None:
        self.calls.append(("forget_voice", profile_id))
        del self.store.profiles.profiles[profile_id]

    @property
    def recordings_dir(self) -> Path:
        return (self.folder or Path("nowhere")) / "recordings"

    @property
    def uploads_dir(self) -> Path:
        assert self.folder is not None
        return self.folder

    def checked_options(self, options: JobOptions) -> JobOptions:
        return options

    def import_file(self, path: Path, name: str, options: JobOptions = DEFAULT_OPTIONS) -> str:
        self.calls.append(("import_file", path.read_bytes(), name, options))
        path.unlink()
        meeting_id = f"u{len(self.store.meetings) + 1}"
        self.store.meetings[meeting_id] = meeting(
            meeting_id, Path(name).stem, MeetingState.FINALIZING, source_name=name, duration=0.0
        )
        self.store.jobs.put(job(meeting_id, JobState.QUEUED, JobStage.DECODING, options=options))
        return meeting_id

    def recover(self) -> list[Meeting]:
        return []

    def shutdown(self, timeout_s: float = 20.0) -> None:
        self.calls.append(("shutdown",))

    def add_recording(self, title: str, data: bytes) -> str:
        self.calls.append(("add_recording", title, len(data)))
        self.store.meetings["r1"] = meeting("r1", title, MeetingState.FINALIZING)
        return "r1"


LONG = (
    "Quarterly planning with the people from the southern offices and everybody who could join " * 2
)


def furnished() -> FakeService:
    """A service with a meeting of every kind."""
    service = FakeService()
    store = service.store
    states: tuple[tuple[str, str, MeetingState, dict[str, Any]], ...] = (
        ("d1", "Spring budget", MeetingState.DONE, {}),
        ("d2", LONG[:118], MeetingState.DONE, {"duration": 4271.0}),
        ("i1", "Design review", MeetingState.INTERRUPTED, {"duration": 734.0}),
        ("p1", "Hiring", MeetingState.FINALIZING, {"progress": 0.42}),
        ("f1", "Broken one", MeetingState.FAILED, {"detail": "The recording could not be read."}),
        ("e1", "Silence", MeetingState.DONE, {"duration": 8.0}),
    )
    for index, (meeting_id, title, state, changes) in enumerate(states):
        made = meeting(meeting_id, title, state, **changes)
        store.meetings[meeting_id] = replace(
            made, created_at=made.created_at - timedelta(hours=7 * index)
        )
    names = (Speaker("S1", "Ada Lovelace"), Speaker("S2", "Grace <b>Hopper</b>"), Speaker("S3"))
    store.transcripts["d1"] = Transcript(conversation(), names, Stage.FINAL)
    many = tuple(
        Speaker(
            f"S{n}", "Bartholomäus Freiherr von und zu Hohenstein-Langenburg" if n == 1 else None
        )
        for n in range(1, 11)
    )
    lines = tuple((f"S{n}", "We have all of us something short to say here.") for n in range(1, 11))
    store.transcripts["d2"] = Transcript(conversation(lines, repeat=20), many, Stage.FINAL)
    store.transcripts["i1"] = Transcript(conversation(LINES[:4]), SPEAKERS[:2], Stage.PROVISIONAL)
    jobs = store.jobs
    jobs.put(job("d1", JobState.DONE, JobStage.ATTRIBUTING, overall=1.0))
    jobs.put(
        job("f1", JobState.FAILED, JobStage.DECODING, detail="The recording could not be read.")
    )
    jobs.put(
        job(
            "p1",
            JobState.RUNNING,
            JobStage.RECOGNIZING,
            progress=0.42,
            overall=0.4,
            remaining_s=170.0,
        )
    )
    return service


if TYPE_CHECKING:  # mypy holds the fakes to what pages and routes ask of the real ones
    HELD: tuple[ServiceProtocol, LiveMeetingProtocol] = (FakeService(), FakeLive("m1", "Budget"))
