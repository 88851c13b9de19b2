"""Sentences for everything that can end a job: what failed, what is kept, the next step."""

from __future__ import annotations

import errno

from meetcore.errors import AudioDecodeError, MeetcoreError, ModelUnavailableError, RecordingError
from meetcore.installation import REINSTALL
from meetcore.jobs.tasks import UnexpectedTaskError
from meetcore.records import Job, JobStage

KEPT_LIVE = "The recording and what was said live are kept."
KEPT_UPLOAD = "The recording is kept; try again."
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_BUSY = {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE}
_DOING = {
    JobStage.DECODING: "the file was being read",
    JobStage.RECOGNIZING: "its words were being recognized",
    JobStage.DIARIZING: "its speakers were being told apart",
    JobStage.ATTRIBUTING: "its words were being given to the speakers",
}


def failure_sentence(job: Job, error: Exception) -> str:
    """Why a job failed and what is kept, for the user.

    Parameters
    ----------
    job : with the stage it failed in
    """
    if job.stage is JobStage.DECODING and isinstance(error, MeetcoreError):
        return str(error)
    if isinstance(error, ModelUnavailableError):
        return f"{error} The recording is kept; finish it once a recognizer is there."
    kept = KEPT_LIVE if job.source_path is None else KEPT_UPLOAD
    if isinstance(error, MeetcoreError):
        if "try again" in str(error).lower():
            kept = kept.replace("; try again", "")
        return f"{error} {kept}"
    if isinstance(error, OSError):
        return f"{os_error_sentence(error)} {kept}"
    kind = str(error) if isinstance(error, UnexpectedTaskError) else type(error).__name__
    again = "" if kept is KEPT_UPLOAD else " Try again."
    doing = _DOING[job.stage]
    return f"An unexpected error came up while {doing} ({kind}; the log has more). {kept}{again}"


def os_error_sentence(error: OSError) -> str:
    """What the operating system refused, and what to do about it."""
    if error.errno in _FULL:
        return "The disk is full. Free some space."
    if error.errno in _FORBIDDEN:
        return "A file or folder cannot be written. Check the access rights of the data folder."
    if error.errno in _BUSY:
        return "This machine has too little memory or too many open files. Close other programs."
    if error.errno == errno.ENOENT:
        return "A file that is needed is gone. Check the data folder."
    why = f" ({error.strerror})" if error.strerror else ""
    return f"A file cannot be read or written{why}. Check the disk of the data folder."


def translated(error: Exception, stage: JobStage, name: str = "") -> Exception:
    """An error of a library in a stage's task as one of ours; others are returned as they are.

    Parameters
    ----------
    name : of the file that is decoded
    """
    if isinstance(error, ImportError):
        library = error.name or "A library"
        return ModelUnavailableError(
            f"This needs {library}, which is not installed or broken; run: {REINSTALL}"
        )
    if stage is JobStage.DECODING and not _is_of_the_machine(error):
        # A media library's OSError is about the file: "Invalid data found", a seek that failed.
        why = "its data do not fit its format"
        if not isinstance(error, OSError):
            why = f"{type(error).__name__}; the log has more"
        return AudioDecodeError(
            f"{name} cannot be decoded ({why}). Export it as WAV, MP3 or M4A, then upload that."
        )
    if isinstance(error, OSError):
        return RecordingError(os_error_sentence(error))
    return error


def _is_of_the_machine(error: Exception) -> bool:
    """Whether the disk or the memory failed, and not the file."""
    return isinstance(error, OSError) and error.errno in {*_FULL, *_FORBIDDEN, *_BUSY, errno.EIO}
