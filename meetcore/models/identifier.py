"""`SpeakerIdentifier`: the loaded recognizers and diarizer, shared by all meetings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.recognizer import Recognizer
from meetcore.diarization.diarizer import Diarizer
from meetcore.models.identifier_session import IdentifierSession
from meetcore.models.lighter_recognizer import LighterRecognizers
from meetcore.models.rungs import Loaders, load_models, loaders_for
from meetcore.models.spoken_languages import MultilingualRecognizer
from meetcore.records import ModelsInUse, Samples
from meetcore.settings import Settings
from meetcore.text.languages import why_unspoken
from meetcore.weights.resolver import WeightResolver

__all__ = [
    "FallbackSpeakerIdentifier",
    "Identifier",
    "Loaders",
    "SpeakerIdentifier",
    "create_speaker_identifier",
]


class Identifier(Protocol):
    """Loaded models, shared by all meetings; immutable and safe from several threads."""

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
        """The diarizer; None below the full rung."""
        ...

    def open_session(
        self, meeting_id: str, language: str | None = None, max_speakers: int | None = None
    ) -> IdentifierSession:
        """A session: the live transcription of one meeting over these models.

        Parameters
        ----------
        meeting_id : for the log
        language : ISO code spoken, several with commas between; None detects any
        max_speakers : largest number of speakers; None for no limit
        """
        ...

    def open_words(self, language: str | None = None) -> LiveRecognizer | None:
        """A further stream of the live recognizer, for a session that goes on with it."""
        ...

    def models_for(self, language: str | None) -> ModelsInUse:
        """What serves a meeting in these languages.

        `reason` says so where another weight writes, as the usual one cannot. Blocks and raises
        as `open_words` does.
        """
        ...

    def language_probabilities(self, samples: Samples) -> Mapping[str, float]:
        """How likely each language is spoken, by the multilingual weight; empty without one.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz, at most 30 s

        Raises
        ------
        ModelUnavailableError, InferenceError
            That weight cannot be loaded, or failed.
        """
        ...

    def open_lighter_words(self, language: str | None = None) -> LiveRecognizer | None:
        """A stream of a smaller recognizer, for a session while the machine is busy.

        None where there is none for this language, and while it loads; the first call begins that.
        """
        ...

    def close(self) -> None:
        """Release the models; idempotent."""
        ...


class FallbackSpeakerIdentifier:
    """The rungs below the full one: words without speakers, or without a recognizer no words."""

    def __init__(
        self,
        models: ModelsInUse,
        live: Recognizer | None = None,
        final: Recognizer | None = None,
        lighter: LighterRecognizers | None = None,
        multilingual: MultilingualRecognizer | None = None,
    ) -> None:
        self._models = models
        self._live = live
        self._final = final
        self._lighter = lighter
        self._multilingual = multilingual

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
        """None: these rungs have no speakers."""
        return None

    def open_session(
        self, meeting_id: str, language: str | None = None, max_speakers: int | None = None
    ) -> IdentifierSession:
        """A session: the live transcription of one meeting over these models.

        Parameters
        ----------
        meeting_id : for the log
        language : ISO code spoken, several with commas between; None detects any
        max_speakers : largest number of speakers; None for no limit
        """
        return IdentifierSession(meeting_id, self.open_words(language), None)

    def open_words(self, language: str | None = None) -> LiveRecognizer | None:
        """A further stream of the live recognizer, for a session that goes on with it.

        Blocks while the multilingual weight loads, where the usual one cannot write the languages.

        Raises
        ------
        ModelUnavailableError
            That weight cannot be loaded; the message holds the remedy.
        """
        recognizer = self._writing(language)
        return None if recognizer is None else recognizer.open_live(language)

    def models_for(self, language: str | None) -> ModelsInUse:
        """What serves a meeting in these languages; see Identifier.models_for."""
        recognizer, usual = self._writing(language), self._live
        if recognizer is usual or recognizer is None or usual is None:
            return self._models
        why = why_unspoken(language, usual.info.weight, usual.info.languages)
        return replace(
            self._models,
            live_recognizer=str(recognizer.info),
            languages=recognizer.info.languages,
            reason=f"{why} {recognizer.info.weight} writes instead.",
        )

    def language_probabilities(self, samples: Samples) -> Mapping[str, float]:
        """How likely each language is spoken; see Identifier.language_probabilities."""
        return self._multilingual.language_probabilities(samples) if self._multilingual else {}

    def _writing(self, language: str | None) -> Recognizer | None:
        """The live recognizer for these languages."""
        live, other = self._live, self._multilingual
        if live is None or other is None:
            return live
        return other.get() if why_unspoken(language, "", live.info.languages) else live

    def open_lighter_words(self, language: str | None = None) -> LiveRecognizer | None:
        """A stream of a smaller recognizer, for a session while the machine is busy.

        None where no smaller one surely writes the language, and while it loads; the first call
        begins that.
        """
        if self._lighter is None or self._live is None:
            return None
        if language is None and self._live.info.languages == ("en",):
            language = "en"
        recognizer = self._lighter.get(language)
        return None if recognizer is None else recognizer.open_live(language)

    def close(self) -> None:
        """Release the models; idempotent."""
        for recognizer in (self._live, self._final, self._lighter, self._multilingual):
            if recognizer is not None:
                recognizer.close()


class SpeakerIdentifier(FallbackSpeakerIdentifier):
    """The full rung: words with speakers."""

    def __init__(
        self,
        models: ModelsInUse,
        live: Recognizer,
        final: Recognizer,
        diarizer: Diarizer,
        lighter: LighterRecognizers | None = None,
        multilingual: MultilingualRecognizer | None = None,
    ) -> None:
        super().__init__(models, live, final, lighter, multilingual)
        self._diarizer = diarizer

    @property
    def diarizer(self) -> Diarizer:
        """The diarizer of both passes."""
        return self._diarizer

    def open_session(
        self, meeting_id: str, language: str | None = None, max_speakers: int | None = None
    ) -> IdentifierSession:
        """A session: the live transcription of one meeting over these models.

        Parameters
        ----------
        meeting_id : for the log
        language : ISO code spoken, several with commas between; None detects any
        max_speakers : largest number of speakers; None for no limit
        """
        return IdentifierSession(
            meeting_id, self.open_words(language), self._diarizer.open_live(max_speakers)
        )


def create_speaker_identifier(
    settings: Settings, loaders: Loaders | None = None
) -> SpeakerIdentifier | FallbackSpeakerIdentifier:
    """The identifier of the best rung that loads on this machine; a missing model raises nothing.

    `models.rungs_left` has the reason and the remedy for each better rung.

    Parameters
    ----------
    settings : which models to load, and how
    loaders : what loads them; None for the real loaders
    """
    loaders = loaders or loaders_for(
        settings, WeightResolver(settings.cache_dir, offline=settings.offline)
    )
    found = load_models(settings, loaders)
    if found.live and found.final and found.diarizer:
        return SpeakerIdentifier(
            found.models, found.live, found.final, found.diarizer, found.lighter, found.multilingual
        )
    return FallbackSpeakerIdentifier(
        found.models, found.live, found.final, found.lighter, found.multilingual
    )
