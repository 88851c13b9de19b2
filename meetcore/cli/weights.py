"""`weights {list,pull,add,verify}`: the models' weights and the cache that holds them."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.cli.table import table_lines, terminal_width
from meetcore.errors import WeightUnavailableError
from meetcore.installation import command
from meetcore.service.recognizer_menu import languages_text, recognizer_menu
from meetcore.settings import Settings, load_settings
from meetcore.text.sizes import size_text
from meetcore.weights.catalogue import Weight
from meetcore.weights.progress import Progress
from meetcore.weights.resolver import CacheState, WeightResolver

HEADINGS = ("weight", "role", "size", "languages", "speed", "licence", "cached", "default", "about")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the three actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="all weights, their licences, and which are cached")
    pull = actions.add_parser("pull", help="fetch weights; without names, the default ones")
    pull.add_argument("names", nargs="*", metavar="NAME")
    pull.add_argument(
        "--no-convert",
        action="store_true",
        help="leave conversions, which need torch, to a later pull",
    )
    add = actions.add_parser("add", help="copy files from elsewhere into the cache, verified")
    add.add_argument("files", nargs="+", type=Path, metavar="FILE")
    verify = actions.add_parser("verify", help="compute the checksums of cached weights again")
    verify.add_argument("names", nargs="*", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    """Run one action; 1 if a weight is missing or corrupt."""
    settings = load_settings()
    resolver = WeightResolver(settings.cache_dir, offline=settings.offline)
    if arguments.action == "list":
        return _list(settings, resolver)
    if arguments.action == "verify":
        return _verify(resolver, arguments.names)
    if arguments.action == "add":
        return _add(resolver, arguments.files)
    return pull(resolver, arguments.names, convert=not arguments.no_convert)


def _list(settings: Settings, resolver: WeightResolver) -> int:
    speeds = {each.name: each.speed_text for each in recognizer_menu(settings, resolver)}
    default = resolver.catalogue.default_names
    rows = [
        (
            weight.name,
            weight.role,
            size_words(weight),
            languages_text(weight.languages),
            speeds.get(weight.name, ""),
            weight.licence,
            "here" if resolver.cached(weight.name) else "not here",
            "default" if weight.name in default else "",
            weight.summary,
        )
        for weight in resolver.catalogue.weights.values()
    ]
    for line in table_lines(HEADINGS, rows, terminal_width(), wrapped=("about",), right=("size",)):
        print(line)
    return 0


def size_words(weight: Weight) -> str:
    """A weight's size, "about" where only the publisher has the exact one."""
    about = "" if weight.size else "about "
    return about + size_text(weight.expected_size)


def _add(resolver: WeightResolver, files: list[Path]) -> int:
    failed = False
    for file in files:
        try:
            weight = resolver.add(file)
        except WeightUnavailableError as error:
            failed = True
            print(error, file=sys.stderr)
        else:
            rest = "" if resolver.cached(weight.name) else "; its other files are still missing"
            print(f"{weight.name}: {file.name} added{rest}", file=sys.stderr)
    return 1 if failed else 0


def _verify(resolver: WeightResolver, names: list[str]) -> int:
    states = {name: resolver.verify(name) for name in names or resolver.catalogue.weights}
    for name, state in states.items():
        if names or state is not CacheState.MISSING:
            print(f"{name:<20}{state}")
    wrong = [name for name, state in states.items() if state is CacheState.CORRUPT]
    if wrong:
        print(
            f"Run `{command('weights pull ' + ' '.join(wrong))}` to replace what is corrupt.",
            file=sys.stderr,
        )
    missing = names and CacheState.MISSING in states.values()
    return 1 if wrong or missing else 0


def pull(resolver: WeightResolver, names: list[str], convert: bool = True) -> int:
    """Fetch weights and print how each ended; 1 if one could not be fetched."""
    with closing(ProgressBoard(sys.stderr)) as board:
        outcomes = resolver.pull(names, lambda p: board.show(fetch_report(p)), convert=convert)
    for name, error in outcomes.items():
        done = "ready" if resolver.cached(name) else "fetched, to be converted"
        print(error if error else f"{name}: {done}", file=sys.stderr)
    return 1 if any(outcomes.values()) else 0


def fetch_report(progress: Progress) -> Report:
    """A fetch's progress, for the board."""
    done, total = progress.done_bytes, progress.total_bytes
    detail = f"{size_text(done)} of {size_text(total)} from {progress.source}"
    return Report(progress.name, progress.source, done / total if total else 0.0, detail)
