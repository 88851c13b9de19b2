"""The rungs: the only place where models are put together, one named step down at a time."""

from __future__ import annotations

from typing import Protocol

from meetcore.asr.recognizer import Recognizer
from meetcore.asr.streaming.recognizer import StreamingOptions, StreamingRecognizer
from meetcore.asr.vad.silero import load_activity
from meetcore.diarization.diarizer import Diarizer
from meetcore.models.identifier_session import IdentifierSession
from meetcore.models.rungs import Loaders, find_models, loaders_for
from meetcore.records import ModelsInUse
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver

__all__ = [
    "FallbackSpeakerIdentifier",
    "Identifier",
    "Loaders",
    "SpeakerIdentifier",
    "create_speaker_identifier",
]


class Identifier(Protocol):
    """Models only: read-only after loading, shared by all meetings, safe from several threads."""

    @property
    def models(self) -> ModelsInUse:
        """What is loaded, and why not more."""
        ...

    @property
    def recognizer(self) -> Recognizer | None:
        """The recognizer of the second pass."""
        ...

    @property
    def diarizer(self) -> Diarizer | None:
        """Who tells speakers apart; None below the full rung."""
        ...

    def open_session(self, meeting_id: str, language: str | None = None) -> IdentifierSession:
        """Begin one meeting."""
        ...

    def close(self) -> None:
        """Release the models; idempotent."""
        ...


class FallbackSpeakerIdentifier:
    """Words without speakers; without a recognizer, nothing but a safe recording."""

    def __init__(
        self, models: ModelsInUse, live: Recognizer | None = None, final: Recognizer | None = None
    ) -> None:
        self._models = models
        self._live = live
        self._final = final

    @property
    def models(self) -> ModelsInUse:
        """What is loaded, and why not more."""
        return self._models

    @property
    def recognizer(self) -> Recognizer | None:
        """The recognizer of the second pass."""
        return self._final

    @property
    def diarizer(self) -> Diarizer | None:
        """None: this rung tells no speakers apart."""
        return None

    def open_session(self, meeting_id: str, language: str | None = None) -> IdentifierSession:
        """Begin one meeting."""
        return IdentifierSession(meeting_id, self._word_stream(language), None)

    def close(self) -> None:
        """Release the models; idempotent."""
        for recognizer in (self._live, self._final):
            if recognizer is not None:
                recognizer.close()

    def _word_stream(self, language: str | None) -> StreamingRecognizer | None:
        if self._live is None:
            return None
        options = StreamingOptions(language=language)
        return StreamingRecognizer(self._live, load_activity(), options)


class SpeakerIdentifier(FallbackSpeakerIdentifier):
    """Words with speakers: the full rung."""

    def __init__(
        self, models: ModelsInUse, live: Recognizer, final: Recognizer, diarizer: Diarizer
    ) -> None:
        super().__init__(models, live, final)
        self._diarizer = diarizer

    @property
    def diarizer(self) -> Diarizer:
        """Who tells speakers apart."""
        return self._diarizer

    def open_session(self, meeting_id: str, language: str | None = None) -> IdentifierSession:
        """Begin one meeting."""
        return IdentifierSession(
            meeting_id, self._word_stream(language), self._diarizer.open_live()
        )


def create_speaker_identifier(
    settings: Settings, loaders: Loaders | None = None
) -> SpeakerIdentifier | FallbackSpeakerIdentifier:
    """The best rung that holds on this machine; never raises for a missing model.

    Each rung that was left is kept with its reason and remedy in `models.rungs_left`.
    """
    loaders = loaders or loaders_for(
        settings, WeightResolver(settings.cache_dir, offline=settings.offline)
    )
    found = find_models(settings, loaders)
    if found.live and found.final and found.diarizer:
        return SpeakerIdentifier(found.models, found.live, found.final, found.diarizer)
    return FallbackSpeakerIdentifier(found.models, found.live, found.final)
