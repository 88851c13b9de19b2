"""`python -m meetcore bench diarization`: errors, cost and memory of diarization alone."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from meetcore.audio.media_files import iter_audio
from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.benchmarks.process_usage import UsageMeter
from meetcore.benchmarks.tables import markdown_table
from meetcore.diarization.diarizer import Diarizer
from meetcore.diarization.options import DiarizeOptions
from meetcore.errors import FormatError
from meetcore.metrics.der import DiarizationErrors, Span, diarization_errors
from meetcore.models.rungs import loaders_for
from meetcore.records import SAMPLE_RATE, Turn
from meetcore.settings import load_settings
from meetcore.thread_counts import limit_blas_threads
from meetcore.transcript.formats import rttm
from meetcore.transcript.formats.scoring_fields import seconds
from meetcore.weights.resolver import WeightResolver

HEADS = ("file", "DER", "missed", "false alarm", "confusion", "speakers", "rtf", "CPU-s per s")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one recording, or of several pooled."""

    name: str
    errors: DiarizationErrors
    found: int
    """Speakers that were found."""
    true: int
    """Speakers of the reference."""
    duration: float
    """Seconds of audio."""
    wall_s: float
    cpu_s: float

    @property
    def cells(self) -> tuple[str, ...]:
        """One row of the table; error shares are of the reference's speech."""
        errors = self.errors
        shares = (errors.missed, errors.false_alarm, errors.confusion)
        return (
            self.name,
            f"{100 * errors.rate:.1f} %",
            *(f"{100 * share / max(errors.total, 1e-9):.1f} %" for share in shares),
            f"{self.found} of {self.true}",
            f"{self.wall_s / self.duration:.3f}",
            f"{self.cpu_s / self.duration:.3f}",
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--reference",
        nargs="+",
        type=Path,
        required=True,
        metavar="RTTM",
        help="turns; an RTTM of several recordings names them by the files' stems",
    )
    parser.add_argument("--uem", type=Path, help="the regions to score; everything when absent")
    parser.add_argument("--speakers", type=int, metavar="N", help="tell it the exact number")
    parser.add_argument("--max-speakers", type=int, metavar="N", help="tell it the greatest number")
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")


def run(arguments: argparse.Namespace) -> int:
    """Diarize every file and print the figures; the exit status."""
    references = [_reference(file, arguments.reference) for file in arguments.files]
    scored = [_scored(file, arguments.uem) for file in arguments.files]
    try:
        wanted = DiarizeOptions(arguments.speakers, arguments.max_speakers)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    diarizer = _loaded()
    rows = []
    for file, turns, spans in zip(arguments.files, references, scored, strict=True):
        print(f"diarizing {file.name} …", file=sys.stderr)
        rows.append(_measured(diarizer, file, turns, spans, wanted))
    rows += [_pooled(rows)] if len(rows) > 1 else []
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        table = markdown_table(HEADS, [row.cells for row in rows])
        print(f"{diarizer.name}; peak RSS {UsageMeter().peak_rss_mib:.0f} MiB\n\n{table}")
    return 0


def _loaded() -> Diarizer:
    """The diarizer of the settings; a first pass over noise keeps loading out of the figures."""
    settings = load_settings()
    resolver = WeightResolver(settings.cache_dir, offline=settings.offline)
    diarizer = loaders_for(settings, resolver).diarizer(settings.diarizer)
    limit_blas_threads()
    noise = np.random.default_rng(0).normal(0.0, 0.1, 2 * SAMPLE_RATE).astype(np.float32)
    diarizer.diarize(lambda start, stop: noise[start:stop], len(noise))
    diarizer.embedding.embed(noise)
    return diarizer


def _measured(
    diarizer: Diarizer,
    file: Path,
    reference: Sequence[Turn],
    scored: Sequence[Span],
    wanted: DiarizeOptions,
) -> Figures:
    with _recording(file) as audio:
        total = audio.n_samples
        began, meter = time.perf_counter(), UsageMeter()
        with meter:
            found = diarizer.diarize(audio.read, total, wanted)
        wall_s = time.perf_counter() - began
    return Figures(
        name=file.stem,
        errors=diarization_errors(reference, found.turns, scored),
        found=found.speakers_found,
        true=len({turn.speaker for turn in reference}),
        duration=max(total / SAMPLE_RATE, 1e-3),
        wall_s=wall_s,
        cpu_s=meter.cpu_s,
    )


@contextmanager
def _recording(file: Path) -> Iterator[RecordingReader]:
    """The file decoded into a recording on disk, as a meeting's: memory does not grow with it."""
    with tempfile.TemporaryDirectory(prefix="meetcore-bench-") as folder:
        writer = RecordingWriter(Path(folder), fsync_s=60.0)
        for samples in iter_audio(file):
            writer.append(to_pcm(samples))
        writer.close()
        yield RecordingReader(Path(folder))


def _reference(file: Path, paths: Sequence[Path]) -> tuple[Turn, ...]:
    """The turns of one file: lines with its name, or all lines of an RTTM of the same name.

    Raises
    ------
    FormatError
        No RTTM has turns of it, or one cannot be read.
    """
    for path in paths:
        lines = _lines(path)
        own = [line for line in lines if line.split()[1:2] == [file.stem]]
        if own or path.stem == file.stem:
            return rttm.loads("\n".join(own or lines))
    raise FormatError(f"No reference has turns of {file.stem}.")


def _scored(file: Path, uem: Path | None) -> tuple[Span, ...]:
    """The scored regions of one file; empty for the whole file.

    Raises
    ------
    FormatError
        The UEM does not name the file, or a line of it is malformed.
    """
    if uem is None:
        return ()
    spans = []
    for number, line in enumerate(_lines(uem), start=1):
        fields = line.split()
        if fields[:1] == [file.stem]:
            if len(fields) < 4:
                raise FormatError(f"{uem.name}, line {number}: a UEM line has four fields.")
            spans.append(Span(seconds(fields[2], number), seconds(fields[3], number)))
    if not spans:
        raise FormatError(f"{uem.name} scores nothing of {file.stem}.")
    return tuple(spans)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} can't be read: {error}.") from error


def _pooled(rows: Sequence[Figures]) -> Figures:
    return Figures(
        name="all",
        errors=sum((row.errors for row in rows), DiarizationErrors()),
        found=sum(row.found for row in rows),
        true=sum(row.true for row in rows),
        duration=sum(row.duration for row in rows),
        wall_s=sum(row.wall_s for row in rows),
        cpu_s=sum(row.cpu_s for row in rows),
    )
