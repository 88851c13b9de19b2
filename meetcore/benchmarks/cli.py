"""`python -m meetcore bench {live,overload,offline,…}`: accuracy, cost and latency here.

meetcore.cli loads it as a command; each bench prints its figures.
"""

from __future__ import annotations

import argparse

from meetcore.benchmarks import diarization, overload, rolling, store
from meetcore.benchmarks.languages import run as bench_languages
from meetcore.benchmarks.live import run as bench_live
from meetcore.benchmarks.offline import run as bench_offline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benches and their options."""
    benches = parser.add_subparsers(dest="bench", metavar="BENCH", required=True)
    live = benches.add_parser("live", help="stream files at 1x through live meetings")
    bench_live.add_arguments(live)
    busy = benches.add_parser("overload", help="a live meeting that gets a part of one core")
    overload.add_arguments(busy)
    offline = benches.add_parser("offline", help="transcribe files as uploads and score them")
    bench_offline.add_arguments(offline)
    languages = benches.add_parser("languages", help="find the languages of files and score each")
    bench_languages.add_arguments(languages)
    follow = benches.add_parser("rolling", help="the second pass behind a growing recording")
    rolling.add_arguments(follow)
    speakers = benches.add_parser("diarization", help="find the speakers of files and score them")
    diarization.add_arguments(speakers)
    library = benches.add_parser("store", help="query a large library of made-up meetings")
    store.add_arguments(library)


def run(arguments: argparse.Namespace) -> int:
    """Run the bench that the arguments name; the exit status."""
    benches = {
        "live": bench_live.run,
        "overload": overload.run,
        "offline": bench_offline.run,
        "languages": bench_languages.run,
        "rolling": rolling.run,
        "diarization": diarization.run,
        "store": store.run,
    }
    return benches[arguments.bench](arguments)
