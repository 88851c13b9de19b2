"""`python -m meetcore bench {live,offline,diarization,store}`: what Meetcore reaches here."""

from __future__ import annotations

import argparse

from meetcore.commands import bench_diarization, bench_live, bench_offline, bench_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benches and their options."""
    benches = parser.add_subparsers(dest="bench", metavar="BENCH", required=True)
    live = benches.add_parser("live", help="stream files at 1x through live meetings")
    bench_live.add_arguments(live)
    offline = benches.add_parser("offline", help="transcribe files as uploads and score them")
    bench_offline.add_arguments(offline)
    speakers = benches.add_parser("diarization", help="find the speakers of files and score them")
    bench_diarization.add_arguments(speakers)
    library = benches.add_parser("store", help="ask a large library of made-up meetings")
    bench_store.add_arguments(library)


def run(arguments: argparse.Namespace) -> int:
    """Run the bench that was asked for."""
    benches = {
        "live": bench_live.run,
        "offline": bench_offline.run,
        "diarization": bench_diarization.run,
        "store": bench_store.run,
    }
    return benches[arguments.bench](arguments)
