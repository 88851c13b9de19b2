"""`check`: read the database and every recording, and say, or repair, what is damaged."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack, closing

from filelock import FileLock, Timeout

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.errors import MeetcoreError
from meetcore.installation import command
from meetcore.private_files import FILE_MODE
from meetcore.service.check_data import CheckResult, check_data
from meetcore.settings import load_settings

FINE, DAMAGED, NOT_CHECKED = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whether to repair."""
    parser.add_argument(
        "--repair",
        action="store_true",
        help="mend damaged entries, rebuild the search, and give recordings without a meeting one;"
        " no audio is deleted, and a damaged database file is kept beside",
    )
    parser.epilog = "Exit status: 0 all is well, 1 something is damaged, 2 it could not be checked."


def run(arguments: argparse.Namespace) -> int:
    """Check, print each problem as a line; 0, 1 or 2."""
    try:
        settings = load_settings()
        with ExitStack() as stack:
            if arguments.repair:
                lock = FileLock(settings.data_dir / "owner.lock", timeout=0, mode=FILE_MODE)
                stack.enter_context(lock)
            board = stack.enter_context(closing(ProgressBoard(sys.stderr)))
            result = check_data(
                settings,
                lambda what, done: board.show(Report(what, what, done, "")),
                repair=arguments.repair,
            )
    except Timeout:
        print("Meetcore is running. Stop it, then repair.", file=sys.stderr)
        return NOT_CHECKED
    except (MeetcoreError, OSError) as error:
        print(error, file=sys.stderr)
        return NOT_CHECKED
    return _print(result)


def _print(result: CheckResult) -> int:
    for line in result.repaired:
        print(f"Repaired: {line}")
    for line in result.problems:
        print(line)
    print(
        f"{result.n_meetings} meetings and {result.n_recordings} recordings were read;"
        f" {len(result.problems)} problems.",
        file=sys.stderr,
    )
    if result.problems:
        print(
            f"`{command('check --repair')}` mends what can be; recordings come back from a backup"
            f" only (`{command('restore FILE')}`).",
            file=sys.stderr,
        )
    return DAMAGED if result.problems else FINE
