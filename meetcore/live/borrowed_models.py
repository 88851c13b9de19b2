"""The models that a running meeting has borrowed from the pool."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from meetcore.errors import StoreError
from meetcore.live.resources import LiveResources
from meetcore.models.identifier import Identifier
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import Meeting, Mode, ModelsInUse, ProfileMatch

logger = logging.getLogger(__name__)


class BorrowedModels:
    """Opens one meeting's sessions over models of the pool, which stay loaded until `release`.

    Used by the meeting's thread.
    """

    def __init__(self, meeting: Meeting, resources: LiveResources) -> None:
        self._meeting = meeting
        self._pool = resources.pool
        self._known_voices = resources.known_voices
        self._store = resources.store

    def open_session(self) -> IdentifierSession | None:
        """A session over the models in force.

        None while nothing is loaded, and where the meeting has a session already that the models
        in force would not improve. Raises whatever the models raise; the next call tries again.
        """
        meeting = self._meeting
        held, in_force = self._pool.held(meeting.id), self._pool.current
        if held is not None and (in_force is held or not _recognizes(in_force)):
            return None
        identifier = self._pool.lend(meeting.id)
        if identifier is None:
            return None
        try:
            session = identifier.open_session(meeting.id, meeting.language)
        except BaseException:
            self.release()
            raise
        models = identifier.models
        if (meeting.mode, meeting.recognizer) != (models.mode, models.live_recognizer):
            self._save_models(models)
        return session

    def match_voices(self, session: IdentifierSession) -> Mapping[str, ProfileMatch]:
        """The enrolled voices among a session's speakers, by label.

        No voice is computed or compared while no profile is stored.
        """
        identifier = self._pool.held(self._meeting.id)
        diarizer = identifier.diarizer if identifier else None
        if diarizer is None or not self._known_voices.has_profiles():
            return {}
        return self._known_voices.match(session.voices(), diarizer.embedding.weight)

    def release(self) -> None:
        """Give the models back; the sessions opened over them must be closed. Idempotent."""
        self._pool.give_back(self._meeting.id)

    def _save_models(self, models: ModelsInUse) -> None:
        """Save which models serve the meeting, where others do than when it began."""
        try:
            self._store.update(
                self._meeting.id, mode=models.mode, recognizer=models.live_recognizer
            )
        except StoreError:
            logger.exception("meeting %s: its models could not be saved", self._meeting.id)


def _recognizes(identifier: Identifier | None) -> bool:
    return identifier is not None and identifier.models.mode is not Mode.RECORDING_ONLY
