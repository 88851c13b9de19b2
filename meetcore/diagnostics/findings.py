"""The result of a diagnosis: findings with remedies, libraries, weights, and possible modes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.records import Mode


class Verdict(enum.StrEnum):
    """How bad a finding is."""

    GREEN = "green"
    """As it should be, or harmless."""
    AMBER = "amber"
    """Works, but less well, less safely, or not for long."""
    RED = "red"
    """Something the settings ask for does not work, or recordings are at risk."""


WORST_FIRST = (Verdict.RED, Verdict.AMBER, Verdict.GREEN)


class Area(enum.StrEnum):
    """What a finding is about, in the order of the Diagnostics page."""

    MODE = "mode"
    VERSIONS = "versions"
    WEIGHTS = "weights"
    HUB = "hub"
    DEVICE = "device"
    BROWSER = "browser"
    PRIVACY = "privacy"
    MACHINE = "machine"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a rule: what was found, what it means, and how to solve it."""

    rule: str
    """Id of the rule, for links: "introspection"."""
    verdict: Verdict
    area: Area
    title: str
    """A few words: "A weight is damaged"."""
    found: str
    """One sentence with what was found on this machine."""
    meaning: str
    """Why it happens and what it means."""
    command: str = ""
    """One shell command that solves it; empty where there is none, or nothing to solve."""
    advice: str = ""
    """What to do where no command solves it, or instead."""
    source: str = ""
    """A URL or a file of the repository that confirms it."""


@dataclass(frozen=True, slots=True)
class LibraryVersion:
    """A library that Meetcore uses: installed version and tested version."""

    name: str
    installed: str | None
    """None where it is not installed."""
    tested: str | None
    """None where constraints.txt does not list it."""
    verdict: Verdict
    note: str = ""
    """Why it is not green, or a detail of it: "FFmpeg 8.0"."""


class FileState(enum.StrEnum):
    """Whether a weight's file is the published one."""

    VERIFIED = "verified"
    """Its sha256 is that of the catalogue."""
    CONVERTED = "converted"
    """Converted on this machine from a verified file."""
    GIVEN = "given"
    """Given by path in the settings; there is no published sha256."""
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class WeightReport:
    """One weight that the settings use."""

    name: str
    role: str
    """For example "while people talk", "second pass", "who speaks when", "voices"."""
    state: FileState
    size: int = 0
    publisher: str = ""
    licence: str = ""
    sha256: str = ""
    checkpoint: CheckpointInfo | None = None
    verdict: Verdict = Verdict.GREEN
    note: str = ""


class RungState(enum.StrEnum):
    """Whether a mode is in use, possible, or not."""

    IN_FORCE = "in force"
    LEFT = "left"
    NOT_TRIED = "not tried"
    """A better mode is in use."""
    EXPECTED = "expected"
    """No model is loaded yet, but this mode should work."""


@dataclass(frozen=True, slots=True)
class RungReport:
    """One mode: its state, and for a mode that is not possible why and what to do."""

    mode: Mode
    state: RungState
    reason: str = ""
    command: str = ""
    rule: str = ""
    """Id of the rule that explains the reason."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything found so far, for the Diagnostics page and the command line."""

    headline: str = ""
    """The mode in words: "Words and speakers"."""
    why: str = ""
    """Why this mode, or these models."""
    mode: Mode | None = None
    findings: tuple[Finding, ...] = ()
    """Worst first."""
    libraries: tuple[LibraryVersion, ...] = ()
    weights: tuple[WeightReport, ...] = ()
    rungs: tuple[RungReport, ...] = ()
    pending: tuple[str, ...] = ()
    """What is still being examined: "hashing the weights"."""
    examined_at: datetime | None = None
    loaded: bool = False
    """Whether the mode is that of loaded models, or only expected."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all findings; green without any."""
        found = {finding.verdict for finding in self.findings}
        return next((verdict for verdict in WORST_FIRST if verdict in found), Verdict.GREEN)


def first_sentence(text: str) -> str:
    """The first sentence of a reason.

    >>> first_sentence("base.en is not here. Fetch it: run this.")
    'base.en is not here.'
    """
    begin, end, _ = text.partition(". ")
    return f"{begin}{end}".strip()
