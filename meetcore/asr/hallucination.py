"""The hallucination gate: rejects text that a recognizer made up, by several weak signs together.

Whisper writes fluent text for audio without speech, so no single score is enough. Sources:
Radford et al. 2022, section 4.5 (thresholds on log-probability, no-speech probability and
compression ratio); Koenecke et al. 2024 and Barański et al. 2025 ("Investigation of Whisper ASR
hallucinations") for the fillers.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from meetcore.asr.recognizer import GateOptions, Recognition
from meetcore.asr.repetition import loop_start


class Reason(enum.StrEnum):
    """Why text was rejected; one word that a page can show."""

    SILENCE = "silence"
    NO_SPEECH = "no-speech"
    REPETITION = "repetition"
    UNLIKELY = "unlikely"
    FILLER = "filler"
    PROMPT = "prompt"


SURE_SPEECH = 0.6
SURE_SECONDS = 0.25
"""With less speech than these the decoder's scores must be good: voice activity takes notes of
music for speech, up to 0.2 s in a row (ten minutes of synthesised music); "yes" has 0.3 s."""
LITTLE_SECONDS = 0.7
"""With less speech than this an unlikely text is rejected: music gave up to 0.54 s in 28 s, and
text of a log-probability below -1.05."""
_WORDS_PER_SECOND = 6.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """Measurements of the audio that a text was recognized in."""

    level_db: float
    """Level in dB of full scale, after the gain that brings quiet audio to a usual level."""
    speech: float | None = None
    """Largest probability of speech of any frame; None where it was not measured."""
    speech_seconds: float | None = None
    """Length of the speech in stretches of 0.1 s and more; None where it was not measured."""

    @property
    def slight(self) -> bool:
        """Whether there is so little speech that a note of music could be taken for it."""
        if self.speech is None or self.speech_seconds is None:
            return False
        return self.speech < SURE_SPEECH or self.speech_seconds < SURE_SECONDS

    @property
    def little(self) -> bool:
        """Whether there is at most a word or two of speech."""
        return self.speech_seconds is not None and self.speech_seconds < LITTLE_SECONDS


@dataclass(frozen=True, slots=True)
class GateDecision:
    """The gate's decision: accepted, or rejected for a reason."""

    reason: Reason | None = None

    @property
    def accepted(self) -> bool:
        """True when the text is kept."""
        return self.reason is None


ACCEPTED = GateDecision()

_FILLERS = frozenset(
    (
        "you",
        "thank you",
        "thank you very much",
        "thanks",
        "thanks for watching",
        "thank you for watching",
        "thank you so much for watching",
        "thanks for listening",
        "please subscribe",
        "subscribe",
        "bye",
        "bye bye",
        "okay",
        "oh",
        "so",
        "the",
        "the end",
        "ill see you in the next video",
        "ill see you next time",
        "see you next time",
        "music",
        "applause",
        "subtitles by the amaraorg community",
        "transcription by castingwords",
        "untertitel der amaraorgcommunity",
        "sous titres réalisés para la communauté damaraorg",
        "ご視聴ありがとうございました",
    )
)


def gate_decision(
    recognition: Recognition, evidence: Evidence, options: GateOptions | None = None
) -> GateDecision:
    """Accept or reject a text by its scores and its audio.

    Parameters
    ----------
    recognition : the text with the scores of its decoding
    evidence : measured on exactly the audio that was decoded
    options : None takes thresholds that fit Whisper
    """
    options = options or GateOptions()
    if not recognition.words:
        return ACCEPTED
    if evidence.level_db < options.silence_db:
        return GateDecision(Reason.SILENCE)
    if _repeats(recognition, options):
        return GateDecision(Reason.REPETITION)
    doubts = _doubts(recognition, evidence, options)
    if doubts and is_filler(recognition.text):
        return GateDecision(Reason.FILLER)
    if doubts and is_echo(recognition.text, options.prompt):
        return GateDecision(Reason.PROMPT)
    unlikely = recognition.average_log_probability < options.average_log_probability
    if evidence.slight and _unsure(recognition, evidence, options):
        return GateDecision(Reason.NO_SPEECH)
    if evidence.little and (unlikely or _doubtful(recognition, options)):
        return GateDecision(Reason.NO_SPEECH)
    if unlikely and recognition.no_speech_probability > options.no_speech_probability:
        return GateDecision(Reason.NO_SPEECH)
    if recognition.average_log_probability < options.hopeless_log_probability:
        return GateDecision(Reason.UNLIKELY)
    return GateDecision(Reason.UNLIKELY) if unlikely and doubts >= 2 else ACCEPTED


def _doubtful(recognition: Recognition, options: GateOptions) -> bool:
    """Whether both scores are middling, as over a single note of music."""
    return (
        recognition.no_speech_probability > 0.5
        and recognition.average_log_probability < options.middling_log_probability
    )


def _unsure(recognition: Recognition, evidence: Evidence, options: GateOptions) -> bool:
    """Whether a score is worse than that of clear speech, or the speech too short for the text."""
    seconds = evidence.speech_seconds or 0.0
    return (
        seconds == 0.0
        or len(recognition.words) > 2 + _WORDS_PER_SECOND * seconds
        or recognition.no_speech_probability > options.sure_no_speech_probability
        or recognition.average_log_probability < options.sure_log_probability
    )


def is_filler(text: str) -> bool:
    """True for the stock phrases that Whisper writes for audio without speech.

    >>> is_filler(" Thanks for watching!"), is_filler(" Thank you, Diane.")
    (True, False)
    """
    return _bare(text) in _FILLERS


def is_echo(text: str, prompt: str) -> bool:
    """True for text of which at least half of the words are in the prompt.

    >>> is_echo(" Meetcore and Zhanar.", "Zhanar, Meetcore"), is_echo(" Yes.", "")
    (True, False)
    """
    words, known = _bare(text).split(), set(_bare(prompt).split())
    return bool(words) and 2 * sum(word in known for word in words) >= len(words)


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())


def _repeats(recognition: Recognition, options: GateOptions) -> bool:
    if recognition.compression_ratio > options.compression_ratio:
        return True
    words = [word.text.strip(" .,!?…").lower() for word in recognition.words]
    return loop_start(words) is not None


def _doubts(recognition: Recognition, evidence: Evidence, options: GateOptions) -> int:
    """How many independent signs speak against there being speech."""
    signs = (
        recognition.no_speech_probability > options.no_speech_probability,
        recognition.average_log_probability < options.average_log_probability,
        evidence.speech is not None and evidence.speech < 0.25,
        evidence.level_db < options.silence_db + 10.0,
    )
    return sum(signs)
