"""`restore FILE`: take a backup, or a daily copy of the database, back."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.service.restore_backup import restore_backup
from meetcore.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and whether what is there is replaced."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a backup, or a copy of the database from the data folder's folder copies",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace the meetings there are; they are kept beside, in a folder of their own",
    )


def run(arguments: argparse.Namespace) -> int:
    """Take the file back, and print what it held."""
    settings, path = load_settings(), arguments.file
    with closing(ProgressBoard(sys.stderr)) as board:
        contents = restore_backup(
            settings,
            path,
            lambda done: board.show(Report(path.name, "restore", done, "")),
            force=arguments.force,
        )
    print(
        f"{settings.data_dir}: the database and {contents.n_recordings} recordings are back.",
        file=sys.stderr,
    )
    return 0
