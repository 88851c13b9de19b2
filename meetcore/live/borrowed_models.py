"""The models that a running meeting has borrowed from the pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.diarization.voice_similarity import Voice
from meetcore.errors import ModelUnavailableError
from meetcore.live.heard_language import HeardLanguage
from meetcore.live.resources import LiveResources
from meetcore.live.speaker_names import SpeakerNames
from meetcore.models.identifier import Identifier
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import Meeting, Mode, ModelsInUse, ReadSamples


class BorrowedModels:
    """Opens one meeting's sessions over models of the pool, which stay loaded until `release`.

    Used by the meeting's thread.

    Parameters
    ----------
    later : does something with the store on another thread; see `TranscriptSaver.later`
    """

    def __init__(
        self,
        meeting: Meeting,
        resources: LiveResources,
        later: Callable[[str, Callable[[], None]], None],
    ) -> None:
        self._meeting = meeting
        self._later = later
        self._has_profiles = False
        self.language_note = ""
        """One sentence where another weight writes for the meeting's languages, or none can."""
        self._heard = HeardLanguage(meeting.language, resources.settings, self._note_language)
        self._pool = resources.pool
        self._known_voices = resources.known_voices
        self._store = resources.store

    def open_session(self) -> IdentifierSession | None:
        """A session over the models in force.

        None while nothing is loaded, where no weight can write the meeting's languages, and where
        the meeting has a session already that the models in force would not improve. Raises
        whatever the models raise; the next call tries again.
        """
        meeting = self._meeting
        held, in_force = self._pool.held(meeting.id), self._pool.current
        if held is not None and (in_force is held or not _recognizes(in_force)):
            return None
        identifier = self._pool.lend(meeting.id)
        if identifier is None:
            return None
        try:
            models = identifier.models_for(meeting.language)
            session = identifier.open_session(meeting.id, meeting.language)
        except ModelUnavailableError as error:
            self.language_note = str(error)
            self.release()
            return None
        except BaseException:
            self.release()
            raise
        is_usual = models.live_recognizer == identifier.models.live_recognizer
        self.language_note = "" if is_usual else models.reason
        if (meeting.mode, meeting.recognizer) != (models.mode, models.live_recognizer):
            self._later("models", partial(self._save_models, models))
        self._later("profiles", self._look_for_profiles)
        return session

    def open_words(self, lighter: bool) -> LiveRecognizer | None:
        """A stream of the usual recognizer or of a smaller one; None where it is not loaded."""
        identifier = self._pool.held(self._meeting.id)
        if identifier is None:
            return None
        language = self._meeting.language
        return (
            identifier.open_lighter_words(language) if lighter else identifier.open_words(language)
        )

    def listen_for_language(self, session: IdentifierSession, read: ReadSamples) -> None:
        """Note once whether the speech sounds like a language that the weight cannot write."""
        identifier = self._pool.held(self._meeting.id)
        if identifier is not None:
            self._heard.look(identifier, session, read)

    def _note_language(self, sentence: str) -> None:
        self.language_note = sentence

    def match_voices(self, session: IdentifierSession, names: SpeakerNames) -> None:
        """Name the enrolled voices among a session's speakers, a little later.

        No voice is computed or compared while no profile is stored.
        """
        identifier = self._pool.held(self._meeting.id)
        diarizer = identifier.diarizer if identifier else None
        if diarizer is None:
            return
        voices = session.voices() if self._has_profiles else {}
        self._later("voices", partial(self._match, voices, diarizer.embedding.weight, names))

    def _match(self, voices: Mapping[str, Voice], weight: str, names: SpeakerNames) -> None:
        """Compare with the profiles, which are in the store. Called on the saver's thread."""
        self._look_for_profiles()
        if self._has_profiles:
            for label, match in self._known_voices.match(voices, weight).items():
                names.set_match(label, match)

    def release(self) -> None:
        """Give the models back; the sessions opened over them must be closed. Idempotent."""
        self._pool.give_back(self._meeting.id)

    def _look_for_profiles(self) -> None:
        self._has_profiles = self._known_voices.has_profiles()

    def _save_models(self, models: ModelsInUse) -> None:
        """Save which models serve the meeting, where others do than when it began."""
        self._store.update(self._meeting.id, mode=models.mode, recognizer=models.live_recognizer)


def _recognizes(identifier: Identifier | None) -> bool:
    return identifier is not None and identifier.models.mode is not Mode.RECORDING_ONLY
