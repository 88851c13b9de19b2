"""`open_session`: checks the options, loads the models, opens a LiveSession over them."""

from __future__ import annotations

from meetcore.errors import ModelUnavailableError
from meetcore.models.identifier import Identifier, create_speaker_identifier
from meetcore.python_api.live_session import LiveSession
from meetcore.python_api.options import (
    check_live_speakers,
    check_recognizer,
    checked_language,
)
from meetcore.records import Mode
from meetcore.settings import Settings, load_settings
from meetcore.thread_counts import CallersThreadCounts


def open_session(
    *,
    language: str | None = None,
    recognizer: str = "",
    speakers: bool = True,
    max_speakers: int | None = None,
    title: str = "",
    settings: Settings | None = None,
) -> LiveSession:
    """Load the models and begin a live transcription; use it in a `with` block.

    Parameters
    ----------
    language : ISO code, or several with commas ("de,en"), one of which each stretch is in; None
        takes those of the settings, else detects any; "auto" detects any
    recognizer : name of a weight, or a path to one; empty takes the settings' live recognizer
    speakers : False leaves words without speakers, and loads no diarizer
    max_speakers : largest number of speakers; None for no limit
    title : heading of the transcript
    settings : None reads them from the environment and `.env`

    Raises
    ------
    ModelUnavailableError
        No recognizer loads; the message holds the remedy. Without a diarizer words have no
        speaker, and `session.models.reason` says why.
    SettingsError, ValueError
        A setting or an option cannot be used; the message says what is expected.
    """
    settings = settings or load_settings()
    language = checked_language(language or settings.language)
    check_recognizer(recognizer)
    check_live_speakers(speakers, max_speakers)
    threads = CallersThreadCounts()
    try:
        identifier = _loaded(settings, recognizer, speakers)
        notes = tuple(rung.reason for rung in identifier.models.rungs_left) if speakers else ()
        notes += _on_language(identifier, language)
        return LiveSession(identifier, language, title, notes, max_speakers, threads)
    except BaseException:
        threads.restore()
        raise


def _loaded(settings: Settings, recognizer: str, speakers: bool) -> Identifier:
    """The models of a session; raises ModelUnavailableError where there is no recognizer."""
    changes = {"recognizer": recognizer, "live_recognizer": recognizer} if recognizer else {}
    if not speakers:
        changes["diarizer"] = "off"
    identifier = create_speaker_identifier(settings.model_copy(update=changes))
    if identifier.models.mode is Mode.RECORDING_ONLY:
        identifier.close()
        raise ModelUnavailableError(identifier.models.reason)
    return identifier


def _on_language(identifier: Identifier, language: str | None) -> tuple[str, ...]:
    """A sentence where another weight writes the languages; ModelUnavailableError if none can."""
    try:
        found = identifier.models_for(language)
    except ModelUnavailableError:
        identifier.close()
        raise
    is_usual = found.live_recognizer == identifier.models.live_recognizer
    return () if is_usual else (found.reason,)
