"""The tree of errors. A message says what failed, on which thing, and what to do next."""


class MeetcoreError(Exception):
    """Anything Meetcore itself reports; its text is fit to be shown to a user."""


class SettingsError(MeetcoreError):
    """A setting has a value that cannot work."""


class AudioDecodeError(MeetcoreError):
    """A file or frame could not be turned into samples."""


class RecordingError(MeetcoreError):
    """The recording on disk could not be written or read."""


class ModelUnavailableError(MeetcoreError):
    """A model could not be loaded; the message holds the remedy."""


class WeightUnavailableError(ModelUnavailableError):
    """No source delivered a weight whose checksum matches the catalogue."""


class InferenceError(MeetcoreError):
    """A loaded model failed on one piece of audio."""


class MeetingNotFoundError(MeetcoreError):
    """No meeting with this id is in the store."""


class MeetingStateError(MeetcoreError):
    """The meeting is not in a state that allows this."""


class StoreError(MeetcoreError):
    """The database refused a read or a write."""


class FormatError(MeetcoreError):
    """A transcript file does not follow its format."""


class EnrollmentTooShortError(MeetcoreError):
    """Too little clean speech of one voice to know it again."""


def causes(error: BaseException) -> tuple[BaseException, ...]:
    """An error, then what led to it, one after the other."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return tuple(chain)


def first_cause(error: BaseException) -> BaseException:
    """What an error began with: libraries wrap the telling one in one that says little."""
    return causes(error)[-1]
