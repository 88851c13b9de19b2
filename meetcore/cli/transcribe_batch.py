"""Transcribes files, or resumes meetings, one after the other."""

from __future__ import annotations

import io
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from meetcore.cli.delete import purge
from meetcore.cli.export import export_meeting
from meetcore.cli.input_files import STDIN, STDIN_NAME, spool_stdin, stage_file
from meetcore.cli.job_progress import job_progress
from meetcore.cli.meeting_ids import find_meeting
from meetcore.cli.output import ResultWriter
from meetcore.cli.progress_bar import ProgressBoard
from meetcore.errors import InferenceError, MeetcoreError, MeetingStateError
from meetcore.installation import command
from meetcore.records import Job, JobOptions, JobState
from meetcore.service.meeting_service import MeetingService
from meetcore.service.uploads import date_of_file
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.text.durations import whole_seconds
from meetcore.text.lines import one_line
from meetcore.text.names import file_stem, title_of
from meetcore.transcript.formats.paragraphs import clock


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What to transcribe, and where the results go."""

    items: tuple[str, ...]
    """Files; ids of meetings where `resume` is set."""
    resume: bool = False
    format_name: str = "txt"
    output: str = "-"
    force: bool = False
    """Replace files that exist."""
    options: JobOptions = field(default_factory=JobOptions)
    title: str | None = None
    keep: bool = True
    quiet: bool = False


def transcribe_batch(settings: Settings, request: BatchRequest) -> int:
    """Transcribe all items; the exit status, 1 if one failed."""
    store = open_store(settings.database)
    service = MeetingService(settings, store)
    board = ProgressBoard(io.StringIO() if request.quiet else sys.stderr)
    try:
        return Batch(settings, service, board, request).run()
    finally:
        board.close()
        service.shutdown()
        store.close()


class Batch:
    """The items of one request; one that fails does not stop the others."""

    def __init__(
        self,
        settings: Settings,
        service: MeetingService,
        board: ProgressBoard,
        request: BatchRequest,
    ) -> None:
        self._settings = settings
        self._service = service
        self._board = board
        self._request = request
        self._writer = ResultWriter(request.output, force=request.force)

    def run(self) -> int:
        """Transcribe one item after the other; the exit status.

        Raises
        ------
        OutputError
            The place for the results cannot be written; no item was begun.
        """
        self._writer.prepare()
        failed, total = False, len(self._request.items)
        for number, item in enumerate(self._request.items, start=1):
            place = f"[{number}/{total}] " if total > 1 else ""
            label = f"{place}{one_line(self._name_of(item))}"
            try:
                self._transcribe(item, label)
            except MeetcoreError as error:
                self._board.close()
                print(f"{label}: {error}", file=sys.stderr)
                failed = True
        return 1 if failed else 0

    def _transcribe(self, item: str, label: str) -> None:
        began = time.monotonic()
        meeting_id = self._resume(item) if self._request.resume else self._import(item)
        job = self._run_job(meeting_id, label)
        meeting = self._service.store.get(meeting_id)
        stem = "" if self._request.resume else file_stem(title_of(self._name_of(item)))
        result = export_meeting(
            self._service.store,
            self._settings.recordings_dir,
            meeting,
            self._request.format_name,
            stem,
        )
        path = self._writer.write(result)
        if path is not None:
            print(path)
        where = f"meeting {meeting_id}" if self._request.keep else "not kept"
        note = f" {job.detail}" if job is not None and job.detail else ""
        took = time.monotonic() - began
        self._board.say(
            f"{label}: {clock(whole_seconds(meeting.duration))} in {took:.1f} s, {where}.{note}"
        )
        if not self._request.keep:
            purge(self._service, meeting_id)

    def _name_of(self, item: str) -> str:
        """The file's name, or the title of what comes in on standard input."""
        is_stdin = item == STDIN and not self._request.resume
        return (self._request.title or STDIN_NAME) if is_stdin else Path(item).name

    def _import(self, item: str) -> str:
        folder, name = self._service.uploads_dir, self._name_of(item)
        modified_at = None
        if item == STDIN:
            file = spool_stdin(sys.stdin.buffer, folder)
        else:
            file = stage_file(Path(item), folder)
            modified_at = _last_change(Path(item))
        try:
            return self._service.import_file(
                file,
                name,
                self._request.options,
                self._request.title,
                date_of_file(file, name, modified_at),
            )
        except BaseException:
            file.unlink(missing_ok=True)
            raise

    def _resume(self, asked: str) -> str:
        """Queue the job of a meeting again if it failed or was cancelled; the meeting's id."""
        meeting_id = find_meeting(self._service.store, asked).id
        job = self._service.store.jobs.get(meeting_id)
        if job is None:
            raise MeetingStateError(f"The meeting {meeting_id} has no transcription to continue.")
        if job.state in (JobState.FAILED, JobState.CANCELLED):
            self._service.retry(meeting_id)
        return meeting_id

    def _run_job(self, meeting_id: str, label: str) -> Job | None:
        store = self._service.store
        try:
            with job_progress(self._board, lambda: store.jobs.get(meeting_id), label):
                self._service.run_job_and_wait(meeting_id)
        except KeyboardInterrupt:
            print(
                f"{label}: interrupted. What is done is kept; continue with"
                f" `{command(f'transcribe --resume {meeting_id}')}`, or start the app.",
                file=sys.stderr,
            )
            raise
        job = store.jobs.get(meeting_id)
        if job is not None and job.state is not JobState.DONE:
            if not self._request.keep:
                purge(self._service, meeting_id)
            raise InferenceError(job.detail or f"The meeting {meeting_id} is {job.state}.")
        return job


def _last_change(path: Path) -> datetime | None:
    """When a file was last changed; None where its time is no date."""
    with suppress(OSError, OverflowError, ValueError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return None
