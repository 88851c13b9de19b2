"""The second pass: words of a whole recording, each piece heard in full context."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, RejectedText, Word
from meetcore.speech.activity import Activity, Region
from meetcore.speech.coverage import snapped, uncovered
from meetcore.speech.gate import ACCEPTED, Evidence, GateOptions, Verdict, judge
from meetcore.speech.pieces import Piece, ReadSamples, cut_pieces
from meetcore.speech.recognizer import Recognition, RecognizedWord, RecognizeOptions, Recognizer

logger = logging.getLogger(__name__)

HOLE_SAMPLES = 3 * SAMPLE_RATE // 2
"""Speech without words that is worth a second look."""
_WORST_CASE = 4
"""Halvings of a piece that keeps looping."""


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """How the second pass listens."""

    language: str | None = None
    beam_size: int = 5
    gate: GateOptions = field(default_factory=GateOptions)


@dataclass(frozen=True, slots=True)
class PieceWords:
    """What one piece of the recording gave, on the meeting's clock."""

    start_sample: int
    end_sample: int
    words: tuple[Word, ...] = ()
    rejected: tuple[RejectedText, ...] = ()
    language: str | None = None
    failed: bool = False
    """The recognizer failed on this piece; the log holds the traceback."""


@dataclass(frozen=True, slots=True)
class _Attempt:
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


def recognize_recording(
    read: ReadSamples,
    total_samples: int,
    recognizer: Recognizer,
    activity: Activity,
    options: OfflineOptions | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[PieceWords]:
    """Words of a recording of any length, piece after piece; stop iterating to cancel.

    Parameters
    ----------
    read : gives the samples between two positions, shape (n,), float32, 16 kHz
    total_samples : length of the recording
    progress : called with 0 to 1 after each piece

    Yields
    ------
    PieceWords
        In order; words of different pieces never overlap. A piece that the engine failed on is
        logged and comes without words.
    """
    options = options or OfflineOptions()
    for piece in cut_pieces(read, total_samples, activity):
        try:
            result = recognize_piece(piece, recognizer, options)
        except InferenceError:
            logger.exception("piece at sample %d failed", piece.start_sample)
            result = PieceWords(piece.start_sample, piece.end_sample, failed=True)
        if progress is not None:
            progress(piece.end_sample / total_samples)
        yield result
    if progress is not None:
        progress(1.0)


def recognize_piece(
    piece: Piece, recognizer: Recognizer, options: OfflineOptions, depth: int = 0
) -> PieceWords:
    """The words of one piece, trying again where the first hearing looped or left speech out."""
    attempt = _best_attempt(piece, recognizer, options)
    if attempt.recognition.truncated and depth < _WORST_CASE and len(piece.regions) > 1:
        return _joined(
            piece,
            [recognize_piece(half, recognizer, options, depth + 1) for half in _halves(piece)],
        )
    if not attempt.verdict.accepted:
        return _rejected(piece, attempt)
    words = snapped(attempt.recognition.words, piece.regions)
    result = _on_clock(piece, words, attempt.recognition.language)
    if depth >= _WORST_CASE:
        return result
    holes = [hole for hole in uncovered(words, piece.regions) if _spoken(hole) >= HOLE_SAMPLES]
    found = [
        recognize_piece(_part(piece, hole), recognizer, options, _WORST_CASE) for hole in holes
    ]
    return _joined(piece, [result, *found])


def _best_attempt(piece: Piece, recognizer: Recognizer, options: OfflineOptions) -> _Attempt:
    """The first good decoding, else the least bad."""
    first = RecognizeOptions(language=options.language, beam_size=options.beam_size)
    attempts: list[_Attempt] = []
    for tried in (first, replace(first, timestamps=True), replace(first, beam_size=1)):
        attempts.append(_attempt(piece, recognizer.recognize(piece.samples, tried), options))
        if attempts[-1].good:
            return attempts[-1]
    return min(attempts, key=lambda attempt: attempt.rank)


def _attempt(piece: Piece, recognition: Recognition, options: OfflineOptions) -> _Attempt:
    evidence = Evidence(piece.level_db, piece.speech)
    verdict = judge(recognition, evidence, options.gate) if recognition.words else ACCEPTED
    holes = uncovered(recognition.words, piece.regions)
    return _Attempt(recognition, verdict, max(map(_spoken, holes), default=0))


def _spoken(region: Region) -> int:
    return region.length_samples


def _on_clock(piece: Piece, words: Sequence[RecognizedWord], language: str | None) -> PieceWords:
    return PieceWords(
        piece.start_sample,
        piece.end_sample,
        tuple(
            Word(
                word.text, _seconds(piece, word.start), _seconds(piece, word.end), word.probability
            )
            for word in words
        ),
        language=language,
    )


def _seconds(piece: Piece, offset: float) -> float:
    """Meeting time of an offset into a piece, by way of whole samples."""
    return (piece.start_sample + round(offset * SAMPLE_RATE)) / SAMPLE_RATE


def _rejected(piece: Piece, attempt: _Attempt) -> PieceWords:
    words = attempt.recognition.words
    text = RejectedText(
        _seconds(piece, words[0].start),
        _seconds(piece, words[-1].end),
        attempt.recognition.text.strip(),
        str(attempt.verdict.reason),
    )
    return PieceWords(
        piece.start_sample,
        piece.end_sample,
        rejected=(text,),
        language=attempt.recognition.language,
    )


def _joined(piece: Piece, parts: Sequence[PieceWords]) -> PieceWords:
    words = sorted((word for part in parts for word in part.words), key=lambda word: word.start)
    return PieceWords(
        piece.start_sample,
        piece.end_sample,
        tuple(words),
        tuple(text for part in parts for text in part.rejected),
        next((part.language for part in parts if part.language), None),
    )


def _halves(piece: Piece) -> tuple[Piece, Piece]:
    """The piece cut at the pause nearest to its middle."""
    middle = piece.samples.shape[0] // 2
    pauses = [
        (before.end_sample + after.start_sample) // 2
        for before, after in zip(piece.regions, piece.regions[1:], strict=False)
    ]
    cut = min(pauses, key=lambda pause: abs(pause - middle))
    whole = piece.samples.shape[0]
    return _part(piece, Region(0, cut)), _part(piece, Region(cut, whole))


def _part(piece: Piece, region: Region) -> Piece:
    """A stretch of a piece as a piece of its own."""
    start, end = region.start_sample, region.end_sample
    inside = tuple(
        Region(max(other.start_sample, start) - start, min(other.end_sample, end) - start)
        for other in piece.regions
        if other.start_sample < end and other.end_sample > start
    )
    return replace(
        piece,
        start_sample=piece.start_sample + start,
        samples=piece.samples[start:end],
        regions=inside,
    )
