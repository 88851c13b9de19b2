"""`python -m meetcore COMMAND …`; each command is a module of meetcore.commands, loaded if asked.

A command's module has `add_arguments(parser)` and `run(arguments) -> int` (the exit status).
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from meetcore.errors import MeetcoreError

COMMANDS = (
    ("weights", "list, fetch and verify the weights Meetcore uses"),
    ("bench", "measure live and offline transcription on files with a reference"),
)
"""Names of the modules in meetcore.commands, and what `--help` says of them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status for the shell (0 is success)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser(words).parse_args(words)
    logging.basicConfig(
        level=logging.INFO if options.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        status: int = options.run(options)
    except MeetcoreError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with the arguments of the asked command only: the others stay unloaded."""
    parser = argparse.ArgumentParser(prog="python -m meetcore", description="Meetcore's tools.")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is being done")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    asked = next((word for word in words if not word.startswith("-")), None)
    for name, summary in COMMANDS:
        command = commands.add_parser(
            name, help=summary, description=f"{summary[:1].upper()}{summary[1:]}."
        )
        if name == asked:
            module = importlib.import_module(f"meetcore.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
