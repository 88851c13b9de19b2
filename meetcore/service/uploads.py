"""Receives media files in a folder of the data folder and imports them as meetings."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

from meetcore.audio.probe import Probe, probe
from meetcore.errors import AudioDecodeError, NoSpaceError
from meetcore.private_files import make_folder
from meetcore.records import JobOptions
from meetcore.service.disk_space import DiskSpace
from meetcore.service.running_meetings import RunningMeetings
from meetcore.service.waiting_decodes import WaitingDecodes, raw_bytes
from meetcore.settings import Settings
from meetcore.store.meetings import MeetingStore

logger = logging.getLogger(__name__)

PART = ".part"
STALE_S = 24 * 3600.0
"""Age at which a file that did not become a meeting is deleted; until then it may go on."""
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""Dates before are those of clocks that were never set (1904, 1970)."""


class Importer(Protocol):
    """Makes a meeting of a file; see `meetcore.jobs.submission.JobSubmission`."""

    def import_file(
        self,
        path: Path,
        name: str,
        options: JobOptions,
        title: str | None,
        created_at: datetime | None = None,
    ) -> str: ...


class UploadFolder:
    """Receives files in a folder of the data folder, which is on the recordings' disk.

    Parameters
    ----------
    longest_s : longest recording that is taken, in seconds
    refuse_when_closed : raises MeetingStateError while Meetcore stops
    """

    def __init__(
        self,
        data_dir: Path,
        importer: Importer,
        space: DiskSpace,
        waiting: WaitingDecodes,
        longest_s: float,
        refuse_when_closed: Callable[[], None],
    ) -> None:
        self._folder = data_dir / "uploads"
        self._importer = importer
        self.space = space
        self._waiting = waiting
        self._longest_s = longest_s
        self._refuse_when_closed = refuse_when_closed
        self._taking = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where a file may be written before it is imported; made if missing."""
        make_folder(self._folder)
        return self._folder

    def part(self, upload_id: str) -> Path:
        """The file that an upload is written to."""
        return self.folder / f"{upload_id}{PART}"

    def received(self, upload_id: str) -> int:
        """How many bytes of an upload are on the disk: where it goes on after a break."""
        try:
            return self.part(upload_id).stat().st_size
        except FileNotFoundError:
            return 0

    def take(
        self, part: Path, name: str, options: JobOptions, modified_at: datetime | None = None
    ) -> str:
        """Import a complete upload; gives the new meeting's id. Blocks for about a second.

        Parameters
        ----------
        modified_at : when the file was last changed, as the browser says

        Raises
        ------
        AudioDecodeError
            The file cannot be read or is too long; it is deleted.
        NoSpaceError
            Its recording does not fit on the disk; the file is deleted, as its space is wanted.
        MeetingStateError, RecordingError, StoreError
            As `add`; the file is kept for a later try, unless it was moved already.
        """
        self._refuse_when_closed()
        try:
            found = probe(part, name)
            self._refuse_too_long(found, name)
            moment = recording_date(found, modified_at, datetime.now(UTC))
            # One after the other: each counts the recordings that those before will become.
            with self._taking:
                return self._import(part, name, options, found, moment)
        except AudioDecodeError:
            part.unlink(missing_ok=True)
            raise

    def _import(
        self, part: Path, name: str, options: JobOptions, found: Probe, moment: datetime
    ) -> str:
        """Caller must hold `_taking`."""
        try:
            self.space.refuse(raw_bytes(found.seconds))
        except NoSpaceError:
            part.unlink(missing_ok=True)
            raise
        meeting_id = self._importer.import_file(part, name, options, None, moment)
        self._waiting.expect(meeting_id, found.seconds)
        return meeting_id

    def add(
        self,
        path: Path,
        name: str,
        options: JobOptions,
        title: str | None,
        created_at: datetime | None = None,
    ) -> str:
        """Move a file in unread and queue its job; gives the new meeting's id.

        Parameters
        ----------
        created_at : when it was recorded; now for None

        Raises
        ------
        MeetingStateError
            Meetcore is stopping.
        RecordingError
            The file cannot be moved; it stays where it was.
        StoreError
            The meeting or its job cannot be saved; a file that was moved already is deleted.
        """
        self._refuse_when_closed()
        return self._importer.import_file(path, name, options, title, created_at)

    def add_bytes(self, data: bytes, title: str) -> str:
        """The same for a file in memory."""
        self._refuse_when_closed()
        self.space.refuse(len(data))
        with NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(data)
        try:
            return self.add(Path(file.name), title, JobOptions(), title)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise

    def sweep(self) -> None:
        """Delete files that were left by uploads that ended long ago, in any process."""
        now = time.time()
        for path in self.folder.iterdir():
            try:
                found = path.stat()
                # A file that the command line links in keeps the time of its last change.
                if now - max(found.st_mtime, found.st_ctime) > STALE_S:
                    path.unlink()
                    logger.info("the rest of an upload was deleted after a day")
            except OSError as error:
                logger.warning("the rest of an upload stays: %s", error.strerror)

    def _refuse_too_long(self, found: Probe, name: str) -> None:
        if found.seconds > self._longest_s:
            raise AudioDecodeError(
                f"{name} is longer than {self._longest_s / 3600:g} hours. Cut it into parts, or"
                " raise MEETCORE_LONGEST_HOURS."
            )


def open_uploads(
    settings: Settings, store: MeetingStore, importer: Importer, meetings: RunningMeetings
) -> UploadFolder:
    """The uploads of a data folder."""
    waiting = WaitingDecodes(store)
    space = DiskSpace(settings.data_dir, lambda: len(meetings.ids()), waiting.n_bytes)
    longest_s = settings.longest_hours * 3600
    return UploadFolder(
        settings.data_dir, importer, space, waiting, longest_s, meetings.refuse_when_closed
    )


def date_of_file(path: Path, name: str, modified_at: datetime | None) -> datetime:
    """When a file was recorded, as `recording_date`; one that cannot be read says nothing of it.

    Looks into the file in a process of its own, which takes about a second.
    """
    try:
        found = probe(path, name)
    except AudioDecodeError:
        found = Probe()
    return recording_date(found, modified_at, datetime.now(UTC))


def recording_date(found: Probe, modified_at: datetime | None, now: datetime) -> datetime:
    """When a file was recorded: as it says itself, else when it was changed last, else now.

    A day without a time takes the time of the last change where that is on the same day. Dates in
    the future or before 1980 are those of a wrong clock.
    """
    stated = found.recorded_at
    if (
        stated is not None
        and found.day_only
        and modified_at is not None
        and modified_at.astimezone(stated.tzinfo).date() == stated.date()
    ):
        stated = modified_at
    for moment in (stated, modified_at):
        if moment is not None and EARLIEST <= moment <= now:
            return moment.astimezone(UTC)
    return now
