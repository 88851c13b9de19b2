"""`python -m meetcore bench offline`: words, speakers and cost of the pass over recordings."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from meetcore.benchmarks.offline.looped_audio import Clip, looped
from meetcore.benchmarks.offline.measured_pass import PassOrder, run_pass
from meetcore.benchmarks.offline.peers import PeerOrder, peers_here, run_peer
from meetcore.benchmarks.offline.report import Section, markdown, to_json
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
    parser.add_argument("--no-speakers", action="store_true", help="do not tell speakers apart")
    parser.add_argument(
        "--compare", action="store_true", help="let faster-whisper and openai-whisper hear it too"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, not tables")


def run(arguments: argparse.Namespace) -> int:
    """Measure every weight and print the figures."""
    peers = peers_here() if arguments.compare else ()
    clips = _clips(arguments.files, arguments.reference)
    with ExitStack() as stack:
        if arguments.repeat:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="meetcore-bench-"))
            clips = [looped(clips, arguments.repeat, Path(folder, "looped.wav"))]
        sections = [
            _section(weight, clips, not arguments.no_speakers, peers)
            for weight in arguments.weights.split(",")
        ]
    print(to_json(sections) if arguments.json else markdown(sections), end="")
    return 0


def _clips(files: Sequence[Path], paths: Sequence[Path]) -> list[Clip]:
    """Read before anything is measured, so that a mistake costs no time."""
    if not paths:
        return [Clip(file, Reference()) for file in files]
    return [
        Clip(file, load_reference(group))
        for file, group in zip(files, references_for(files, paths), strict=True)
    ]


def _section(weight: str, clips: Sequence[Clip], speakers: bool, peers: Sequence[str]) -> Section:
    files = tuple(clip.file for clip in clips)
    print(f"transcribing with {weight} …", file=sys.stderr)
    log = in_own_process(run_pass, PassOrder(files, weight, speakers))
    references = [clip.reference for clip in clips]
    rows, notes = [], []
    for name in peers:
        print(f"{name} hears it …", file=sys.stderr)
        try:
            peer = in_own_process(run_peer, PeerOrder(name, files, weight))
        except ModelUnavailableError as error:
            notes.append(str(error))
        else:
            rows.append(peer_row(peer, references))
    return Section(log, scored(log, references), tuple(rows), tuple(notes))
