"""Installed and tested versions of the libraries that Meetcore uses; imports none of them."""

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
    """A library that Meetcore uses: its distribution's name and what fails without it."""

    name: str
    without: str = ""
    """What does not work without it; empty where another library replaces it."""
    module: str = ""
    """The module imported to test it; empty for libraries that need no test."""
    instead: str = ""
    """What replaces it, as a sentence; missing then is amber."""
    is_unused: bool = False
    """Installed as a dependency only; Meetcore works the same without it."""


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
        instead="not used: PyAV decodes",
        is_unused=True,
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
    KnownLibrary("safetensors", "words", "safetensors"),
    KnownLibrary("xlsxwriter", "exports as a spreadsheet", "xlsxwriter"),
    KnownLibrary("rich", "the progress of commands", "rich"),
    KnownLibrary("tenacity", "saving words", "tenacity"),
    KnownLibrary("SQLAlchemy", "the library of meetings", "sqlalchemy"),
    KnownLibrary("alembic", "the library of meetings", "alembic"),
    KnownLibrary("pydantic-settings", "reading the settings", "pydantic_settings"),
    KnownLibrary("platformdirs", "reading the settings", "platformdirs"),
    KnownLibrary("filelock", "the cache of weights", "filelock"),
)


def normalized(name: str) -> str:
    """A distribution's name in the normalized form of PEP 503.

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
            # Of two installations the first on the path is imported.
            found.setdefault(normalized(name), version)
    return found


def tested_versions(path: Path = CONSTRAINTS) -> dict[str, str]:
    """The versions in constraints.txt, by normalized name; empty without that file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pins = (re.match(r"([\w.-]+)==([^\s;]+)", line) for line in lines)
    return {normalized(pin[1]): pin[2] for pin in pins if pin}


def release(version: str | None) -> tuple[int, ...]:
    """The numeric release of a version, as a tuple to compare; empty for None.

    >>> release("2.11.0+cu130"), release("4.0.0rc1"), release(None)
    ((2, 11, 0), (4, 0, 0), ())
    """
    found = re.match(r"\d+(\.\d+)*", version or "")
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def same_release(one: str, other: str) -> bool:
    """Whether two versions are equal, local labels ("+cu130") aside.

    >>> same_release("2.11.0+cu130", "2.11.0"), same_release("2.11.0", "2.10.0")
    (True, False)
    """
    return one.split("+")[0] == other.split("+")[0]


def python_version() -> str:
    """The version of the running interpreter."""
    return platform.python_version()


def version_in(versions: Mapping[str, str], name: str) -> str | None:
    """The version of a library in a mapping by normalized names; None where it is missing."""
    return versions.get(normalized(name))
