"""One row of what is known to go wrong: symptom, cause, remedy, source, and how to see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area, Finding, Verdict
from meetcore.installation import IS_CLONE, command

PULL = f"{'.venv/bin/' if IS_CLONE else ''}{command('weights pull')}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a rule saw in the facts."""

    verdict: Verdict
    found: str
    lost: str = ""
    """What cannot be had because of it: "words", "speakers"; empty for nothing."""
    command: str | None = None
    """Instead of the rule's."""
    harmless: bool = False
    """Green although it looks wrong: the cause is told."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A row; `look` gives None where it says nothing about these facts."""

    id: str
    area: Area
    title: str
    """Of a finding that is not green."""
    symptom: str
    """What a person sees or reads."""
    cause: str
    source: str
    look: Callable[[Facts], Seen | None]
    fine: str = ""
    """Title of a green finding."""
    command: str = ""
    advice: str = ""
    signs: tuple[str, ...] = ()
    """Regular expressions of messages that it explains."""
    general: bool = False
    """Explains a message only where no other rule does."""

    def finding(self, seen: Seen) -> Finding:
        """What a person reads of what was seen."""
        green = seen.verdict is Verdict.GREEN
        told = not green or seen.harmless
        return Finding(
            rule=self.id,
            verdict=seen.verdict,
            area=self.area,
            title=(self.title if told else self.fine) or self.title,
            found=seen.found,
            meaning=self.cause if told else "",
            command="" if green else self.command if seen.command is None else seen.command,
            advice="" if green else self.advice,
            source=self.source if told else "",
        )

    def explains(self, message: str) -> bool:
        """Whether a message is one of its signs."""
        return any(re.search(sign, message, re.IGNORECASE | re.DOTALL) for sign in self.signs)

    def as_finding(self, message: str) -> Finding:
        """The row itself, for a message somebody met."""
        seen = Seen(Verdict.AMBER, message)
        return self.finding(seen)


def unseen(facts: Facts) -> Seen | None:
    """For what only a message tells: the hub's answer, the browser's, a file's."""
    return None


def fine(found: str) -> Seen:
    """As it should be."""
    return Seen(Verdict.GREEN, found)


def harmless(found: str) -> Seen:
    """It looks wrong and is not."""
    return Seen(Verdict.GREEN, found, harmless=True)


def amber(found: str, lost: str = "", command: str | None = None) -> Seen:
    """Works, but less well."""
    return Seen(Verdict.AMBER, found, lost, command)


def red(found: str, lost: str = "", command: str | None = None) -> Seen:
    """Does not work, or is at risk."""
    return Seen(Verdict.RED, found, lost, command)
