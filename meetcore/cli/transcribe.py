"""`transcribe FILE…`: transcribe files as the app's upload page does, and keep the meetings."""

from __future__ import annotations

import argparse
import logging
import sys
from typing import Any

from meetcore.cli.input_files import STDIN
from meetcore.cli.output_place import AUDIO, NAMES, STDOUT, asked_format, refusal
from meetcore.cli.transcribe_batch import BatchRequest, transcribe_batch
from meetcore.records import JobOptions
from meetcore.settings import load_settings
from meetcore.text.languages import language_choice
from meetcore.weights.names import why_unknown_recognizer

EPILOG = """exit status: 0 all done, 1 a file failed, 2 wrong usage, 130 interrupted;
an interrupted meeting is kept, and `transcribe --resume ID` continues it"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files and options."""
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="an audio or video file; - is standard input"
    )
    parser.add_argument(
        "--format",
        choices=[name for name in NAMES if name != AUDIO],
        help="of the transcripts (default: the ending of --output, else txt)",
    )
    parser.add_argument(
        "--output", default=STDOUT, metavar="FOLDER", help="folder or file; - prints (the default)"
    )
    parser.add_argument("--force", action="store_true", help="replace files that exist")
    _add_people(parser)
    parser.add_argument(
        "--language",
        type=language,
        metavar="XX,XX",
        help="code or name of the language, or of the few that are spoken, or auto",
    )
    parser.add_argument(
        "--recognizer", default="", metavar="WEIGHT", help="Whisper weight, or a path to one"
    )
    parser.add_argument("--prompt", default="", metavar="TEXT", help="names and terms to expect")
    parser.add_argument(
        "--title", metavar="TEXT", help="title of the meeting (default: the file's name)"
    )
    parser.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep the meeting in the app's library",
    )
    parser.add_argument(
        "--resume", action="store_true", help="FILEs are ids of meetings to continue"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    parser.set_defaults(refuse=parser.error, log_level=logging.CRITICAL)


def _add_people(parser: argparse.ArgumentParser) -> None:
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--speakers", type=int, metavar="N", help="exact number of speakers")
    people.add_argument("--max-speakers", type=int, metavar="N", help="highest number of speakers")
    people.add_argument("--no-speakers", action="store_true", help="do not look for speakers")


def run(arguments: argparse.Namespace) -> int:
    """Transcribe one file after the other; 1 if one failed."""
    settings = load_settings(**_chosen(arguments))
    if reason := _usage_error(arguments):
        arguments.refuse(reason)
    request = BatchRequest(
        items=tuple(arguments.files),
        resume=arguments.resume,
        format_name=asked_format(arguments.format, arguments.output),
        output=arguments.output,
        force=arguments.force,
        options=_options(arguments),
        title=arguments.title,
        keep=arguments.keep,
        quiet=arguments.quiet,
    )
    return transcribe_batch(settings, request)


def language(text: str) -> str:
    """The codes of languages given as codes or names, for argparse; "auto" detects any.

    >>> language("DE"), language("German,en"), language("auto")
    ('de', 'de,en', 'auto')

    Raises
    ------
    argparse.ArgumentTypeError
        Whisper has no such language; argparse prints the usage.
    """
    try:
        return language_choice(text) or "auto"
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settings that the options replace.

    A meeting that is resumed keeps the options it began with.
    """
    if arguments.resume:
        return {}
    return {"recognizer": arguments.recognizer} if arguments.recognizer else {}


def _usage_error(arguments: argparse.Namespace) -> str:
    """What argparse cannot check, in one sentence; empty if nothing is wrong."""
    count = len(arguments.files)
    if arguments.title is not None and count > 1:
        return "--title names one meeting; transcribe the files one by one, or leave it out."
    for option in ("speakers", "max_speakers"):
        value = getattr(arguments, option)
        if value is not None and value < 1:
            return f"--{option.replace('_', '-')} is {value}; it must be at least 1."
    if reason := why_unknown_recognizer(arguments.recognizer):
        return reason
    if reason := _stdin_error(arguments):
        return reason
    name = asked_format(arguments.format, arguments.output)
    if name == AUDIO:
        return f"{arguments.output} is no name for a transcript; choose one of a text format."
    return refusal(arguments.output, name, count, sys.stdout.isatty(), arguments.force)


def _stdin_error(arguments: argparse.Namespace) -> str:
    """Why standard input cannot be read as asked; empty if it can, or is not asked for."""
    if STDIN not in arguments.files:
        return ""
    if arguments.resume:
        return "--resume takes ids of meetings; - is standard input."
    if arguments.files.count(STDIN) > 1:
        return "Standard input can be read once; give - one time."
    if sys.stdin is None or sys.stdin.isatty():
        return "- reads a recording from standard input; pipe one in, as in `… - < talk.mp3`."
    return ""


def _options(arguments: argparse.Namespace) -> JobOptions:
    return JobOptions(
        language=arguments.language,
        recognizer=arguments.recognizer,
        speakers=not arguments.no_speakers,
        n_speakers=arguments.speakers,
        max_speakers=arguments.max_speakers,
        prompt=arguments.prompt,
    )
