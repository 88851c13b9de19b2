"""The offline bench's figures: the transcripts of a pass are compared with their references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meetcore.benchmarks.offline.measured_pass import STAGES, Cost, FilePass, PassRun
from meetcore.benchmarks.offline.peers import PeerRun
from meetcore.benchmarks.pooling import pooled_errors
from meetcore.metrics.accuracy import accuracy
from meetcore.metrics.der import DiarizationErrors
from meetcore.metrics.reference import Reference
from meetcore.metrics.wer import WordErrors, word_errors


@dataclass(frozen=True, slots=True)
class FileFigures:
    """The figures of one file, or of several pooled; errors are None without a reference."""

    name: str
    audio_s: float
    costs: dict[str, Cost]
    """Of each stage."""
    speakers: int
    """Speakers that were found."""
    words: WordErrors | None
    words_by_speaker: WordErrors | None
    turns: DiarizationErrors | None

    @property
    def whole(self) -> Cost:
        """The cost of all stages."""
        return sum(self.costs.values(), Cost())


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One row of the comparison: a tool over all files."""

    name: str
    audio_s: float
    cost: Cost
    words: WordErrors | None
    peak_rss_mib: float | None
    """None where it equals that of the row above."""


def scored(run: PassRun, references: Sequence[Reference]) -> tuple[FileFigures, ...]:
    """The figures of each file; with several files, the pooled ones last."""
    rows = [_figures(one, ref) for one, ref in zip(run.passes, references, strict=True)]
    return (*rows, _pooled(rows)) if len(rows) > 1 else tuple(rows)


def own_rows(run: PassRun, figures: FileFigures) -> tuple[ToolRow, ...]:
    """Meetcore's rows of the comparison: the whole pass, and the stages that peers have too."""
    decoding, recognizing, *_ = (figures.costs[stage] for stage in STAGES)
    alone = "Meetcore, words alone, word times"
    whole = "Meetcore, whole job: word times and speakers"
    rss, errors, seconds = run.peak_rss_mib, figures.words, figures.audio_s
    words = ToolRow(alone, seconds, decoding + recognizing, errors, None)
    if not figures.costs[STAGES[2]].wall_s:
        return (ToolRow(alone, seconds, decoding + recognizing, errors, rss),)
    return (ToolRow(whole, seconds, figures.whole, errors, rss), words)


def peer_row(run: PeerRun, references: Sequence[Reference]) -> ToolRow:
    """A peer's row of the comparison."""
    pairs = zip(run.passes, references, strict=True)
    return ToolRow(
        run.name,
        sum(one.audio_s for one in run.passes),
        sum((one.cost for one in run.passes), Cost()),
        pooled_errors(
            word_errors(reference.text, one.text) if reference.segments is not None else None
            for one, reference in pairs
        ),
        run.peak_rss_mib,
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
    return FileFigures(
        name="all",
        audio_s=sum(row.audio_s for row in rows),
        costs={stage: sum((row.costs[stage] for row in rows), Cost()) for stage in STAGES},
        speakers=max(row.speakers for row in rows),
        words=pooled_errors(row.words for row in rows),
        words_by_speaker=pooled_errors(row.words_by_speaker for row in rows),
        turns=pooled_errors(row.turns for row in rows),
    )
