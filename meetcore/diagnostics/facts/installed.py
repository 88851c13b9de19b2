"""Which libraries are installed and which were tested, known without importing any of them."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from meetcore.installation import CONSTRAINTS

TESTED_PYTHON = "3.11"


@dataclass(frozen=True, slots=True)
class KnownLibrary:
    """One that Meetcore stands on: its distribution's name and what fails without it."""

    name: str
    without: str = ""
    """What is lost, in words; empty where another library carries on."""
    module: str = ""
    """What is imported to see whether it works; empty where that says nothing more."""
    instead: str = ""
    """What takes its place; such a library's absence is amber."""
    unasked: bool = False
    """Nothing here ever asks it: that it is absent or broken is no loss at all."""


LIBRARIES = (
    KnownLibrary("streamlit", "the pages", "streamlit"),
    KnownLibrary("streamlit-webrtc", "the browser's microphone", "streamlit_webrtc"),
    KnownLibrary("aiortc", "the browser's microphone", "aiortc"),
    KnownLibrary("av", "reading media files and the browser's sound", "av"),
    KnownLibrary("torch", "words and speakers", "torch"),
    KnownLibrary("torchaudio", "speakers", "torchaudio"),
    KnownLibrary(
        "torchcodec",
        module="torchcodec",
        instead="PyAV decodes; torchcodec is never asked",
        unasked=True,
    ),
    KnownLibrary("pyannote-audio", "speakers", "pyannote.audio"),
    KnownLibrary("pyannote-core", "speakers"),
    KnownLibrary("pyannote-metrics", "speakers"),
    KnownLibrary("pyannote-pipeline", "speakers"),
    KnownLibrary("lightning", "speakers"),
    KnownLibrary("huggingface-hub", "speakers"),
    KnownLibrary("openai-whisper", "words", "whisper"),
    KnownLibrary("ctranslate2", "", "ctranslate2", instead="openai-whisper runs the same weights"),
    KnownLibrary("silero-vad", "words", "silero_vad"),
    KnownLibrary("numpy", "everything", "numpy"),
    KnownLibrary("pandas", "the pages", "pandas"),
    KnownLibrary("scipy", "speakers", "scipy"),
    KnownLibrary("SQLAlchemy", "the library of meetings", "sqlalchemy"),
    KnownLibrary("alembic", "the library of meetings", "alembic"),
    KnownLibrary("pydantic-settings", "reading the settings", "pydantic_settings"),
    KnownLibrary("platformdirs", "reading the settings", "platformdirs"),
    KnownLibrary("filelock", "the cache of weights", "filelock"),
)


def normalized(name: str) -> str:
    """A distribution's name as registries compare it (PEP 503).

    >>> normalized("Pyannote.Audio_x")
    'pyannote-audio-x'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_versions() -> dict[str, str]:
    """The version of every installed distribution, by normalized name."""
    found: dict[str, str] = {}
    for each in metadata.distributions():
        name, version = each.metadata["Name"], each.version
        if name and version:
            # The first on the path is the one that is imported.
            found.setdefault(normalized(name), version)
    return found


def tested_versions(path: Path = CONSTRAINTS) -> dict[str, str]:
    """The set that was tested together, by normalized name; empty without its file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {normalized(name.strip()): version.split(";")[0].strip() for name, version in pairs}


def release(version: str | None) -> tuple[int, ...]:
    """The numbers a version begins with; empty for none. Compare tuples, not texts.

    >>> release("2.11.0+cu130"), release("4.0.0rc1"), release(None)
    ((2, 11, 0), (4, 0, 0), ())
    """
    found = re.match(r"\d+(\.\d+)*", version or "")
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def same_release(one: str, other: str) -> bool:
    """Whether two versions differ at most in their local label.

    >>> same_release("2.11.0+cu130", "2.11.0"), same_release("2.11.0", "2.10.0")
    (True, False)
    """
    return one.split("+")[0] == other.split("+")[0]


def python_version() -> str:
    """Of the interpreter that runs."""
    return platform.python_version()


def version_in(versions: Mapping[str, str], name: str) -> str | None:
    """The version of a library in a table by normalized names."""
    return versions.get(normalized(name))
