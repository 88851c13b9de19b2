"""A diagnosis as text: as a table for a terminal, and without anything private for others."""

from __future__ import annotations

import getpass
import re
import socket
import textwrap
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

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
"""With its blanks only where it is quoted; what the settings name is struck before."""
LEAST_NAME = 3
"""Shorter names of users and machines would strike half the text."""


def table(diagnosis: Diagnosis, details: bool = True) -> str:
    """The whole diagnosis for a terminal: what is wrong first, then what is fine."""
    lines = [f"{diagnosis.headline}{_foreseen(diagnosis)}", *_wrapped(diagnosis.why), ""]
    bad = [each for each in diagnosis.findings if each.verdict is not Verdict.GREEN]
    for finding in bad:
        lines += [*_told(finding), ""]
    good = [each for each in diagnosis.findings if each.verdict is Verdict.GREEN]
    for finding in good if details else ():
        meaning = f" {finding.meaning}" if finding.meaning else ""
        lines += _wrapped(f"{finding.title}: {finding.found}{meaning}", "ok ", "   ")
    if details:
        lines += ["", *_libraries(diagnosis), "", *_weights(diagnosis)]
    return "\n".join([*lines, "", _summary(bad, good)])


def report_text(diagnosis: Diagnosis, settings: Settings | None = None) -> str:
    """The same, fit for a bug report: no names, words, tokens or paths of this machine."""
    return redacted(table(diagnosis), settings)


def redacted(text: str, settings: Settings | None = None) -> str:
    """Text without what tells who or where somebody is.

    >>> redacted("no file '/srv/ada/talk.wav', token hf_abc, db://me:pw@host/x")
    "no file '<path>', token <token>, db://<credentials>@host/x"
    """
    for private, instead in _private(settings).items():
        text = text.replace(private, instead)
    text = CREDENTIALS.sub(r"\1<credentials>@", TOKEN.sub("<token>", text))
    return PATH.sub("<path>", QUOTED_PATH.sub(r"\1<path>\1", text))


def _private(settings: Settings | None) -> Mapping[str, str]:
    """What must not be read, longest first so that no part of it stays."""
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
        if settings.database_url:
            found[settings.database_url] = "<database>"
    # "/root" as a home, or a user called "root", would strike words that say nothing of anybody.
    named = {
        name: word for name, word in found.items() if len(name) > LEAST_NAME and name != "root"
    }
    return dict(sorted(named.items(), key=lambda pair: -len(pair[0])))


def _foreseen(diagnosis: Diagnosis) -> str:
    return "" if diagnosis.loaded else " (foreseen; nothing is loaded)"


def _told(finding: Finding) -> Iterable[str]:
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
    return f"{reds} to mend, {len(bad) - reds} to know, {len(good)} fine."
