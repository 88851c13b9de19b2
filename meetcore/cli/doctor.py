"""`doctor`: check this installation and say how to repair it; exit status 1 if something is red.

It starts with the standard library alone, since any other package may be the broken one.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meetcore.cli.progress_bar import ProgressBoard, Report
from meetcore.diagnostics.diagnose import diagnose
from meetcore.diagnostics.facts.gather import deep_facts, quick_facts
from meetcore.diagnostics.findings import Diagnosis, Verdict
from meetcore.diagnostics.report import report_text, table
from meetcore.installation import REINSTALL

if TYPE_CHECKING:
    from meetcore.settings import Settings

CLIPBOARDS = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
    ("pbcopy",),
    ("clip.exe",),
)
"""Programs that copy their input to the clipboard; desktops have different ones."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print everything as JSON")
    how.add_argument(
        "--report",
        action="store_true",
        help="for a bug report: no names, words, tokens or paths; copied to the clipboard too",
    )
    parser.add_argument(
        "--quick", action="store_true", help="import nothing and trust earlier checksums"
    )
    parser.add_argument(
        "--self-test", action="store_true", help="transcribe the sample conversation as well"
    )


def run(arguments: argparse.Namespace) -> int:
    """Examine the installation and print the diagnosis; 1 if something is red."""
    facts = quick_facts()
    if not arguments.quick:
        _print_aside("Importing libraries and hashing weights, about 20 s (--quick leaves it out)…")
        facts = deep_facts(facts)
    diagnosis = diagnose(facts, datetime.now(UTC))
    if arguments.json:
        print(json.dumps(_jsonable(diagnosis), indent=1))
    elif arguments.report:
        text = report_text(diagnosis, facts.settings)
        print(text)
        _print_aside(_copy_to_clipboard(text))
    else:
        print(table(diagnosis))
    passed = diagnosis.verdict is not Verdict.RED
    if arguments.self_test and facts.settings is not None:
        passed = _self_test(facts.settings) and passed
    return 0 if passed else 1


def _self_test(settings: Settings) -> bool:
    """Transcribe the sample conversation and print the measures; False if one is red."""
    try:
        # A package that it needs may be the broken one.
        from meetcore.cli.table import table_lines
        from meetcore.diagnostics.selftest.run import run_self_test
    except ImportError as error:
        print(f"The self-test needs {error.name}. {REINSTALL}")
        return False
    with closing(ProgressBoard(sys.stderr)) as board:
        result = run_self_test(
            settings, lambda stage, part: board.show(Report("self-test", stage, part, stage))
        )
    print(
        f"\n{result.recognizer}, voices: {result.voices or 'none'}, rtf and errors on the sample:"
    )
    rows = [(each.name, each.here, each.expected, each.judgement) for each in result.measures]
    for line in table_lines(("measure", "here", "expected", "judgement"), rows):
        print(f"   {line}")
    for note in filter(None, (*result.notes, result.remark)):
        print(f"   {note}")
    return result.verdict is not Verdict.RED


def _print_aside(text: str) -> None:
    print(text, file=sys.stderr)


def _jsonable(value: Any) -> Any:
    """A record as dicts, lists and strings, for JSON."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            each.name: _jsonable(getattr(value, each.name)) for each in dataclasses.fields(value)
        }
        return (
            {**fields, "verdict": value.verdict.value} if isinstance(value, Diagnosis) else fields
        )
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path | datetime):
        return str(value)
    if isinstance(value, tuple):
        return [_jsonable(each) for each in value]
    return value


def _copy_to_clipboard(text: str) -> str:
    """Copy text to the clipboard with the first program that works; a sentence on how it went."""
    for program in CLIPBOARDS:
        if shutil.which(program[0]):
            done = subprocess.run(program, input=text.encode(), check=False, timeout=10)
            if done.returncode == 0:
                return "The report is on the clipboard."
    return "Copy the report from here: this terminal has no program for the clipboard."
