"""A rule: one known problem with symptom, cause, remedy and source, and how it is recognized.

`meetcore.diagnostics.rules.registry` lists all rules and says how to add one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area, Finding, Verdict
from meetcore.installation import IS_CLONE, command

PULL = f"{'.venv/bin/' if IS_CLONE else ''}{command('weights pull')}"
"""Fetches weights; the names of some may follow."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule's check found; made by `fine`, `harmless`, `amber` or `red`."""

    verdict: Verdict
    found: str
    """One sentence with the values found: "torch 2.6.0 with pyannote-audio 3.3.2."."""
    lost: str = ""
    """What does not work because of it: "words" (then speakers neither), "speakers", or ""."""
    command: str | None = None
    """Replaces the rule's command."""
    harmless: bool = False
    """Green, but it looks wrong; the finding explains why it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One known problem; all texts are read by users.

    Examples
    --------
    >>> def _clock(facts: Facts) -> Outcome | None:
    ...     return amber(facts.clock_trouble) if facts.clock_trouble else fine("The time fits.")
    >>> rule = Rule(
    ...     id="clock",
    ...     area=Area.MACHINE,
    ...     title="The clock is wrong",
    ...     symptom="Meetings are listed in the wrong order.",
    ...     cause="The clock is behind the time at which files were written.",
    ...     command="timedatectl set-ntp true",
    ...     source="https://www.freedesktop.org/software/systemd/man/latest/timedatectl.html",
    ...     check=_clock,
    ...     title_if_fine="Clock",
    ...     message_patterns=(r"certificate is not yet valid",),
    ... )
    >>> outcome = rule.check(Facts(clock_trouble="The clock says 1970."))
    >>> finding = rule.finding(outcome)
    >>> finding.title, finding.found, finding.command
    ('The clock is wrong', 'The clock says 1970.', 'timedatectl set-ntp true')
    >>> rule.explains("SSL: certificate is not yet valid")
    True
    """

    id: str
    """Used in links and bug reports; never change it."""
    area: Area
    title: str
    """The problem in a few words; title of an amber or red finding."""
    symptom: str
    """What a user sees or reads when the problem occurs."""
    cause: str
    """Why it happens and what it means, in one or two sentences."""
    source: str
    """A URL, or a file of this repository, that confirms the cause."""
    check: Callable[[Facts], Outcome | None]
    """Looks for the problem in the facts; None where they are not sufficient."""
    title_if_fine: str = ""
    """Title of a green finding; `title` where it is empty."""
    command: str = ""
    """One shell command that solves it; empty where there is none."""
    advice: str = ""
    """What to do where no command solves it, or instead of the command."""
    message_patterns: tuple[str, ...] = ()
    """Regular expressions of error messages that the rule explains; case is ignored."""
    is_general: bool = False
    """Whether it explains a message only where no other rule does."""

    def finding(self, outcome: Outcome) -> Finding:
        """The finding that a user reads about an outcome."""
        is_green = outcome.verdict is Verdict.GREEN
        is_explained = not is_green or outcome.harmless
        command = self.command if outcome.command is None else outcome.command
        return Finding(
            rule=self.id,
            verdict=outcome.verdict,
            area=self.area,
            title=(self.title if is_explained else self.title_if_fine) or self.title,
            found=outcome.found,
            meaning=self.cause if is_explained else "",
            command="" if is_green else command,
            advice="" if is_green else self.advice,
            source=self.source if is_explained else "",
        )

    def explains(self, message: str) -> bool:
        """Whether an error message matches one of the patterns."""
        return any(
            re.search(pattern, message, re.IGNORECASE | re.DOTALL)
            for pattern in self.message_patterns
        )


def message_only(facts: Facts) -> Outcome | None:
    """The check of a rule that only an error message can reveal; always None."""
    return None


def fine(found: str) -> Outcome:
    """Green: as it should be."""
    return Outcome(Verdict.GREEN, found)


def harmless(found: str) -> Outcome:
    """Green, with the explanation: it looks wrong, but nothing is lost."""
    return Outcome(Verdict.GREEN, found, harmless=True)


def amber(found: str, lost: str = "", command: str | None = None) -> Outcome:
    """Amber: works, but less well, less safely, or not for long."""
    return Outcome(Verdict.AMBER, found, lost, command)


def red(found: str, lost: str = "", command: str | None = None) -> Outcome:
    """Red: something the settings ask for does not work, or recordings are at risk."""
    return Outcome(Verdict.RED, found, lost, command)
