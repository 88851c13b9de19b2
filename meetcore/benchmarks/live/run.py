"""`python -m meetcore bench live`: accuracy, latency and cost of live meetings.

Each configuration runs in its own process, so that its CPU time and memory are measured alone.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.live import perturbed_report
from meetcore.benchmarks.live.perturbed import PerturbedConfig, run_perturbed, variants_of
from meetcore.benchmarks.live.report import Result, markdown, to_json
from meetcore.benchmarks.live.score import figures, pool
from meetcore.benchmarks.live.stream import StreamLog, StreamOptions, run_stream
from meetcore.benchmarks.own_process import in_own_process
from meetcore.benchmarks.reference_alignment import ReferenceAligner
from meetcore.benchmarks.reference_files import references_for
from meetcore.metrics.live_log import ReferenceWord
from meetcore.metrics.reference import Reference, load_reference
from meetcore.records import SAMPLE_RATE
from meetcore.settings import Settings, load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--reference",
        nargs="+",
        type=Path,
        required=True,
        metavar="REF",
        help="FILE's words (.txt, .stm) and turns (.rttm); with several files, of the same name",
    )
    parser.add_argument("--weights", default="tiny.en", help="live weights, comma-separated")
    parser.add_argument("--final-weight", default="", help="weight of the second pass")
    parser.add_argument("--engines", default="auto", help="engines, comma-separated")
    parser.add_argument("--meetings", type=int, default=1, metavar="N", help="meetings at once")
    parser.add_argument(
        "--perturb",
        type=int,
        metavar="N",
        help="each file N times with other dither, level and beginning, on a virtual clock;"
        " mean and spread",
    )
    parser.add_argument(
        "--options", metavar="OPTIONS", help="with --perturb: such as step=1.0,hold=0.8"
    )
    parser.add_argument(
        "--against",
        metavar="OPTIONS",
        help="with --perturb: options or a weight to compare with, pair by pair",
    )
    parser.add_argument("--no-speakers", action="store_true", help="do not tell speakers apart")
    parser.add_argument("--json", action="store_true", help="print JSON, not tables")


def run(arguments: argparse.Namespace) -> int:
    """Measure every weight on every engine and print the figures; the exit status."""
    settings = load_settings()
    references = _references(arguments.files, arguments.reference)
    if arguments.perturb:
        return _run_perturbed(arguments, settings, references)
    pairs = itertools.product(arguments.weights.split(","), arguments.engines.split(","))
    logs = []
    for weight, engine in pairs:
        options = StreamOptions(
            files=tuple(arguments.files),
            weight=weight,
            engine=engine,
            meetings=max(arguments.meetings, 1),
            speakers=not arguments.no_speakers,
            final_weight=arguments.final_weight,
        )
        print(f"streaming with {weight} on {engine} …", file=sys.stderr)
        logs.append(in_own_process(_stream_here, options))
    words = _reference_words(settings, arguments.files, references)
    results = [_result(log, references, words) for log in logs]
    print(to_json(results) if arguments.json else markdown(results), end="")
    return 0


def _run_perturbed(
    arguments: argparse.Namespace, settings: Settings, references: dict[Path, Reference]
) -> int:
    variants = variants_of(arguments)
    config = PerturbedConfig(
        files=tuple(arguments.files),
        references=references,
        words=_reference_words(settings, arguments.files, references),
        variants=variants,
        count=arguments.perturb,
        speakers=not arguments.no_speakers,
        language=settings.language,
    )
    runs = run_perturbed(config)
    if arguments.json:
        print(perturbed_report.to_json(runs, variants), end="")
    else:
        print(perturbed_report.markdown(runs, variants, arguments.perturb), end="")
    return 0


def _references(files: list[Path], paths: list[Path]) -> dict[Path, Reference]:
    """The references by file; read before streaming, so that a wrong one fails at once."""
    durations = [read_audio(file).size / SAMPLE_RATE for file in files]
    groups = references_for(files, paths)
    return {
        file: load_reference(group, duration)
        for file, group, duration in zip(files, groups, durations, strict=True)
    }


def _stream_here(options: StreamOptions) -> StreamLog:
    """Load the models and stream every file. Runs in the child process."""
    from meetcore.benchmarks.live.service_meetings import open_service

    began = time.perf_counter()
    service = open_service(options)
    try:
        return run_stream(service, options, load_s=time.perf_counter() - began)
    finally:
        service.close()


def _reference_words(
    settings: Settings, files: list[Path], references: dict[Path, Reference]
) -> dict[Path, tuple[ReferenceWord, ...]]:
    """Times of the reference's words, for files with a reference of words."""
    known = {file: references[file].segments for file in files}
    if not any(known.values()):
        return {}
    aligner = ReferenceAligner(settings)
    return {
        file: aligner.word_times(read_audio(file), segments)
        for file, segments in known.items()
        if segments
    }


def _result(
    log: StreamLog,
    references: dict[Path, Reference],
    words: dict[Path, tuple[ReferenceWord, ...]],
) -> Result:
    rows = [
        figures(meeting, references[meeting.file], words.get(meeting.file))
        for meeting in log.meetings
    ]
    return Result(log, (*rows, pool(rows, "all")) if len(rows) > 1 else tuple(rows))
