"""Checks the database and every recording, and repairs what can be; never deletes audio."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from meetcore.audio.pcm_file import FLAC_NAME, PCM_NAME
from meetcore.audio.recording import RecordingReader
from meetcore.errors import MeetingNotFoundError, RecordingError
from meetcore.jobs.submission import SOURCE_NAME
from meetcore.records import ID, SAMPLE_RATE, Meeting, MeetingState
from meetcore.service.make_backup import sqlite_database
from meetcore.service.restore_backup import KEPT
from meetcore.service.salvage_database import salvage_database
from meetcore.service.uploads import PART
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore, open_store
from meetcore.store.rows import date_of_id
from meetcore.store.sqlite_file import trouble_of

logger = logging.getLogger(__name__)

PIECE_SAMPLES = 60 * SAMPLE_RATE
LOST_S = 1.0
"""A recording that is this much shorter than its header says is damaged."""
_PARTS = tuple(f"{name}{PART}" for name in (PCM_NAME, FLAC_NAME, SOURCE_NAME))
RECOVERED = "Recovered recording"

Progress = Callable[[str, float], None]
"""Called with what is checked, and the fraction done, 0 to 1."""


@dataclass(slots=True)
class CheckResult:
    """What a check has found."""

    n_meetings: int = 0
    n_recordings: int = 0
    problems: list[str] = field(default_factory=list)
    """One sentence each, of what is still wrong."""
    repaired: list[str] = field(default_factory=list)
    """One sentence each, of what was wrong."""


def check_data(settings: Settings, progress: Progress, repair: bool = False) -> CheckResult:
    """Check everything that is stored, and repair where asked; blocks as long as reading takes.

    The caller must hold the data folder's lock to repair.

    Raises
    ------
    SettingsError, StoreError
        There is no database, or it cannot be opened: nothing was checked.
    """
    return _Check(settings, progress, repair).run()


class _Check:
    def __init__(self, settings: Settings, progress: Progress, repair: bool) -> None:
        self._settings = settings
        self._progress = progress
        self._repair = repair
        self._result = CheckResult()

    def run(self) -> CheckResult:
        """Database first, as the rest is found through it."""
        path = sqlite_database(self._settings)
        self._progress("database", 0.0)
        if trouble := trouble_of(path, thorough=True):
            problem = f"The database is damaged: {trouble}."
            if not self._repair:
                self._result.problems.append(problem)
                return self._result
            # What was lost is a problem that stays; the status says so.
            self._result.problems.append(salvage_database(self._settings).sentence())
            self._result.repaired.append(problem)
        store = open_store(self._settings.database)
        try:
            ids = store.repair.meeting_ids()
            self._result.n_meetings = len(ids)
            for place, meeting_id in enumerate(ids):
                self._progress("database", place / len(ids))
                with suppress(MeetingNotFoundError):  # deleted meanwhile
                    self._check_rows(store, meeting_id)
            if not store.repair.index_is_sound():
                self._found("The search index differs from the texts.", store.repair.rebuild_index)
            for place, meeting_id in enumerate(ids):
                self._progress("recordings", place / len(ids))
                with suppress(MeetingNotFoundError):
                    self._check_recording(store, meeting_id)
            self._check_orphans(store)
            self._progress("recordings", 1.0)
        finally:
            store.close()
        return self._result

    def _found(self, problem: str, mend: Callable[[], object] | None = None) -> None:
        if not self._repair or mend is None:
            self._result.problems.append(problem)
            return
        mend()
        self._result.repaired.append(problem)

    def _check_rows(self, store: MeetingStore, meeting_id: str) -> None:
        if parts := store.repair.damaged_parts(meeting_id):
            self._found(
                f"Meeting {meeting_id}: its {', its '.join(parts)} cannot be read.",
                lambda: store.repair.mend(meeting_id),
            )

    def _check_recording(self, store: MeetingStore, meeting_id: str) -> None:
        folder = self._settings.recordings_dir / meeting_id
        problem = _recording_problem(store.get(meeting_id), folder)
        if problem:
            # Once more: the app may have compacted or deleted it while it was read.
            problem = _recording_problem(store.get(meeting_id), folder)
        self._result.n_recordings += RecordingReader(folder).path is not None
        if problem:
            self._result.problems.append(f"Meeting {meeting_id}: {problem}")

    def _check_orphans(self, store: MeetingStore) -> None:
        folders = list(_folders(self._settings.recordings_dir))
        # Read after the folders: a meeting is saved before its folder is made.
        known = set(store.repair.meeting_ids())
        for folder in folders:
            if folder.name in known or not folder.exists():
                continue
            reader = RecordingReader(folder)
            if reader.path is not None or (folder / SOURCE_NAME).exists():
                self._found(
                    f"The recording in {folder.name} has no meeting.",
                    partial(relink, store, folder),
                )
            elif all(_is_remains(path) for path in folder.iterdir()):
                self._found(f"The folder {folder.name} is empty.", partial(_remove, folder))


def _recording_problem(meeting: Meeting, folder: Path) -> str:
    reader = RecordingReader(folder)
    if reader.path is None:
        is_missing = meeting.duration and meeting.state is not MeetingState.LIVE
        return "its recording is missing." if is_missing else ""
    try:
        stated, readable = reader.n_samples, _readable_samples(reader)
    except RecordingError:
        return f"its recording {reader.path.name} cannot be read."
    if stated - readable > LOST_S * SAMPLE_RATE:
        return (
            f"{readable / SAMPLE_RATE:.0f} of {stated / SAMPLE_RATE:.0f} s of its recording can be"
            " read."
        )
    return ""


def relink(store: MeetingStore, folder: Path) -> None:
    """Make a meeting of a recording that has none; its page can finish it."""
    created = date_of_id(folder.name)
    if created.year < 1980:
        created = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
    meeting = store.create_meeting(
        RECOVERED, meeting_id=folder.name, state=MeetingState.INTERRUPTED, created_at=created
    )
    reader = RecordingReader(folder)
    if reader.path is None:
        # An upload that was never decoded: the next start takes it up.
        store.update(meeting.id, state=MeetingState.FINALIZING)
        return
    try:
        store.update(meeting.id, duration=reader.n_samples / SAMPLE_RATE)
    except RecordingError:
        logger.warning("meeting %s: its recording cannot be read", meeting.id)


def _readable_samples(reader: RecordingReader) -> int:
    position, stated = 0, reader.n_samples
    while position < stated:
        piece = reader.read_pcm(position, min(position + PIECE_SAMPLES, stated))
        if not piece.size:
            break
        position += piece.size
    return position


def _folders(recordings: Path) -> Iterator[Path]:
    """The folders that can be a meeting's; any other is somebody else's."""
    if recordings.is_dir():
        for path in sorted(recordings.iterdir()):
            if path.is_dir() and ID.fullmatch(path.name) and not path.name.startswith(KEPT):
                yield path


def _is_remains(path: Path) -> bool:
    """Whether a killed process of Meetcore may have left a file."""
    return path.is_file() and (path.suffix == ".lock" or path.name in _PARTS)


def _remove(folder: Path) -> None:
    """Remove a folder that holds nothing but remains; any other file keeps it."""
    for path in folder.iterdir():
        if _is_remains(path):
            path.unlink()
    try:
        folder.rmdir()
    except OSError:
        logger.warning("the folder %s is not empty and stays", folder.name)
