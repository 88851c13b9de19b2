"""Splits the pieces of a recording where the language changes at a pause."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice

from meetcore.asr.language import (
    ENOUGH_TO_BEGIN_S,
    Heard,
    LanguageEvidence,
    decide,
    heard_after,
    language_evidence,
)
from meetcore.asr.offline.chunking import Piece
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.vad.activity import Region
from meetcore.errors import InferenceError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a piece that is in one language; None leaves the language to the engine."""

    piece: Piece
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SplitPiece:
    """A piece and its stretches, which cover it, in order."""

    whole: Piece
    stretches: tuple[Stretch, ...]
    heard: Heard = ()
    """Languages of the recording up to the end of the piece, the latest first."""


def in_one_language(pieces: Iterable[Piece], language: str | None) -> Iterator[SplitPiece]:
    """The pieces, whole and in a given language."""
    return (SplitPiece(piece, (Stretch(piece, language),)) for piece in pieces)


def split_by_language(
    pieces: Iterable[Piece],
    recognizer: Recognizer,
    heard: Heard = (),
    languages: Sequence[str] = (),
    ended: bool = True,
) -> Iterator[SplitPiece]:
    """The pieces, split at the pauses where the language changes.

    Parameters
    ----------
    heard : languages of the recording before the first piece, the latest first
    languages : ISO codes, one of which is spoken at any time; empty for any
    ended : False while more pieces follow; those at the end that wait for them are left out
    """
    waiting: list[_Examined] = []
    for piece in pieces:
        before = waiting[-1].language if waiting else next(iter(heard), None)
        waiting.append(_examined(piece, recognizer, languages, before))
        if heard or sum(each.speech_s for each in waiting) >= ENOUGH_TO_BEGIN_S:
            for split in _decided(waiting, heard):
                heard = split.heard
                yield split
            waiting.clear()
    if ended:
        yield from _decided(waiting, heard)


@dataclass(frozen=True, slots=True)
class _Examined:
    """A piece with the evidence of each of its regions; without any, no look at it worked."""

    piece: Piece
    regions: tuple[Region, ...]
    evidence: tuple[LanguageEvidence, ...] = ()

    @property
    def speech_s(self) -> float:
        return sum(each.speech_s for each in self.evidence)

    @property
    def language(self) -> str | None:
        """The likeliest of its last region."""
        return self.evidence[-1].likeliest if self.evidence else None


def _examined(
    piece: Piece, recognizer: Recognizer, languages: Sequence[str], before: str | None
) -> _Examined:
    regions = piece.regions or (Region(0, len(piece.samples)),)
    found: list[LanguageEvidence] = []
    try:
        for region in regions:
            samples = part_of(piece, region).samples
            found.append(language_evidence(samples, recognizer, languages, before))
            before = found[-1].likeliest
    except InferenceError:
        # The piece is recognized in the language before it; if that fails too, it is counted.
        logger.exception("no language was found at sample %d", piece.start_sample)
        return _Examined(piece, regions)
    return _Examined(piece, regions, tuple(found))


def _decided(examined: Sequence[_Examined], heard: Heard) -> Iterator[SplitPiece]:
    """The pieces, each split where its language changes; decided together."""
    languages = iter(decide([one for each in examined for one in each.evidence], heard))
    for each in examined:
        if not each.evidence:
            whole = Stretch(each.piece, next(iter(heard), None))
            yield SplitPiece(each.piece, (whole,), heard)
            continue
        mine = tuple(islice(languages, len(each.evidence)))
        heard = heard_after(heard, mine)
        yield SplitPiece(each.piece, tuple(_stretches(each.piece, each.regions, mine)), heard)


def _stretches(
    piece: Piece, regions: tuple[Region, ...], languages: tuple[str, ...]
) -> Iterator[Stretch]:
    """One stretch for consecutive regions of one language; cuts are in the middle of pauses."""
    runs = [
        (language, [region for _, region in run])
        for language, run in groupby(
            zip(languages, regions, strict=True), key=lambda decided: decided[0]
        )
    ]
    begin = 0
    for number, (language, run) in enumerate(runs):
        end = len(piece.samples)
        if number + 1 < len(runs):
            end = (run[-1].end_sample + runs[number + 1][1][0].start_sample) // 2
        whole = len(runs) == 1
        yield Stretch(piece if whole else part_of(piece, Region(begin, end)), language)
        begin = end


def part_of(piece: Piece, region: Region) -> Piece:
    """A region of a piece as a piece of its own."""
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
