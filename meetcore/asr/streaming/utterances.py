"""Where the utterances of a live recording begin and end, and the language of each."""

from __future__ import annotations

from meetcore.asr.streaming.evidence import audio_at_usual_level
from meetcore.asr.streaming.language import StreamLanguage
from meetcore.asr.streaming.window import DecodeWindow
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.records import SAMPLE_RATE


class Utterances:
    """The present utterance of one stream; positions are samples since the recording began.

    Parameters
    ----------
    lead : samples before the first speech that are looked at too
    """

    def __init__(
        self, language: StreamLanguage, window: DecodeWindow, speech: SpeechLog, lead: int
    ) -> None:
        self.language = language
        self._window = window
        self._speech = speech
        self._lead = lead
        self._begin = 0
        """Sample after which the present utterance begins."""

    def silence(self, position: int) -> int:
        """Samples without speech up to a position."""
        latest = self._speech.last_sample(position)
        return position - min(position, latest if latest is not None else 0)

    def find_language(self, position: int, paused: bool) -> int | None:
        """Decide the utterance's language; where it changed, the first sample of its speech.

        Raises
        ------
        InferenceError
            The engine failed on the audio.
        """
        if not self.language.looking:
            return None
        first = self._speech.first_sample(self._begin, position)
        if first is None:
            return None
        start = max(self._begin, first - self._lead)
        samples = audio_at_usual_level(self._window, self._speech, start, position)
        speech = self._speech.count_samples(position - samples.shape[0], position)
        return first if self.language.look(samples, speech / SAMPLE_RATE, paused) else None

    def end(self, position: int) -> None:
        """The utterance ends before a position in a pause; without speech, it has not begun."""
        if self._speech.first_sample(self._begin, position) is not None:
            self._begin = position
            self.language.utterance_ended()
