"""The command line, `meetcore COMMAND …` or `python -m meetcore COMMAND …`.

Each command is a module, imported only when it is asked for. It has `add_arguments(parser)` and
`run(arguments) -> int` (the exit status: 0 success, 1 something failed, 2 wrong usage). A command
that prints its errors itself sets `log_level` in the parser's defaults.
"""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import os
import sys
from collections.abc import Sequence

import meetcore
from meetcore import private_files
from meetcore.errors import MeetcoreError
from meetcore.installation import command
from meetcore.text.log_lines import write_one_line_records

COMMANDS = (
    ("run", "fetch missing weights and serve the app in the browser"),
    ("transcribe", "transcribe audio and video files with speakers"),
    ("meetings", "list, show, search, export and delete the meetings kept here"),
    ("backup", "save the database and all recordings in one file, also while the app runs"),
    ("restore", "take a backup, or a daily copy of the database, back"),
    ("check", "read the database and every recording, and repair what is damaged"),
    ("weights", "list, fetch and verify the models' weights"),
    ("doctor", "check this installation and say how to repair it"),
    ("bench", "measure live and offline transcription on files with a reference"),
)
"""Name and `--help` line of each command; its module is meetcore.cli.NAME."""
MODULES = {"bench": "meetcore.benchmarks.cli"}
"""Commands whose module is not in meetcore.cli."""
INTERRUPTED, PIPE_CLOSED = 130, 141
"""The exit statuses that shells report for SIGINT and SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status for the shell."""
    private_files.set_private_umask()
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(words).parse_args(words)
    level = getattr(options, "log_level", logging.WARNING)
    logging.basicConfig(
        level=logging.INFO if options.verbose else level,
        format="%(levelname)s %(name)s: %(message)s",
    )
    write_one_line_records()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A letter that the terminal's encoding lacks is printed as its code point.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except MeetcoreError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe (`… | head`); the interpreter's last flush must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """A parser that has the arguments of the command asked for; no other is imported."""
    parser = argparse.ArgumentParser(
        prog=command("").strip(), description="Who said what in your meetings, on your own machine."
    )
    parser.add_argument("--version", action="version", version=f"meetcore {meetcore.__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more to standard error")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS:
        subparser = commands.add_parser(
            name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}."
        )
        if name == asked:
            module = importlib.import_module(MODULES.get(name, f"meetcore.cli.{name}"))
            module.add_arguments(subparser)
            subparser.set_defaults(run=module.run)
    return parser
