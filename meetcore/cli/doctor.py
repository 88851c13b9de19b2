"""`python -m meetcore doctor`: what is wrong here and how to mend it; 1 if something is red.

Needs nothing but Python: whatever else is broken is what it is asked about.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import shutil
import subprocess
import sys
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
"""Programs that put their input on the clipboard, each where its desktop has it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="everything, for machines")
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
    """Examine and tell; 1 if something is red."""
    facts = quick_facts()
    if not arguments.quick:
        _tell("Importing libraries and hashing weights, about 20 s (--quick leaves it out)…")
        facts = deep_facts(facts)
    diagnosis = diagnose(facts, datetime.now(UTC))
    if arguments.json:
        print(json.dumps(_plain(diagnosis), indent=1))
    elif arguments.report:
        text = report_text(diagnosis, facts.settings)
        print(text)
        _tell(_copied(text))
    else:
        print(table(diagnosis))
    passed = diagnosis.verdict is not Verdict.RED
    if arguments.self_test and facts.settings is not None:
        passed = _self_test(facts.settings) and passed
    return 0 if passed else 1


def _self_test(settings: Settings) -> bool:
    """Run the pipeline on the sample; False if a figure is red."""
    try:
        # What it stands on may be the very thing that is broken.
        from meetcore.diagnostics.selftest.run import run_self_test
    except ImportError as error:
        print(f"The self-test needs {error.name}. {REINSTALL}")
        return False
    board = ProgressBoard(sys.stderr)
    result = run_self_test(
        settings, lambda stage, part: board.show(Report("self-test", stage, part, f"{stage}…"))
    )
    board.close()
    print(
        f"\n{result.recognizer}, voices: {result.voices or 'none'}, rtf and errors on the sample:"
    )
    for each in result.measures:
        print(f"   {each.name:<34}{each.here:<10}{each.expected:<28}{each.judgement}")
    for note in filter(None, (*result.notes, result.remark)):
        print(f"   {note}")
    return result.verdict is not Verdict.RED


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _plain(value: Any) -> Any:
    """Records as JSON has them."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        plain = {each.name: _plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        return {**plain, "verdict": value.verdict.value} if isinstance(value, Diagnosis) else plain
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Path | datetime):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _copied(text: str) -> str:
    """Put text on the clipboard where a program for it is there; says how it went."""
    for program in CLIPBOARDS:
        if shutil.which(program[0]):
            done = subprocess.run(program, input=text.encode(), check=False, timeout=10)
            if done.returncode == 0:
                return "The report is on the clipboard."
    return "Copy the report from here: this terminal has no program for the clipboard."
