"""Offline (second-pass) recognition: cut, decode in parallel, gate and join the pieces."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from meetcore.asr.language import Heard
from meetcore.asr.offline.chunking import Piece
from meetcore.asr.offline.coverage import snapped, uncovered
from meetcore.asr.offline.cutter import cut_pieces
from meetcore.asr.offline.fallback import MIN_GAP_SAMPLES, Attempt, best_attempt
from meetcore.asr.offline.languages import (
    SplitPiece,
    Stretch,
    in_one_language,
    part_of,
    split_by_language,
)
from meetcore.asr.offline.options import OfflineRecognitionOptions
from meetcore.asr.recognizer import RecognizedWord, Recognizer
from meetcore.asr.vad.activity import Activity, Region
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, ReadSamples, RejectedText, Word
from meetcore.text.languages import candidates, only_language

__all__ = [
    "OfflineRecognitionOptions",
    "PieceWords",
    "recognize_piece",
    "recognize_pieces",
    "recognize_recording",
]

logger = logging.getLogger(__name__)

_MAX_DEPTH = 4
"""How often a piece that keeps looping is halved."""


@dataclass(frozen=True, slots=True)
class PieceWords:
    """The words of one piece of the recording, in seconds on the meeting's clock."""

    start_sample: int
    end_sample: int
    words: tuple[Word, ...] = ()
    rejected: tuple[RejectedText, ...] = ()
    language: str | None = None
    """ISO code of its first words."""
    failed: bool = False
    """The recognizer failed on this piece; the traceback is in the log."""
    speech_level_db: float | None = None
    """Level of its speech in dB of full scale; None where it was not measured."""
    heard: Heard = ()
    """Languages detected up to its end, the latest first; empty where one was given."""


def recognize_recording(
    read: ReadSamples,
    total_samples: int,
    recognizer: Recognizer,
    activity: Activity,
    options: OfflineRecognitionOptions | None = None,
    start_sample: int = 0,
) -> Iterator[PieceWords]:
    """Words of a recording of any length, piece by piece; stop iterating to cancel.

    Parameters
    ----------
    read : gives samples, shape (n_samples,), float32, 16 kHz; called with at most 28 s at a time
    total_samples : length of the recording
    activity : a voice activity detector for this call alone
    start_sample : end of the last piece of an earlier call, to resume it; 0 for all

    Yields
    ------
    PieceWords
        In order, without overlap. One on which the recognizer failed is logged and has no words.
    """
    pieces = cut_pieces(read, total_samples, activity, start_sample)
    yield from recognize_pieces(pieces, recognizer, options)


def recognize_pieces(
    pieces: Iterable[Piece],
    recognizer: Recognizer,
    options: OfflineRecognitionOptions | None = None,
    ended: bool = True,
) -> Iterator[PieceWords]:
    """Words of consecutive pieces of a recording, in order.

    As many pieces are recognized in parallel as the recognizer has workers.

    Parameters
    ----------
    ended : False while more pieces follow: the last ones are left out where their language is not
        decided without those
    """
    options = options or OfflineRecognitionOptions()
    gate = replace(options.gate or recognizer.info.gate, prompt=options.prompt)
    options = replace(options, gate=gate)
    languages = candidates(options.language)
    info = recognizer.info
    if len(languages) != 1 and len(info.languages) > 1 and info.detects_languages:
        split = split_by_language(pieces, recognizer, options.heard, languages, ended)
    else:
        split = in_one_language(pieces, only_language(options.language))
    recognize = partial(_recognize, recognizer=recognizer, options=options)
    yield from _in_parallel(recognize, split, recognizer.info.workers)


def _recognize(
    piece: SplitPiece, recognizer: Recognizer, options: OfflineRecognitionOptions
) -> PieceWords:
    whole = piece.whole
    try:
        found = [
            recognize_piece(each.piece, recognizer, replace(options, language=each.language))
            for each in piece.stretches
        ]
    except InferenceError:
        logger.exception("piece at sample %d failed", whole.start_sample)
        return PieceWords(whole.start_sample, whole.end_sample, failed=True, heard=piece.heard)
    if not piece.heard:
        return found[0]
    marked = [_marked(words, each) for words, each in zip(found, piece.stretches, strict=True)]
    return replace(_joined(whole, marked), heard=piece.heard)


def _marked(found: PieceWords, stretch: Stretch) -> PieceWords:
    """The words with the language that was detected for them."""
    words = tuple(replace(word, language=stretch.language) for word in found.words)
    return replace(found, words=words)


def _in_parallel(
    recognize: Callable[[SplitPiece], PieceWords], pieces: Iterable[SplitPiece], workers: int
) -> Iterator[PieceWords]:
    """Results in the order of the pieces; at most `workers` + 1 pieces are held at any time."""
    if workers <= 1:
        yield from map(recognize, pieces)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="recognize")
    waiting: deque[Future[PieceWords]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(recognize, piece))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def recognize_piece(
    piece: Piece, recognizer: Recognizer, options: OfflineRecognitionOptions, depth: int = 0
) -> PieceWords:
    """The words of one piece, recognized again in parts where it looped or left speech out.

    Parameters
    ----------
    depth : how often the piece was halved already

    Raises
    ------
    InferenceError
        The recognizer failed on it.
    """
    attempt = best_attempt(piece, recognizer, options)
    if attempt.recognition.truncated and depth < _MAX_DEPTH and len(piece.regions) > 1:
        return _joined(
            piece,
            [recognize_piece(half, recognizer, options, depth + 1) for half in _halves(piece)],
        )
    if not attempt.decision.accepted:
        return _rejected(piece, attempt)
    words = snapped(attempt.recognition.words, piece.regions)
    result = _on_clock(piece, words, attempt.recognition.language)
    if depth >= _MAX_DEPTH:
        return result
    gaps = [gap for gap in uncovered(words, piece.regions) if gap.length_samples >= MIN_GAP_SAMPLES]
    found = [recognize_piece(part_of(piece, gap), recognizer, options, _MAX_DEPTH) for gap in gaps]
    return _joined(piece, [result, *found])


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
        speech_level_db=piece.speech_level_db,
    )


def _seconds(piece: Piece, offset: float) -> float:
    """Seconds on the meeting's clock of an offset into a piece, rounded to a sample."""
    return (piece.start_sample + round(offset * SAMPLE_RATE)) / SAMPLE_RATE


def _rejected(piece: Piece, attempt: Attempt) -> PieceWords:
    words = attempt.recognition.words
    text = RejectedText(
        _seconds(piece, words[0].start),
        _seconds(piece, words[-1].end),
        attempt.recognition.text.strip(),
        str(attempt.decision.reason),
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
        speech_level_db=piece.speech_level_db,
    )


def _halves(piece: Piece) -> tuple[Piece, Piece]:
    """The piece, cut at the pause nearest to its middle."""
    middle = piece.samples.shape[0] // 2
    pauses = [
        (before.end_sample + after.start_sample) // 2
        for before, after in zip(piece.regions, piece.regions[1:], strict=False)
    ]
    cut = min(pauses, key=lambda pause: abs(pause - middle))
    whole = piece.samples.shape[0]
    return part_of(piece, Region(0, cut)), part_of(piece, Region(cut, whole))
