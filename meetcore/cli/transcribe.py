"""`python -m meetcore transcribe FILES…`: the app's pipeline and library, from the shell."""

from __future__ import annotations

import argparse
import logging
import re
import sys

from meetcore.cli.output import AUDIO, NAMES, STDOUT, refusal
from meetcore.cli.transcribe_batch import Order, work_off
from meetcore.records import JobOptions
from meetcore.settings import load_settings
from meetcore.weights.names import unknown_recognizer

EPILOG = """exit status: 0 all done, 1 a file failed, 2 wrong usage, 130 interrupted;
what was interrupted is kept, and `transcribe --resume ID` goes on with it"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare files and options."""
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("files", nargs="+", metavar="FILE", help="any audio or video")
    parser.add_argument(
        "--format", choices=[name for name in NAMES if name != AUDIO], default="txt"
    )
    parser.add_argument(
        "--output", default=STDOUT, metavar="FOLDER", help="folder or file; - prints (the default)"
    )
    people = parser.add_mutually_exclusive_group()
    people.add_argument("--speakers", type=int, metavar="N", help="exactly so many people")
    people.add_argument("--max-speakers", type=int, metavar="N", help="at most so many people")
    people.add_argument("--no-speakers", action="store_true", help="words only")
    parser.add_argument("--language", type=language, metavar="XX", help="ISO code, or auto")
    parser.add_argument("--recognizer", default="", metavar="WEIGHT", help="Whisper weight")
    parser.add_argument("--prompt", default="", metavar="TEXT", help="names and terms to expect")
    parser.add_argument("--title", metavar="TEXT", help="of the meeting; else the file's name")
    parser.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep the meeting in the library",
    )
    parser.add_argument(
        "--resume", action="store_true", help="FILEs are ids of meetings to go on with"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="say only what fails")
    parser.set_defaults(refuse=parser.error, log_level=logging.CRITICAL)


def run(arguments: argparse.Namespace) -> int:
    """Transcribe file after file; 1 if one failed, 130 when interrupted."""
    if reason := _wrong(arguments):
        arguments.refuse(reason)
    order = Order(
        items=tuple(arguments.files),
        resume=arguments.resume,
        format_name=arguments.format,
        output=arguments.output,
        options=_options(arguments),
        title=arguments.title,
        keep=arguments.keep,
        quiet=arguments.quiet,
    )
    return work_off(load_settings(), order)


def language(text: str) -> str | None:
    """An ISO code, for argparse; None detects it.

    >>> language("DE"), language("auto")
    ('de', None)
    """
    code = text.strip().lower()
    if code == "auto":
        return None
    if not re.fullmatch("[a-z]{2,3}", code):
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO code such as en or de")
    return code


def _wrong(arguments: argparse.Namespace) -> str:
    """What argparse cannot see, in one sentence; empty when all is well."""
    count = len(arguments.files)
    if arguments.title is not None and count > 1:
        return "--title names one meeting; transcribe the files one by one, or leave it out."
    for option in ("speakers", "max_speakers"):
        value = getattr(arguments, option)
        if value is not None and value < 1:
            return f"--{option.replace('_', '-')} is {value}; it must be at least 1."
    if reason := unknown_recognizer(arguments.recognizer):
        return reason
    return refusal(arguments.output, arguments.format, count, sys.stdout.isatty())


def _options(arguments: argparse.Namespace) -> JobOptions:
    return JobOptions(
        language=arguments.language,
        recognizer=arguments.recognizer,
        speakers=not arguments.no_speakers,
        n_speakers=arguments.speakers,
        max_speakers=arguments.max_speakers,
        prompt=arguments.prompt,
    )
