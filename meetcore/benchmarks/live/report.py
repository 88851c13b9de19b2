"""The live bench's figures as Markdown tables or as JSON; `live.run` prints them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from meetcore.benchmarks.live.score import Figures
from meetcore.benchmarks.live.stream import StreamLog
from meetcore.benchmarks.tables import finite, markdown_table, percent
from meetcore.metrics.live_log import percentiles

HEADS = (
    "file",
    "WER live / final",
    "cpWER live / final",
    "DER live / final",
    "speakers",
    "final latency median / p90 / max",
    "first shown median / p90",
    "first text",
    "label lag median / p90",
    "revised",
    "longest freeze",
    "backlog / step max",
    "second pass rtf",
)


@dataclass(frozen=True, slots=True)
class Result:
    """One configuration: what was streamed, and the figures of its meetings, pooled ones last."""

    log: StreamLog
    rows: tuple[Figures, ...]


def markdown(results: Sequence[Result]) -> str:
    """One heading line and one table for each configuration."""
    return "\n\n".join(_section(result) for result in results) + "\n"


def to_json(results: Sequence[Result]) -> str:
    """Everything measured, with every single latency, for other programs."""
    plain = [finite(_plain(result)) for result in results]
    return json.dumps(plain, indent=1, allow_nan=False) + "\n"


def cpu_per_second(log: StreamLog) -> float:
    """CPU seconds of live recognition per second of audio."""
    return log.cpu_s / log.audio_s if log.audio_s else 0.0


def _section(result: Result) -> str:
    log = result.log
    many = f", {log.options.meetings} meetings at once" if log.options.meetings > 1 else ""
    heading = (
        f"**{log.models}**{many}: {cpu_per_second(log):.2f} CPU-s per audio s,"
        f" peak RSS {log.peak_rss_mib:,.0f} MiB, loaded in {log.load_s:.1f} s,"
        f" {log.audio_s:.0f} s of audio"
    )
    return heading + "\n\n" + markdown_table(HEADS, map(_row, result.rows))


def _row(figures: Figures) -> tuple[str, ...]:
    live, final = figures.provisional, figures.final
    errors = f", {figures.chunk_errors} errors" if figures.chunk_errors else ""
    return (
        figures.name,
        f"{percent(live.words)} / {percent(final.words)}",
        f"{percent(live.words_by_speaker)} / {percent(final.words_by_speaker)}",
        f"{percent(live.turns)} / {percent(final.turns)}",
        f"{live.speakers} / {final.speakers}",
        *_latency_cells(figures),
        f"{figures.max_backlog:.1f} / {figures.max_step:.1f} s{errors}",
        f"{figures.second_pass_s / figures.audio_s:.2f}",
    )


def _latency_cells(figures: Figures) -> tuple[str, str, str, str, str, str]:
    latency = figures.latency
    if latency is None:
        return ("–", "–", "–", "–", "–", "–")
    final, first, lag = (
        percentiles(values) for values in (latency.final, latency.first_shown, latency.label_lag)
    )
    return (
        f"{final.median:.2f} / {final.p90:.2f} / {final.maximum:.2f} s",
        f"{first.median:.2f} / {first.p90:.2f} s",
        f"{latency.first_text:.2f} s",
        f"{lag.median:.2f} / {lag.p90:.2f} s",
        f"{100 * latency.revised / max(latency.shown, 1):.0f} %",
        f"{latency.longest_freeze:.1f} s",
    )


def _plain(result: Result) -> dict[str, Any]:
    log = result.log
    return {
        "models": log.models,
        "weight": log.options.weight,
        "engine": log.options.engine,
        "meetings": log.options.meetings,
        "speakers": log.options.speakers,
        "audio_s": log.audio_s,
        "cpu_s_per_audio_s": cpu_per_second(log),
        "peak_rss_mib": log.peak_rss_mib,
        "load_s": log.load_s,
        "files": [_plain_figures(figures) for figures in result.rows],
    }


def _plain_figures(figures: Figures) -> dict[str, Any]:
    plain = asdict(figures)
    for stage in ("provisional", "final"):
        for name in ("words", "words_by_speaker", "turns"):
            errors = getattr(getattr(figures, stage), name, None)
            if errors is not None:
                plain[stage][name]["rate"] = errors.rate
    if figures.latency is not None:
        for name in ("final", "first_shown", "label_lag"):
            plain["latency"][f"{name}_spread"] = asdict(percentiles(getattr(figures.latency, name)))
    return plain
