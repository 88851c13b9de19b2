"""The figures of the perturbed live bench: mean ± spread per clip, and paired differences."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from meetcore.benchmarks.live.perturbed import PerturbedRun, rates
from meetcore.benchmarks.live.variants import Variant
from meetcore.benchmarks.processor import processor
from meetcore.benchmarks.spread import paired_interval, spread
from meetcore.benchmarks.tables import finite, markdown_table
from meetcore.metrics.live_log import percentiles

COLUMNS = (
    ("WER %", 1),
    ("cpWER %", 1),
    ("DER %", 1),
    ("latency median s", 2),
    ("latency p90 s", 2),
    ("CPU-s per s", 3),
)
"""Name and decimals of each value of `values`."""
HEADS = ("file", *(name for name, _ in COLUMNS))


def values(run: PerturbedRun) -> tuple[float, ...]:
    """One number per column; NaN for what was not measured."""
    latency = percentiles(run.latencies)
    cost = run.cpu_s / run.audio_s if run.audio_s else math.nan
    return (*rates(run), latency.median, latency.p90, cost)


def markdown(runs: Sequence[PerturbedRun], variants: Sequence[Variant], count: int) -> str:
    """A table for each variant, and one of their differences; each names the processor."""
    each = "1 perturbed run" if count == 1 else f"{count} perturbed runs"
    by_variant = [_values_by_file(runs, index) for index in range(len(variants))]
    parts = []
    for variant, found in zip(variants, by_variant, strict=True):
        heading = f"**{variant.name}**: {each} per clip, mean ± spread; {processor()}"
        rows = [_mean_row(file.stem, of_file) for file, of_file in found.items()]
        if len(rows) > 1:
            # Run number n of every clip has the same changes.
            together = [_means(same) for same in zip(*found.values(), strict=True)]
            rows.append(_mean_row("mean of clips", together))
        parts.append(f"{heading}\n\n{markdown_table(HEADS, rows)}")
    for variant, found in zip(variants[1:], by_variant[1:], strict=True):
        parts.append(_comparison((variants[0], variant), by_variant[0], found))
    return "\n\n".join(parts) + "\n"


def to_json(runs: Sequence[PerturbedRun], variants: Sequence[Variant]) -> str:
    """Every run with its text and latencies, for other programs."""
    plain = {
        "processor": processor(),
        "variants": [asdict(variant) for variant in variants],
        "runs": [{**asdict(run), "file": run.file.name} for run in runs],
    }
    return json.dumps(finite(plain), indent=1, allow_nan=False) + "\n"


Values = Mapping[Path, list[tuple[float, ...]]]


def _values_by_file(runs: Sequence[PerturbedRun], variant: int) -> Values:
    by_file: dict[Path, list[tuple[float, ...]]] = {}
    for run in runs:
        if run.variant == variant:
            by_file.setdefault(run.file, []).append(values(run))
    return by_file


def _means(rows: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    return tuple(spread(column).mean for column in zip(*rows, strict=True))


def _mean_row(name: str, rows: Sequence[tuple[float, ...]]) -> list[str]:
    cells = [name]
    for column, (_, decimals) in zip(zip(*rows, strict=True), COLUMNS, strict=True):
        cells.append(spread(column).cell(decimals))
    return cells


def _comparison(variants: tuple[Variant, Variant], first: Values, second: Values) -> str:
    heading = (
        f"**{variants[1].name} − {variants[0].name}**: paired differences, mean and 95 %"
        f" confidence interval; {processor()}"
    )
    differences = {
        file: [
            tuple(b - a for a, b in zip(one, other, strict=True))
            for one, other in zip(first[file], second[file], strict=True)
        ]
        for file in first
    }
    rows = [_interval_row(file.stem, [rows]) for file, rows in differences.items()]
    if len(rows) > 1:
        rows.append(_interval_row("mean of clips", list(differences.values())))
    return f"{heading}\n\n{markdown_table(HEADS, rows)}"


def _interval_row(name: str, groups: Sequence[Sequence[tuple[float, ...]]]) -> list[str]:
    cells = [name]
    for column, (_, decimals) in enumerate(COLUMNS):
        found = paired_interval([[row[column] for row in group] for group in groups])
        cells.append(found.cell(decimals))
    return cells
