"""From what a pass wrote and what was really said to the figures of the offline bench."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from meetcore.benchmarks.offline.measured_pass import STAGES, Cost, FilePass, PassLog
from meetcore.benchmarks.offline.peers import PeerLog
from meetcore.metrics.accuracy import accuracy
from meetcore.metrics.der import DiarizationErrors
from meetcore.metrics.reference import Reference
from meetcore.metrics.words import WordErrors, word_errors


@dataclass(frozen=True, slots=True)
class FileFigures:
    """One file, or several put together; errors are None where nothing is known."""

    name: str
    audio_s: float
    costs: dict[str, Cost]
    """Of each stage."""
    speakers: int
    words: WordErrors | None
    words_by_speaker: WordErrors | None
    turns: DiarizationErrors | None

    @property
    def whole(self) -> Cost:
        """All stages together."""
        return sum(self.costs.values(), Cost())


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One tool over all files."""

    name: str
    audio_s: float
    cost: Cost
    words: WordErrors | None
    peak_rss_mib: float | None
    """None where it is that of the row above."""


def scored(log: PassLog, references: Sequence[Reference]) -> tuple[FileFigures, ...]:
    """One row for each file, and one for all where there are several."""
    rows = [_figures(one, ref) for one, ref in zip(log.passes, references, strict=True)]
    return (*rows, _pooled(rows)) if len(rows) > 1 else tuple(rows)


def own_rows(log: PassLog, figures: FileFigures) -> tuple[ToolRow, ...]:
    """The pass as a tool among others: all of it, and what the peers do of it."""
    decoding, recognizing, *_ = (figures.costs[stage] for stage in STAGES)
    alone = "Meetcore, words alone, word times"
    whole = "Meetcore, whole job: word times and speakers"
    rss, errors, seconds = log.peak_rss_mib, figures.words, figures.audio_s
    words = ToolRow(alone, seconds, decoding + recognizing, errors, None)
    if not figures.costs[STAGES[2]].wall_s:
        return (ToolRow(alone, seconds, decoding + recognizing, errors, rss),)
    return (ToolRow(whole, seconds, figures.whole, errors, rss), words)


def peer_row(log: PeerLog, references: Sequence[Reference]) -> ToolRow:
    """A peer over all files."""
    pairs = zip(log.passes, references, strict=True)
    return ToolRow(
        log.name,
        sum(one.audio_s for one in log.passes),
        sum((one.cost for one in log.passes), Cost()),
        _sum(
            word_errors(reference.text, one.text) if reference.segments is not None else None
            for one, reference in pairs
        ),
        log.peak_rss_mib,
    )


def _figures(one: FilePass, reference: Reference) -> FileFigures:
    found = accuracy(one.segments, one.turns or None, reference, one.audio_s)
    return FileFigures(
        one.file.stem,
        one.audio_s,
        one.costs,
        found.speakers,
        found.words,
        found.words_by_speaker,
        found.turns,
    )


def _pooled(rows: Sequence[FileFigures]) -> FileFigures:
    turns = [row.turns for row in rows if row.turns is not None]
    return FileFigures(
        name="all",
        audio_s=sum(row.audio_s for row in rows),
        costs={stage: sum((row.costs[stage] for row in rows), Cost()) for stage in STAGES},
        speakers=max(row.speakers for row in rows),
        words=_sum(row.words for row in rows),
        words_by_speaker=_sum(row.words_by_speaker for row in rows),
        turns=reduce(add, turns) if turns else None,
    )


def _sum(several: Iterable[WordErrors | None]) -> WordErrors | None:
    known = [errors for errors in several if errors is not None]
    return reduce(add, known) if known else None
