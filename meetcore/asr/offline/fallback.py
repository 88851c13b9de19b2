"""One piece heard until it is heard well: what speaks against a decoding, and what to try next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from meetcore.asr.hallucination import ACCEPTED, Evidence, Verdict, judge
from meetcore.asr.offline.chunking import Piece
from meetcore.asr.offline.coverage import uncovered
from meetcore.asr.offline.options import OfflineOptions
from meetcore.asr.recognizer import Recognition, RecognizeOptions, Recognizer
from meetcore.records import SAMPLE_RATE

HOLE_SAMPLES = 3 * SAMPLE_RATE // 2
"""Speech without words that is worth a second look."""
LONGEST_PROMPT = 100
"""Tokens; every one of them is read again for each piece."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One decoding of a piece, and what speaks against it."""

    recognition: Recognition
    verdict: Verdict
    missing_samples: int
    """Largest stretch of speech without words."""

    @property
    def good(self) -> bool:
        return (
            self.verdict.accepted
            and not self.recognition.truncated
            and self.missing_samples < HOLE_SAMPLES
        )

    @property
    def rank(self) -> tuple[bool, bool, int, float]:
        """Smaller is better."""
        return (
            self.recognition.truncated,
            not self.verdict.accepted,
            self.missing_samples // SAMPLE_RATE,
            -self.recognition.average_log_probability,
        )


def best_attempt(piece: Piece, recognizer: Recognizer, options: OfflineOptions) -> Attempt:
    """The first good decoding, else the least bad."""
    bare = RecognizeOptions(language=options.language, beam_size=options.beam_size)
    first = replace(bare, prompt_tokens=_prompt_tokens(recognizer, options.prompt))
    attempts: list[Attempt] = []
    # A prompt may be what leads the decoder astray: the retries go without.
    for tried in (first, replace(bare, timestamps=True), replace(bare, beam_size=1)):
        attempts.append(_attempt(piece, recognizer.recognize(piece.samples, tried), options))
        if attempts[-1].good:
            return attempts[-1]
    return min(attempts, key=lambda attempt: attempt.rank)


def _prompt_tokens(recognizer: Recognizer, prompt: str) -> tuple[int, ...]:
    """The prompt as said before the piece; of a long one its end, which the decoder hears best."""
    text = sentence_of(prompt)
    return recognizer.tokens_of(f" {text}")[-LONGEST_PROMPT:] if text else ()


def sentence_of(prompt: str) -> str:
    """A list of names, one a line or not, as a sentence with its full stop.

    The decoder goes on in the style it reads: after a bare list tiny.en leaves out marks and
    capitals more often, and writes fewer of the names.

    >>> sentence_of("Zhanar,  Ana\\n Meetcore; \\n"), sentence_of("Who is Zhanar?")
    ('Zhanar, Ana, Meetcore.', 'Who is Zhanar?')
    """
    lines = [" ".join(line.split()).rstrip(" ,;") for line in prompt.splitlines()]
    text = ", ".join(line for line in lines if line)
    return text if not text or text[-1] in ".!?…。" else f"{text}."


def _attempt(piece: Piece, recognition: Recognition, options: OfflineOptions) -> Attempt:
    evidence = Evidence(piece.level_db, piece.speech)
    verdict = judge(recognition, evidence, options.gate) if recognition.words else ACCEPTED
    holes = uncovered(recognition.words, piece.regions)
    return Attempt(recognition, verdict, max((hole.length_samples for hole in holes), default=0))
