"""`python -m meetcore bench offline`: accuracy and cost of transcribing files as uploads."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from meetcore.benchmarks.offline import levels_sweep, perturbed
from meetcore.benchmarks.offline.looped_recording import ReferencedFile, looped
from meetcore.benchmarks.offline.measured_pass import PassConfig, measure_passes
from meetcore.benchmarks.offline.peers import PeerConfig, installed_peers, run_peer
from meetcore.benchmarks.offline.report import WeightResults, markdown, to_json
from meetcore.benchmarks.offline.score import peer_row, scored
from meetcore.benchmarks.own_process import in_own_process
from meetcore.benchmarks.reference_files import references_for
from meetcore.errors import ModelUnavailableError
from meetcore.metrics.reference import Reference, load_reference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--reference",
        nargs="+",
        type=Path,
        default=[],
        metavar="REF",
        help="FILE's words (.txt, .stm) and turns (.rttm); with several files, of the same name",
    )
    parser.add_argument("--weights", default="tiny.en", help="weights, comma-separated")
    parser.add_argument(
        "--repeat", type=float, metavar="SECONDS", help="all files, looped to one long recording"
    )
    parser.add_argument(
        "--perturb",
        type=int,
        metavar="N",
        help="each file N times with other dither, level and beginning; mean and spread",
    )
    parser.add_argument("--no-speakers", action="store_true", help="do not tell speakers apart")
    parser.add_argument(
        "--compare",
        action="store_true",
        help="transcribe with faster-whisper and openai-whisper too",
    )
    levels_sweep.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, not tables")


def run(arguments: argparse.Namespace) -> int:
    """Measure every weight and print the figures; the exit status."""
    peers = installed_peers() if arguments.compare else ()
    files = _referenced(arguments.files, arguments.reference)
    if arguments.levels is not None:
        return levels_sweep.run(arguments, files)
    if arguments.perturb:
        for weight in arguments.weights.split(","):
            speakers, as_json = not arguments.no_speakers, arguments.json
            print(perturbed.run(files, weight, arguments.perturb, speakers, as_json))
        return 0
    with ExitStack() as stack:
        if arguments.repeat:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="meetcore-bench-"))
            files = [looped(files, arguments.repeat, Path(folder, "looped.wav"))]
        reports = [
            _measured(weight, files, not arguments.no_speakers, peers)
            for weight in arguments.weights.split(",")
        ]
    print(to_json(reports) if arguments.json else markdown(reports), end="")
    return 0


def _referenced(files: Sequence[Path], paths: Sequence[Path]) -> list[ReferencedFile]:
    """The files with their references; read before measuring, so that a wrong one fails at once."""
    if not paths:
        return [ReferencedFile(file, Reference()) for file in files]
    return [
        ReferencedFile(file, load_reference(group))
        for file, group in zip(files, references_for(files, paths), strict=True)
    ]


def _measured(
    weight: str, referenced: Sequence[ReferencedFile], speakers: bool, peers: Sequence[str]
) -> WeightResults:
    """Transcribe all files with one weight, and with the peers; each in a process of its own."""
    files = tuple(each.file for each in referenced)
    print(f"transcribing with {weight} …", file=sys.stderr)
    done = in_own_process(measure_passes, PassConfig(files, weight, speakers))
    references = [each.reference for each in referenced]
    rows, notes = [], []
    for name in peers:
        print(f"transcribing with {name} …", file=sys.stderr)
        try:
            peer = in_own_process(run_peer, PeerConfig(name, files, weight))
        except ModelUnavailableError as error:
            notes.append(str(error))
        else:
            rows.append(peer_row(peer, references))
    return WeightResults(done, scored(done, references), tuple(rows), tuple(notes))
