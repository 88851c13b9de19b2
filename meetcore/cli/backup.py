"""`backup FILE`: save database and recordings in one file, also while the app runs."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.service.make_backup import make_backup
from meetcore.settings import load_settings
from meetcore.text.sizes import size_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and whether an older one is replaced."""
    parser.add_argument("file", type=Path, metavar="FILE", help="where the backup is written")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(arguments: argparse.Namespace) -> int:
    """Write the backup, and print what it holds; 1 where a recording is not in it."""
    path: Path = arguments.file
    with closing(ProgressBoard(sys.stderr)) as board:
        contents = make_backup(
            load_settings(),
            path,
            lambda done: board.show(Report(path.name, "backup", done, "")),
            force=arguments.force,
        )
    print(
        f"{path}: {size_text(path.stat().st_size)}, the database and {contents.n_recordings}"
        " recordings, read again and found equal. Whoever has it can read all of it.",
        file=sys.stderr,
    )
    for meeting_id in contents.left_out:
        print(
            f"Meeting {meeting_id}: a file of its recording cannot be read, and is not in the"
            " backup. Check the disk and the access rights of its folder.",
            file=sys.stderr,
        )
    return 1 if contents.left_out else 0
