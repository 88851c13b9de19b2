"""`bench offline --perturb N`: each file N times with changes that should not matter."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from meetcore.audio.media_files import read_audio
from meetcore.audio.wav_file import write_wav
from meetcore.benchmarks.offline.looped_recording import ReferencedFile
from meetcore.benchmarks.offline.measured_pass import PassConfig, PassRun, measure_passes
from meetcore.benchmarks.offline.score import FileFigures, scored
from meetcore.benchmarks.own_process import in_own_process
from meetcore.benchmarks.perturbation import perturbations
from meetcore.benchmarks.processor import processor
from meetcore.benchmarks.shifted_reference import shifted_reference
from meetcore.benchmarks.spread import spread
from meetcore.benchmarks.tables import ErrorRate, finite, markdown_table
from meetcore.records import Samples

HEADS = ("file", "WER %", "cpWER %", "DER %", "speakers", "CPU-s per s")
DECIMALS = (1, 1, 1, 1, 3)


def run(
    files: Sequence[ReferencedFile], weight: str, count: int, speakers: bool, as_json: bool
) -> str:
    """The table, or JSON, of one weight over all files."""
    changes = perturbations(count)
    with tempfile.TemporaryDirectory(prefix="meetcore-bench-") as folder:
        changed = [
            ReferencedFile(
                _written(each.file, number, change.of(read_audio(each.file)), Path(folder)),
                shifted_reference(each.reference, change.lead),
            )
            for each in files
            for number, change in enumerate(changes)
        ]
        config = PassConfig(tuple(each.file for each in changed), weight, speakers)
        done = in_own_process(measure_passes, config)
    rows = scored(done, [each.reference for each in changed])
    by_file = [rows[count * n : count * (n + 1)] for n in range(len(files))]
    names = [each.file.stem for each in files]
    if as_json:
        return _json(done, names, by_file)
    return _markdown(done, names, by_file)


def _written(file: Path, number: int, samples: Samples, folder: Path) -> Path:
    path = folder / f"{file.stem}-{number}.wav"
    write_wav(samples, path)
    return path


def _values(figures: FileFigures) -> tuple[float, ...]:
    """One number per column; NaN for what was not scored."""
    errors = (figures.words, figures.words_by_speaker, figures.turns)
    cost = figures.whole.cpu_s / figures.audio_s if figures.audio_s else math.nan
    return (*map(_percent, errors), float(figures.speakers), cost)


def _percent(errors: ErrorRate | None) -> float:
    return math.nan if errors is None else 100 * errors.rate


def _markdown(done: PassRun, names: Sequence[str], by_file: Sequence[Sequence[FileFigures]]) -> str:
    count = len(by_file[0])
    heading = f"**{done.models}**: {count} perturbed runs per file, mean ± spread; {processor()}"
    of_files = [[_values(figures) for figures in rows] for rows in by_file]
    table = [_row(name, rows) for name, rows in zip(names, of_files, strict=True)]
    if len(names) > 1:
        means = [
            tuple(spread(column).mean for column in zip(*same, strict=True))
            for same in zip(*of_files, strict=True)
        ]
        table.append(_row("mean of files", means))
    return f"{heading}\n\n{markdown_table(HEADS, table)}\n"


def _row(name: str, rows: Sequence[tuple[float, ...]]) -> list[str]:
    cells = [name]
    for column, decimals in zip(zip(*rows, strict=True), DECIMALS, strict=True):
        cells.append(spread(column).cell(decimals))
    return cells


def _json(done: PassRun, names: Sequence[str], by_file: Sequence[Sequence[FileFigures]]) -> str:
    keys = ("wer", "cpwer", "der", "speakers", "cpu_s_per_audio_s")
    plain = {
        "processor": processor(),
        "models": done.models,
        "files": [
            {"name": name, "runs": [dict(zip(keys, _values(row), strict=True)) for row in rows]}
            for name, rows in zip(names, by_file, strict=True)
        ],
    }
    return json.dumps(finite(plain), indent=1, allow_nan=False) + "\n"
