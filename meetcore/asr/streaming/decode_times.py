"""`DecodeTimes`: when the next decode of a live stream is due (positions are samples)."""

from __future__ import annotations

from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.records import SAMPLE_RATE

TICK_SAMPLES = 1_600
"""How often voice activity is looked at, so that a pause is seen when it is long enough."""


class DecodeTimes:
    """Decodes are due after a step of new speech, in a dip after half a step, and at a pause.

    In a dip no word is cut off, so that its words can be committed at once.
    """

    def __init__(self, options: StreamingOptions, speech: SpeechLog) -> None:
        self._options = options
        self._speech = speech
        self._step_samples = _samples(options.step)
        self._latest = 0
        """Position of the latest decode."""

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, in force now."""
        return self._step_samples / SAMPLE_RATE

    def set_step(self, step: float) -> None:
        """Set the seconds between two decodes; never below those of the options."""
        self._step_samples = _samples(max(self._options.step, step))

    def decoded(self, position: int) -> None:
        """A decode up to this position begins; it may fail."""
        self._latest = position

    def is_due(self, position: int, silence: int, transcribed: int, is_tentative: bool) -> bool:
        """Whether to decode up to a position.

        Parameters
        ----------
        silence : samples without speech before the position
        transcribed : sample before which all speech is committed or rejected
        is_tentative : whether there are tentative words; else a step begins with the speech
        """
        pause = _samples(self._options.pause)
        if silence >= pause and self._latest < position - silence + pause:
            return True
        first = self._speech.first_sample(max(transcribed, self._latest), position)
        begin = self._latest if is_tentative or first is None else first
        new = position - max(begin, self._latest)
        in_dip = first is not None and silence >= _samples(self._options.dip)
        return new >= (self._step_samples // 2 if in_dip else self._step_samples)


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
