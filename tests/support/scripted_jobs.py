"""An executor whose results are scripted, and everything that a job leaves in the store."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.audio.pcm_file import PCM_NAME
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.jobs.runner import JobRunner
from meetcore.jobs.tasks import (
    Compacted,
    CompactTask,
    Decoded,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Recognized,
    RecognizeTask,
    Result,
    Task,
    TaskExecutor,
    TaskObserver,
)
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import Stage
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore
from tests.support.faulty_database import faulty_store


@dataclass
class Script:
    """What the stages of one recording find."""

    pieces: tuple[PieceWords, ...] = ()
    diarized: Diarized = field(default_factory=lambda: Diarized(Diarization(), "clock"))
    decoded_detail: str = ""
    recognized_detail: str = ""

    @property
    def n_samples(self) -> int:
        """Length of the recording, at 16 kHz."""
        return self.pieces[-1].end_sample if self.pieces else 0


class ScriptedExecutor:
    """A TaskExecutor that does nothing but report what its script says."""

    pid = None

    def __init__(self, script: Script) -> None:
        self.script = script
        self.tasks: list[Task] = []

    def run(self, task: Task, observer: TaskObserver) -> Result:
        """The scripted result of a task."""
        self.tasks.append(task)
        script = self.script
        observer.progress(0.0)
        match task:
            case DecodeTask():
                assert task.source.exists()
                write_recording(task.folder, script.n_samples)
                return Decoded(script.n_samples, "audio.flac", script.decoded_detail)
            case CompactTask():
                return Compacted(detail="It stays raw.")
            case RecognizeTask():
                failed = 0
                for piece in script.pieces:
                    if piece.start_sample >= task.start_sample:
                        failed += piece.end_sample - piece.start_sample if piece.failed else 0
                        observer.piece(piece)
                        observer.progress(piece.end_sample / script.n_samples)
                return Recognized("scripted", "scripted", script.recognized_detail, failed)
            case DiarizeTask():
                observer.progress(1.0)
                return script.diarized

    def idle(self) -> None:
        """Nothing to do."""

    def reload_models(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


def write_recording(folder: Path, n_samples: int) -> None:
    """A silent recording of this length."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / PCM_NAME).open("wb") as file:
        file.truncate(2 * n_samples)


def run_to_its_end(
    store: MeetingStore, settings: Settings, executor: TaskExecutor, meeting_id: str
) -> None:
    """Do the job of a meeting on this thread, as a new process does."""
    runner = JobRunner(store, settings, executor, KnownVoices(store))
    runner._attempts.run(meeting_id)


def everything(store: MeetingStore, meeting_id: str) -> dict[str, Any]:
    """What a job leaves in the store, but for times of day and attempts."""
    meeting, job = store.get(meeting_id), store.jobs.get(meeting_id)
    assert job is not None
    return {
        "final": store.transcript(meeting_id, Stage.FINAL),
        "draft": store.transcript(meeting_id, Stage.DRAFT),
        "in force": store.transcript(meeting_id),
        "turns": store.turns(meeting_id),
        "exclusive": store.exclusive_turns(meeting_id),
        "speakers": store.speakers(meeting_id),
        "edits": store.edits.state(meeting_id),
        "meeting": (
            meeting.state,
            meeting.detail,
            meeting.mode,
            meeting.recognizer,
            meeting.duration,
            meeting.audio_path,
            meeting.language,
            meeting.progress,
        ),
        "job": (
            job.state,
            job.stage,
            job.detail,
            job.progress,
            job.overall,
            job.options,
            job.notes,
        ),
        "upload": job.source_path is not None and Path(job.source_path).exists(),
    }


@dataclass
class Place:
    """One case in a folder of its own."""

    folder: Path
    meeting_id: str

    @property
    def settings(self) -> Settings:
        """With the data in this folder."""
        return Settings(_env_file=None, data_dir=self.folder / "data", recognizer="tiny.en")

    @contextmanager
    def store(self, **faults: Any) -> Iterator[MeetingStore]:
        """The store, opened as by a new process; `faults` are set on its database."""
        store, database = faulty_store(self.folder / "meetcore.db")
        for name, value in faults.items():
            setattr(database, name, value)
        self.database = database
        try:
            yield store
        finally:
            store.close()

    def copy(self) -> Place:
        """The same case once more."""
        folder = Path(tempfile.mkdtemp(dir=self.folder.parent))
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        with store_in(folder) as store:
            job = store.jobs.get(self.meeting_id)
            if job is not None and job.source_path is not None:
                moved = folder / Path(job.source_path).relative_to(self.folder)
                store.jobs.put(replace(job, source_path=str(moved)))
        return Place(folder, self.meeting_id)

    def run(self, executor: TaskExecutor, **faults: Any) -> int:
        """Do the job, or what is left of it; the number of transactions that wrote."""
        with self.store(**faults) as store:
            run_to_its_end(store, self.settings, executor, self.meeting_id)
        return self.database.n_writes

    def result(self) -> dict[str, Any]:
        """What the job left."""
        with self.store() as store:
            return everything(store, self.meeting_id)


@contextmanager
def store_in(folder: Path) -> Iterator[MeetingStore]:
    store, _ = faulty_store(folder / "meetcore.db")
    yield store
    store.close()
