"""What an examination gives: findings with their remedies, libraries, weights and rungs."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from meetcore.records import Mode


class Verdict(enum.StrEnum):
    """How a finding is to be taken."""

    GREEN = "green"
    """As it should be, or harmless."""
    AMBER = "amber"
    """Works, but less well, less safely, or not for long."""
    RED = "red"
    """Something the settings ask for does not work, or what is recorded is at risk."""


class Area(enum.StrEnum):
    """What a finding is about; the order is that of the page."""

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
    """One thing that was looked at: what was found, what it means, and how to mend it."""

    rule: str
    """Id of the rule that says it, for links: "introspection"."""
    verdict: Verdict
    area: Area
    title: str
    """A few words: "Speaker weight of another generation"."""
    found: str
    meaning: str
    command: str = ""
    """The one line that mends it, fit for a shell; empty when there is none, or no need."""
    advice: str = ""
    """What to do where no command does it."""
    source: str = ""
    """Who says so: a URL."""


@dataclass(frozen=True, slots=True)
class Library:
    """A library that matters, as installed and as tested; known without importing it."""

    name: str
    installed: str | None
    """None where it is not installed."""
    tested: str | None
    """None where constraints.txt doesn't name it."""
    verdict: Verdict
    note: str = ""
    """Why it isn't green, or what comes with it: "FFmpeg 8.0"."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a file of weights says of itself, read without running any code in it."""

    path: Path
    size: int = 0
    """Bytes."""
    container: str = "unknown"
    """How it is packed: "torch zip", "torch legacy", "safetensors", "onnx", "ggml", …"""
    kind: str = ""
    """What it holds, where that can be told: "pyannote.audio model", "openai-whisper model"."""
    written_by: tuple[tuple[str, str], ...] = ()
    """Libraries and versions stored in it: ("pyannote.audio", "3.1.1"), ("torch", "2.1.1"), …"""
    has_introspection: bool | None = None
    """Whether the key is there that pyannote.audio 2.x wants; None for other kinds."""
    architecture: str = ""
    """Class it builds: "pyannote.audio.models.segmentation.PyanNet.PyanNet"."""
    precision: tuple[str, ...] = ()
    """Number formats of its tensors: ("float32",)."""
    n_tensors: int = 0
    n_parameters: int = 0
    code: tuple[str, ...] = ()
    """Python names a normal load would import besides tensors and plain containers."""
    trouble: str = ""
    """Why it could not be read, one sentence with the next step."""

    def version_of(self, library: str) -> str | None:
        """The version of a library that wrote it."""
        return dict(self.written_by).get(library)


class FileState(enum.StrEnum):
    """What is known of a weight's file."""

    VERIFIED = "verified"
    """Its sha256 is the catalogue's."""
    CONVERTED = "converted"
    """Made here from a file whose sha256 was the catalogue's."""
    GIVEN = "given"
    """A path of the user's; nobody published its sha256."""
    MISSING = "missing"
    CORRUPT = "corrupt"


@dataclass(frozen=True, slots=True)
class WeightReport:
    """One weight in use."""

    name: str
    role: str
    """For example "while people talk", "second pass", "who speaks when", "voices"."""
    state: FileState
    size: int = 0
    publisher: str = ""
    licence: str = ""
    sha256: str = ""
    checkpoint: Checkpoint | None = None
    verdict: Verdict = Verdict.GREEN
    note: str = ""


class RungState(enum.StrEnum):
    """Where the identifier stands with a rung."""

    IN_FORCE = "in force"
    LEFT = "left"
    NOT_TRIED = "not tried"
    """A better one holds."""
    FORESEEN = "foreseen"
    """Nothing is loaded, but this one should hold."""


@dataclass(frozen=True, slots=True)
class RungReport:
    """One rung of the identifier."""

    mode: Mode
    state: RungState
    reason: str = ""
    command: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything an examination found so far; frozen, for a page or a table."""

    headline: str = ""
    """The mode in force, or foreseen, in words."""
    why: str = ""
    mode: Mode | None = None
    findings: tuple[Finding, ...] = ()
    """Worst first."""
    libraries: tuple[Library, ...] = ()
    weights: tuple[WeightReport, ...] = ()
    rungs: tuple[RungReport, ...] = ()
    pending: tuple[str, ...] = ()
    """What is still being looked at: "hashing the weights"."""
    examined_at: datetime | None = None
    loaded: bool = field(default=False)
    """Whether the mode is that of loaded models; else it is only foreseen."""

    @property
    def verdict(self) -> Verdict:
        """The worst there is."""
        seen = {finding.verdict for finding in self.findings}
        for verdict in (Verdict.RED, Verdict.AMBER):
            if verdict in seen:
                return verdict
        return Verdict.GREEN


def first_sentence(text: str) -> str:
    """What a long reason begins with, for where there is room for no more.

    >>> first_sentence("base.en is not here. Fetch it: run this.")
    'base.en is not here.'
    """
    begin, end, _ = text.partition(". ")
    return f"{begin}{end}".strip()
