"""Files, or meetings that wait, to transcripts: one after the other, each kept in the library."""

from __future__ import annotations

import io
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from meetcore.cli.delete import purge
from meetcore.cli.export import exported
from meetcore.cli.input_files import staged
from meetcore.cli.job_progress import following
from meetcore.cli.meeting_ids import pick
from meetcore.cli.output import Outlet
from meetcore.cli.progress_bar import ProgressBoard
from meetcore.errors import InferenceError, MeetcoreError, MeetingStateError
from meetcore.records import Job, JobOptions, JobState
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.text.lines import one_line
from meetcore.text.names import file_stem
from meetcore.transcript.formats.paragraphs import clock


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for."""

    items: tuple[str, ...]
    """Files; ids of meetings where `resume` is set."""
    resume: bool = False
    format_name: str = "txt"
    output: str = "-"
    options: JobOptions = field(default_factory=JobOptions)
    title: str | None = None
    keep: bool = True
    quiet: bool = False


def work_off(settings: Settings, order: Order) -> int:
    """Do all of it; 1 if something failed. What is interrupted says how to go on."""
    store = open_store(settings.database)
    service = MeetingService(settings, store)
    board = ProgressBoard(io.StringIO() if order.quiet else sys.stderr)
    try:
        return Batch(settings, service, board, order).run()
    finally:
        board.close()
        service.shutdown()
        store.close()


class Batch:
    """Several items of one order; a bad one does not stop the others."""

    def __init__(
        self, settings: Settings, service: MeetingService, board: ProgressBoard, order: Order
    ) -> None:
        self._settings = settings
        self._service = service
        self._board = board
        self._order = order
        self._outlet = Outlet(order.output)

    def run(self) -> int:
        """Work on one after the other; the exit status.

        Raises
        ------
        OutputError
            Nothing can be written where the results are to go; nothing was begun.
        """
        self._outlet.check()
        failed = False
        for number, item in enumerate(self._order.items, start=1):
            place = f"[{number}/{len(self._order.items)}] " if len(self._order.items) > 1 else ""
            label = f"{place}{one_line(Path(item).name)}"
            try:
                self._one(item, label)
            except MeetcoreError as error:
                self._board.close()
                print(f"{label}: {error}", file=sys.stderr)
                failed = True
        return 1 if failed else 0

    def _one(self, item: str, label: str) -> None:
        began = time.monotonic()
        meeting_id = self._taken_up(item) if self._order.resume else self._imported(Path(item))
        job = self._worked_off(meeting_id, label)
        meeting = self._service.store.get(meeting_id)
        stem = "" if self._order.resume else file_stem(Path(item).stem)
        piece = exported(
            self._service.store,
            self._settings.recordings_dir,
            meeting,
            self._order.format_name,
            stem,
        )
        path = self._outlet.deliver(piece)
        if path is not None:
            print(path)
        where = f"meeting {meeting_id}" if self._order.keep else "not kept"
        note = f" {job.detail}" if job is not None and job.detail else ""
        took = time.monotonic() - began
        self._board.say(f"{label}: {clock(meeting.duration)} in {took:.1f} s, {where}.{note}")
        if not self._order.keep:
            purge(self._service, meeting_id)

    def _imported(self, path: Path) -> str:
        file = staged(path, self._service.uploads_dir)
        try:
            return self._service.import_file(
                file, path.name, self._order.options, self._order.title
            )
        except BaseException:
            file.unlink(missing_ok=True)
            raise

    def _taken_up(self, asked: str) -> str:
        """A meeting whose job did not end well."""
        meeting_id = pick(self._service.store, asked).id
        job = self._service.store.jobs.get(meeting_id)
        if job is None:
            raise MeetingStateError(f"The meeting {meeting_id} has no work that waits.")
        if job.state in (JobState.FAILED, JobState.CANCELLED):
            self._service.retry(meeting_id)
        return meeting_id

    def _worked_off(self, meeting_id: str, label: str) -> Job | None:
        store = self._service.store
        try:
            with following(self._board, lambda: store.jobs.get(meeting_id), label):
                self._service.run_job(meeting_id)
        except KeyboardInterrupt:
            print(
                f"{label}: interrupted. What is done is kept; go on with"
                f" `python -m meetcore transcribe --resume {meeting_id}`, or start the app.",
                file=sys.stderr,
            )
            raise
        job = store.jobs.get(meeting_id)
        if job is not None and job.state is not JobState.DONE:
            if not self._order.keep:
                purge(self._service, meeting_id)
            raise InferenceError(job.detail or f"The meeting {meeting_id} is {job.state}.")
        return job
