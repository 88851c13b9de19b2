"""Meetcore's exceptions; each message says what failed and what to do."""

from typing import ClassVar


class MeetcoreError(Exception):
    """Base of all errors that Meetcore raises; its text can be shown to a user as it is."""

    is_logged: ClassVar[bool] = False
    """Whether the text may be written to a log: it names no file of a meeting and no person."""


class SettingsError(MeetcoreError):
    """A setting has a value that cannot be used."""

    is_logged = True


class AudioDecodeError(MeetcoreError):
    """A media file or an audio frame cannot be decoded into samples."""


class RecordingError(MeetcoreError):
    """The recording on disk cannot be written or read."""


class NoSpaceError(RecordingError):
    """The rest of the disk is kept for running meetings and for uploads that were taken."""


class ModelUnavailableError(MeetcoreError):
    """A model cannot be loaded; the message says what to do about it."""

    is_logged = True


class WeightUnavailableError(ModelUnavailableError):
    """No source delivered a weight with the checksum that the catalogue gives."""


class InferenceError(MeetcoreError):
    """A loaded model failed on one piece of audio."""


class MeetingNotFoundError(MeetcoreError):
    """No meeting with this id is in the store."""


class MeetingStateError(MeetcoreError):
    """The meeting's state does not allow the request: it still runs, or has no audio."""


class StoreError(MeetcoreError):
    """The database failed on a read or a write."""

    is_logged = True


class StoreUnavailableError(StoreError):
    """The database cannot be used at present: locked, full, read-only. The same may pass later."""


class FormatError(MeetcoreError):
    """A transcript cannot be written in a format, or a file does not follow its format."""


class EnrollmentTooShortError(MeetcoreError):
    """Too little clean speech of one voice for a voice profile."""


def causes(error: BaseException) -> tuple[BaseException, ...]:
    """An error and the chain of exceptions that led to it, the newest first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return tuple(chain)


def first_cause(error: BaseException) -> BaseException:
    """The first exception of the chain: libraries wrap the one that says what is wrong."""
    return causes(error)[-1]
