"""The offline bench's figures as Markdown tables, fit for the README, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from meetcore.benchmarks.live.report import finite, percent
from meetcore.benchmarks.offline.measured_pass import STAGES, Cost, PassLog
from meetcore.benchmarks.offline.score import FileFigures, ToolRow, own_rows

HEADS = ("file", "WER", "cpWER", "DER", "speakers", *STAGES, "whole job")
TOOL_HEADS = ("tool", "WER", "rtf", "CPU-s per s", "peak RSS")


@dataclass(frozen=True, slots=True)
class Section:
    """One weight: its pass, the figures of its files, the pooled ones last, and the peers."""

    log: PassLog
    files: tuple[FileFigures, ...]
    peers: tuple[ToolRow, ...] = ()
    notes: tuple[str, ...] = ()
    """Why a peer is missing."""

    @property
    def tools(self) -> tuple[ToolRow, ...]:
        """Everybody who heard the audio; nobody where nothing was compared."""
        compared = bool(self.peers or self.notes)
        return (*own_rows(self.log, self.files[-1]), *self.peers) if compared else ()


def markdown(sections: Sequence[Section]) -> str:
    """One heading line, a table of the files and one of the tools for each weight."""
    return "\n\n".join(map(_section, sections)) + "\n"


def to_json(sections: Sequence[Section]) -> str:
    """Everything measured, for other programs."""
    return json.dumps([finite(_plain(one)) for one in sections], indent=1, allow_nan=False) + "\n"


def _section(section: Section) -> str:
    log = section.log
    seconds = section.files[-1].audio_s
    heading = (
        f"**{log.models}**: {seconds:,.0f} s of audio, peak RSS {log.peak_rss_mib:,.0f} MiB,"
        f" loaded in {log.load_s:.1f} s; stages as rtf / CPU-s per audio second"
    )
    parts = [heading, _table(HEADS, [_file_cells(figures) for figures in section.files])]
    if section.tools:
        parts.append(_table(TOOL_HEADS, [_tool_cells(row) for row in section.tools]))
    return "\n\n".join([*parts, *section.notes])


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


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


def _plain(section: Section) -> dict[str, Any]:
    log = section.log
    return {
        "models": log.models,
        "load_s": log.load_s,
        "peak_rss_mib": log.peak_rss_mib,
        "files": [_plain_file(figures) for figures in section.files],
        "tools": [_plain_tool(row) for row in section.tools],
        "notes": section.notes,
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
