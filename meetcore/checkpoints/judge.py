"""Says whether a checkpoint may be loaded: who wrote it, and what loading it would run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.checkpoints.inspect import inspect_checkpoint

LIBRARY = "pyannote.audio"
SAFE_NAMES = frozenset(
    f"pyannote.audio.core.{name}"
    for name in (
        "task.Specifications",
        "task.Problem",
        "task.Resolution",
        "model.Introspection",
    )
)
"""Plain records and enumerations that pyannote.audio stores in checkpoints."""
ARCHITECTURES = re.compile(
    r"pyannote\.audio\.models\.(segmentation\.(PyanNet\.PyanNet|SSeRiouSS\.SSeRiouSS|PyanNet)"
    r"|embedding\.(wespeaker\.)?WeSpeakerResNet(34|152|221|293)"
    r"|embedding\.(xvector\.)?XVector(MFCC|SincNet))"
)
"""Classes of models that loading may import; a checkpoint names its own."""
ARRAYS = "numpy arrays"


def problem_of(
    found: CheckpointInfo, sha256: str, installed: str, trusted: Collection[str] = ()
) -> str:
    """Why a checkpoint of pyannote.audio is not loaded, in one sentence; empty if it may be.

    Parameters
    ----------
    sha256 : of the file
    installed : version of pyannote.audio; empty where it is not installed
    trusted : sha256 of files that are loaded in spite of code in them
    """
    name = found.path.name
    if found.trouble:
        return found.trouble.partition(". ")[0].rstrip(".")
    if generation := _generation(found, installed):
        return generation
    if sha256 in trusted:
        return ""
    foreign = [each for each in found.code if each not in SAFE_NAMES]
    if foreign:
        return f"{name} would run {', '.join(foreign[:4])} when it is loaded"
    if found.container != "torch zip":
        return f"{name} is a file of the kind {found.container!r}, which cannot be checked fully"
    if not ARCHITECTURES.fullmatch(found.architecture):
        named = found.architecture or "no class of pyannote.audio"
        return f"{name} names {named} as its model, which is not allowed"
    return ""


def _generation(found: CheckpointInfo, installed: str) -> str:
    """Why another version of pyannote.audio is needed; empty if the installed one reads it."""
    writer = found.version_of(LIBRARY) or ""
    major, wrote = installed.partition(".")[0], writer.partition(".")[0]
    if found.has_introspection is False and major in ("1", "2"):
        return (
            f"{found.path.name} was written by pyannote.audio {writer or 'of another version'} and"
            f" has no 'introspection', which the installed {installed} looks for"
        )
    if wrote.isdigit() and int(wrote) >= 4 and major and wrote != major:
        return f"{found.path.name} asks for pyannote.audio {writer}, and {installed} is installed"
    return ""


def judged_file(
    path: Path, part: str, installed: str, trusted: Collection[str] = ()
) -> tuple[CheckpointInfo, str]:
    """What a pipeline's file contains, and why it is not loaded (empty if it may be)."""
    if part == "plda":
        return CheckpointInfo(path, path.stat().st_size, "npz", ARRAYS), _arrays_problem(path)
    found = inspect_checkpoint(path)
    return found, problem_of(found, sha256_of(path), installed, trusted)


def _arrays_problem(path: Path) -> str:
    """numpy.load refuses pickled objects by itself; only another kind of file is a problem."""
    with path.open("rb") as file:
        return "" if file.read(2) == b"PK" else f"{path.name} holds no arrays"


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
