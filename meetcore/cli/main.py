"""`python -m meetcore COMMAND …`; each command is a module of meetcore.cli, loaded when asked for.

A command's module has `add_arguments(parser)` and `run(arguments) -> int` (the exit status:
0 all went well, 1 something failed, 2 wrong usage). One that says itself what fails sets
`log_level` in the parser's defaults.
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
from meetcore.errors import MeetcoreError
from meetcore.installation import command

COMMANDS = (
    ("run", "fetch missing weights and serve the app in the browser"),
    ("transcribe", "write down who said what in audio and video files"),
    ("meetings", "list, show, export, delete and search the meetings kept here"),
    ("weights", "list, fetch and verify the weights Meetcore uses"),
    ("doctor", "say what is wrong with this installation and how to mend it"),
    ("bench", "measure live and offline transcription on files with a reference"),
)
"""Names of the commands, and what `--help` says of them; a command is a module of meetcore.cli."""
MODULES = {"bench": "meetcore.benchmarks.cli"}
"""Commands that live elsewhere."""
INTERRUPTED, PIPE_CLOSED = 130, 141
"""What a shell reports of a program that SIGINT or SIGPIPE ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status for the shell (0 is success)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(words).parse_args(words)
    level = getattr(options, "log_level", logging.WARNING)
    logging.basicConfig(
        level=logging.INFO if options.verbose else level,
        format="%(levelname)s %(name)s: %(message)s",
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a letter shows its number; that is no reason to stop.
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
        # Who read has had enough (`… | head`); the interpreter's own last flush must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return status


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the arguments of the asked command only: the others stay unloaded."""
    parser = argparse.ArgumentParser(prog=command("").strip(), description="Meetcore's tools.")
    parser.add_argument("--version", action="version", version=f"meetcore {meetcore.__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is being done")
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
