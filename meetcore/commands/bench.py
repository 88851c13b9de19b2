"""`python -m meetcore bench live …`: measure Meetcore on files whose words are known."""

from __future__ import annotations

import argparse

from meetcore.commands import bench_diarization, bench_live, bench_offline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benches and their options."""
    benches = parser.add_subparsers(dest="bench", metavar="BENCH", required=True)
    live = benches.add_parser("live", help="stream files at 1x through live meetings")
    bench_live.add_arguments(live)
    offline = benches.add_parser("offline", help="transcribe files as uploads and score them")
    bench_offline.add_arguments(offline)
    speakers = benches.add_parser("diarization", help="find the speakers of files and score them")
    bench_diarization.add_arguments(speakers)


def run(arguments: argparse.Namespace) -> int:
    """Run the bench that was asked for."""
    if arguments.bench == "diarization":
        return bench_diarization.run(arguments)
    if arguments.bench == "offline":
        return bench_offline.run(arguments)
    return bench_live.run(arguments)
