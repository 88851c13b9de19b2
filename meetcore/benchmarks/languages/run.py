"""`python -m meetcore bench languages`: how soon a language is found, and each language's errors.

Files are named after their language (`de.ogg`, `ru-menu.wav`), with the words in a `.txt` beside.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from meetcore.benchmarks.languages.measure import (
    LENGTHS_S,
    ClipResult,
    LanguagesConfig,
    Look,
    clip_of,
    measure,
)
from meetcore.benchmarks.own_process import in_own_process
from meetcore.benchmarks.pooling import pooled_errors
from meetcore.benchmarks.tables import markdown_table, percent
from meetcore.text.languages import name_of

FOUND = {
    "of all languages": "any_language",
    "of those of the files": "of_all_files",
    "of two": "one_of_two",
    "decided by then": "decided",
}
"""Rows of the first table, with the field of Look that each counts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--weight", default="base", help="a multilingual weight")


def run(arguments: argparse.Namespace) -> int:
    """Measure all files and print the figures; the exit status."""
    clips = tuple(map(clip_of, arguments.files))
    print(f"transcribing with {arguments.weight} …", file=sys.stderr)
    results = in_own_process(measure, LanguagesConfig(clips, arguments.weight))
    print(markdown(results))
    return 0


def markdown(results: Sequence[ClipResult]) -> str:
    """Both tables."""
    looks = [(result.clip.language, look) for result in results for look in result.looks]
    heads = ("wrong after so much speech", *(f"{seconds:g} s" for seconds in LENGTHS_S))
    rows = [[name, *_wrong(looks, field)] for name, field in FOUND.items()]
    table = markdown_table(LANGUAGE_HEADS, map(_language_cells, _by_language(results)))
    return f"{markdown_table(heads, rows)}\n\n{table}"


LANGUAGE_HEADS = ("language", "clips", "seconds", "final", "live", "words in another language")


def _wrong(looks: Sequence[tuple[str, Look]], field: str) -> Iterator[str]:
    """For each length: how many clips are taken for another language, and of how many."""
    for seconds in LENGTHS_S:
        found = [
            (spoken, code)
            for spoken, look in looks
            if look.speech_s == seconds and (code := getattr(look, field)) is not None
        ]
        yield f"{sum(spoken != code for spoken, code in found)} of {len(found)}"


def _by_language(results: Sequence[ClipResult]) -> Iterator[list[ClipResult]]:
    for language in dict.fromkeys(result.clip.language for result in results):
        yield [result for result in results if result.clip.language == language]


def _language_cells(results: Sequence[ClipResult]) -> list[str]:
    return [
        name_of(results[0].clip.language),
        str(len(results)),
        f"{sum(result.seconds for result in results):.0f}",
        percent(pooled_errors(result.final for result in results)),
        percent(pooled_errors(result.live for result in results)),
        f"{sum(r.elsewhere for r in results)} of {sum(r.words for r in results)}",
    ]
