"""A diagnosis as text: a table for a terminal, and a report without private data."""

from __future__ import annotations

import getpass
import re
import socket
import textwrap
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from meetcore.diagnostics.findings import Diagnosis, Finding, Verdict

if TYPE_CHECKING:
    from meetcore.settings import Settings

MARKS = {Verdict.GREEN: "ok", Verdict.AMBER: "!", Verdict.RED: "X"}
WIDTH = 96
TOKEN = re.compile(r"\bhf_\w+")
CREDENTIALS = re.compile(r"(\w+://)[^/\s@]+@")
QUOTED_PATH = re.compile(r"""(['"])(?:~|/|[A-Za-z]:\\|<[a-z ]+>/).*?\1""")
PATH = re.compile(
    r"(?:(?<=[\s'\"(=:,;])|^)(?:~|[A-Za-z]:)?(?:[/\\][^/\\\s'\":;,()]+){2,}[/\\]?"
    r"|<[a-z]+ ?[a-z]*>(?:[/\\][^/\\\s'\":;,()]+)+"
)
"""Paths with blanks are recognized only in quotes; those in the settings are replaced first."""
SHORTEST_PRIVATE = 4
"""Letters: replacing shorter names of users and machines would hit other words."""


def table(diagnosis: Diagnosis, details: bool = True) -> str:
    """The diagnosis for a terminal: problems first, then what is fine."""
    lines = [f"{diagnosis.headline}{_expected(diagnosis)}", *_wrapped(diagnosis.why), ""]
    bad = [each for each in diagnosis.findings if each.verdict is not Verdict.GREEN]
    for finding in bad:
        lines += [*_finding(finding), ""]
    good = [each for each in diagnosis.findings if each.verdict is Verdict.GREEN]
    for finding in good if details else ():
        meaning = f" {finding.meaning}" if finding.meaning else ""
        lines += _wrapped(f"{finding.title}: {finding.found}{meaning}", "ok ", "   ")
    if details:
        lines += ["", *_libraries(diagnosis), "", *_weights(diagnosis)]
    return "\n".join([*lines, "", _summary(bad, good)])


def report_text(diagnosis: Diagnosis, settings: Settings | None = None) -> str:
    """The diagnosis for a bug report: without names, words, tokens and paths of this machine."""
    return redacted(table(diagnosis), settings)


def redacted(text: str, settings: Settings | None = None) -> str:
    """A text with names, paths, tokens and credentials replaced by placeholders.

    >>> redacted("no file '/srv/ada/talk.wav', token hf_abc, db://me:pw@host/x")
    "no file '<path>', token <token>, db://<credentials>@host/x"
    """
    for private, placeholder in _private(settings).items():
        text = text.replace(private, placeholder)
    text = CREDENTIALS.sub(r"\1<credentials>@", TOKEN.sub("<token>", text))
    return PATH.sub("<path>", QUOTED_PATH.sub(r"\1<path>\1", text))


def _private(settings: Settings | None) -> Mapping[str, str]:
    """Private texts and their placeholders, longest first, so that no part of one is left."""
    found: dict[str, str] = {str(Path.home()): "<home>"}
    with suppress(OSError, KeyError):
        found[getpass.getuser()] = "<user>"
    found[socket.gethostname()] = "<machine>"
    if settings is not None:
        found |= {
            str(settings.data_dir): "<data folder>",
            str(settings.cache_dir): "<cache folder>",
        }
        for given in (settings.recognizer, settings.live_recognizer, settings.diarizer):
            if given.startswith(("/", "~", ".")) or Path(given).exists():
                found |= {given: "<given path>", Path(given).name: "<given file>"}
        if settings.remote_url:
            found |= {
                settings.remote_url: "<server>",
                urlsplit(settings.remote_url).netloc: "<server>",
            }
        if settings.database_url:
            found[settings.database_url] = "<database>"
    # The user name "root" is not private, and is part of other words.
    kept = {
        name: word
        for name, word in found.items()
        if len(name) >= SHORTEST_PRIVATE and name != "root"
    }
    return dict(sorted(kept.items(), key=lambda pair: -len(pair[0])))


def _expected(diagnosis: Diagnosis) -> str:
    return "" if diagnosis.loaded else " (expected; no model is loaded yet)"


def _finding(finding: Finding) -> Iterable[str]:
    yield f"{MARKS[finding.verdict]:<3}{finding.title}  [{finding.rule}]"
    yield from _wrapped(finding.found, "   ")
    yield from _wrapped(finding.meaning, "   ")
    if finding.command:
        yield f"   $ {finding.command}"
    yield from _wrapped(finding.advice, "   ")
    if finding.source:
        yield f"   source: {finding.source}"


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _libraries(diagnosis: Diagnosis) -> Iterable[str]:
    yield f"   {'library':<20}{'installed':<16}{'tested with':<14}"
    for each in diagnosis.libraries:
        versions = f"{each.installed or '-':<16}{each.tested or '-':<14}"
        yield f"{MARKS[each.verdict]:<3}{each.name:<20}{versions}{each.note}".rstrip()


def _weights(diagnosis: Diagnosis) -> Iterable[str]:
    if diagnosis.weights:
        yield f"   {'weight':<20}{'state':<16}{'written by'}"
    for each in diagnosis.weights:
        wrote = each.checkpoint.written_by if each.checkpoint else ()
        by = ", ".join(f"{library} {version}" for library, version in wrote)
        yield f"{MARKS[each.verdict]:<3}{each.name:<20}{each.state:<16}{by}".rstrip()


def _summary(bad: list[Finding], good: list[Finding]) -> str:
    reds = sum(each.verdict is Verdict.RED for each in bad)
    ambers = len(bad) - reds
    return f"{reds} to fix, {ambers} warning{'' if ambers == 1 else 's'}, {len(good)} fine."
