"""The offline bench's figures as Markdown tables or as JSON; `offline.run` prints them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from meetcore.benchmarks.offline.measured_pass import STAGES, Cost, PassRun
from meetcore.benchmarks.offline.score import FileFigures, ToolRow, own_rows
from meetcore.benchmarks.tables import finite, markdown_table, percent

HEADS = ("file", "WER", "cpWER", "DER", "speakers", *STAGES, "whole job")
TOOL_HEADS = ("tool", "WER", "rtf", "CPU-s per s", "peak RSS")


@dataclass(frozen=True, slots=True)
class WeightResults:
    """One weight: its pass, the figures of its files, the pooled ones last, and the peers'."""

    run: PassRun
    files: tuple[FileFigures, ...]
    peers: tuple[ToolRow, ...] = ()
    notes: tuple[str, ...] = ()
    """Why a peer is missing."""

    @property
    def tools(self) -> tuple[ToolRow, ...]:
        """The rows of the comparison; empty where no peer was asked for."""
        compared = bool(self.peers or self.notes)
        return (*own_rows(self.run, self.files[-1]), *self.peers) if compared else ()


def markdown(reports: Sequence[WeightResults]) -> str:
    """One heading line, a table of the files and one of the tools for each weight."""
    return "\n\n".join(map(_one_weight, reports)) + "\n"


def to_json(reports: Sequence[WeightResults]) -> str:
    """Everything measured, for other programs."""
    return json.dumps([finite(_plain(one)) for one in reports], indent=1, allow_nan=False) + "\n"


def _one_weight(report: WeightResults) -> str:
    run = report.run
    seconds = report.files[-1].audio_s
    heading = (
        f"**{run.models}**: {seconds:,.0f} s of audio, peak RSS {run.peak_rss_mib:,.0f} MiB,"
        f" loaded in {run.load_s:.1f} s; stages as rtf / CPU-s per audio second"
    )
    parts = [heading, markdown_table(HEADS, [_file_cells(figures) for figures in report.files])]
    if report.tools:
        parts.append(markdown_table(TOOL_HEADS, [_tool_cells(row) for row in report.tools]))
    return "\n\n".join([*parts, *report.notes])


def _file_cells(figures: FileFigures) -> list[str]:
    errors = (figures.words, figures.words_by_speaker, figures.turns)
    costs = [*(figures.costs[stage] for stage in STAGES), figures.whole]
    return [
        figures.name,
        *map(percent, errors),
        str(figures.speakers),
        *(_cost_cell(cost, figures.audio_s) for cost in costs),
    ]


def _cost_cell(cost: Cost, audio_s: float) -> str:
    return f"{cost.wall_s / audio_s:.3f} / {cost.cpu_s / audio_s:.3f}" if audio_s else "–"


def _tool_cells(row: ToolRow) -> list[str]:
    return [
        row.name,
        percent(row.words),
        f"{row.cost.wall_s / row.audio_s:.3f}" if row.audio_s else "–",
        f"{row.cost.cpu_s / row.audio_s:.3f}" if row.audio_s else "–",
        f"{row.peak_rss_mib:,.0f} MiB" if row.peak_rss_mib is not None else "the same",
    ]


def _plain(report: WeightResults) -> dict[str, Any]:
    run = report.run
    return {
        "models": run.models,
        "load_s": run.load_s,
        "peak_rss_mib": run.peak_rss_mib,
        "files": [_plain_file(figures) for figures in report.files],
        "tools": [_plain_tool(row) for row in report.tools],
        "notes": report.notes,
    }


def _plain_file(figures: FileFigures) -> dict[str, Any]:
    plain = asdict(figures)
    for name in ("words", "words_by_speaker", "turns"):
        errors = getattr(figures, name)
        if errors is not None:
            plain[name]["rate"] = errors.rate
    costs = {**figures.costs, "whole job": figures.whole}
    plain["costs"] = {name: _plain_cost(cost, figures.audio_s) for name, cost in costs.items()}
    return plain


def _plain_tool(row: ToolRow) -> dict[str, Any]:
    plain = asdict(row) | {"cost": _plain_cost(row.cost, row.audio_s)}
    if row.words is not None:
        plain["words"]["rate"] = row.words.rate
    return plain


def _plain_cost(cost: Cost, audio_s: float) -> dict[str, float]:
    seconds = audio_s or float("inf")
    return asdict(cost) | {
        "rtf": cost.wall_s / seconds,
        "cpu_s_per_audio_s": cost.cpu_s / seconds,
    }
