"""Recognizes one piece of a recording; decodes again where it loops or skips speech."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from meetcore.asr.hallucination import ACCEPTED, Evidence, GateDecision, gate_decision
from meetcore.asr.offline.chunking import SPEECH_THRESHOLD, Piece
from meetcore.asr.offline.coverage import uncovered
from meetcore.asr.offline.options import OfflineRecognitionOptions
from meetcore.asr.recognizer import GateOptions, Recognition, RecognizeOptions, Recognizer
from meetcore.asr.vad.activity import solid_speech
from meetcore.asr.vad.levels import FRAME_SAMPLES, frame_levels_db
from meetcore.records import SAMPLE_RATE

MIN_GAP_SAMPLES = 3 * SAMPLE_RATE // 2
"""Shortest speech without words that is recognized again."""
LONGEST_PROMPT = 100
"""Tokens; the decoder reads all of them again for each piece."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One decoding of a piece, with the gate's decision and the speech it left out."""

    recognition: Recognition
    decision: GateDecision
    missing_samples: int
    """Longest stretch of speech without words."""
    little_speech: bool = False

    @property
    def good(self) -> bool:
        """Whether no retry is needed."""
        return (
            self.decision.accepted
            and not self.recognition.truncated
            and self.missing_samples < MIN_GAP_SAMPLES
        )

    @property
    def silent(self) -> bool:
        """Whether the gate found hardly any speech: a retry would only make up other text.

        With timestamps or in a loop the average log-probability is high whatever the text.
        """
        return self.little_speech and not self.decision.accepted

    @property
    def rank(self) -> tuple[bool, bool, int, float]:
        """Sort key; smaller is better."""
        return (
            self.recognition.truncated,
            not self.decision.accepted,
            self.missing_samples // SAMPLE_RATE,
            -self.recognition.average_log_probability,
        )


def best_attempt(
    piece: Piece, recognizer: Recognizer, options: OfflineRecognitionOptions
) -> Attempt:
    """The first good decoding of a piece, else the best of three.

    Raises
    ------
    InferenceError
        The recognizer failed on this piece.
    """
    bare = RecognizeOptions(language=options.language, beam_size=options.beam_size)
    first = replace(bare, prompt_tokens=_prompt_tokens(recognizer, options.prompt))
    gate = options.gate or recognizer.info.gate
    attempts: list[Attempt] = []
    # The prompt may be what misleads the decoder: retries are made without it.
    for tried in (first, replace(bare, timestamps=True), replace(bare, beam_size=1)):
        attempts.append(_attempt(piece, recognizer.recognize(piece.samples, tried), gate))
        if attempts[-1].good or attempts[-1].silent:
            return attempts[-1]
    return min(attempts, key=lambda attempt: attempt.rank)


def _prompt_tokens(recognizer: Recognizer, prompt: str) -> tuple[int, ...]:
    """Tokens of the prompt; of a long one the last, which weigh most in the decoder."""
    text = sentence_of(prompt)
    return recognizer.tokens_of(f" {text}")[-LONGEST_PROMPT:] if text else ()


def sentence_of(prompt: str) -> str:
    """A prompt, one name per line or not, as one sentence with a full stop.

    The decoder continues in the style of its prompt: after a list without a full stop, tiny.en
    more often leaves out punctuation and capitals, and writes fewer of the names.

    >>> sentence_of("Zhanar,  Ana\\n Meetcore; \\n"), sentence_of("Who is Zhanar?")
    ('Zhanar, Ana, Meetcore.', 'Who is Zhanar?')
    """
    lines = [" ".join(line.split()).rstrip(" ,;") for line in prompt.splitlines()]
    text = ", ".join(line for line in lines if line)
    return text if not text or text[-1] in ".!?…。" else f"{text}."


def _attempt(piece: Piece, recognition: Recognition, gate: GateOptions) -> Attempt:
    evidence = _evidence(piece)
    decision = gate_decision(recognition, evidence, gate) if recognition.words else ACCEPTED
    gaps = uncovered(recognition.words, piece.regions)
    missing = max((gap.length_samples for gap in gaps), default=0)
    return Attempt(recognition, decision, missing, evidence.little)


def _evidence(piece: Piece) -> Evidence:
    """Level (of the fifth loudest frame, as a click has fewer) and speech of the scaled audio."""
    loudest = np.sort(frame_levels_db(piece.samples))[-5:]
    solid = solid_speech(piece.probabilities, SPEECH_THRESHOLD)
    return Evidence(
        float(loudest.min(initial=0.0)),
        float(piece.probabilities.max(initial=0.0)),
        np.count_nonzero(solid) * FRAME_SAMPLES / SAMPLE_RATE,
    )
