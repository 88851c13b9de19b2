"""CUDA linkage of torch, torchaudio and CTranslate2, read without importing them."""

from __future__ import annotations

import importlib.util
import mmap
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CUDA_NAMES = re.compile(rb"lib(?:cublas|cudnn|c10_cuda|cudart)[A-Za-z_]*\.so(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """How the installed torch was built, and whether torchaudio's build fits it."""

    version: str = ""
    cuda: str | None = None
    """CUDA release it was built for; None for a CPU-only build."""
    carries_cuda: bool = False
    """Whether libc10_cuda.so is part of it."""
    torchaudio_wants_cuda: bool = False
    """Whether torchaudio is linked against libc10_cuda.so."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """The graphics card and the libraries CTranslate2 would need for it."""

    driver: str = ""
    """Version of NVIDIA's kernel driver; empty without one."""
    wanted: tuple[str, ...] = ()
    """CUDA libraries that CTranslate2's binary names: "libcublas.so.12"."""
    missing: tuple[str, ...] = ()
    """Those of them that are in no folder the loader searches."""


def package_folder(module: str) -> Path | None:
    """The folder of a top-level package, without importing it; None where it is not installed."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def torch_build() -> TorchBuild | None:
    """How torch and torchaudio were built; None where torch is not installed."""
    folder = package_folder("torch")
    if folder is None:
        return None
    version, cuda = _torch_version(folder / "version.py")
    audio = package_folder("torchaudio")
    extensions = [*(audio / "lib").glob("*torchaudio*"), *audio.glob("*.so")] if audio else []
    return TorchBuild(
        version=version,
        cuda=cuda,
        carries_cuda=(folder / "lib" / "libc10_cuda.so").exists(),
        torchaudio_wants_cuda=any("libc10_cuda.so" in linked(each) for each in extensions),
    )


def accelerator() -> Accelerator:
    """The graphics card, and the CUDA libraries that CTranslate2 needs."""
    wanted = tuple(sorted(set(_ctranslate2_needs())))
    return Accelerator(
        driver=_driver(),
        wanted=wanted,
        missing=tuple(name for name in wanted if not _is_installed(name)),
    )


def linked(path: Path) -> frozenset[str]:
    """Names of the CUDA libraries that a binary mentions; empty where it cannot be read."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return frozenset(name.decode("ascii") for name in CUDA_NAMES.findall(data))
    except (OSError, ValueError):
        return frozenset()


def _torch_version(path: Path) -> tuple[str, str | None]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return "", None
    version = re.search(r"^__version__ = '([^']+)'", text, re.MULTILINE)
    cuda = re.search(r"^cuda[^=\n]*= '([^']+)'", text, re.MULTILINE)
    return version.group(1) if version else "", cuda.group(1) if cuda else None


def _ctranslate2_needs() -> Iterable[str]:
    folder = package_folder("ctranslate2")
    if folder is None:
        return
    for path in (folder.parent / "ctranslate2.libs").glob("libctranslate2*"):
        yield from (name for name in linked(path) if re.search(r"\.so\.\d", name))


def _driver() -> str:
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
    except OSError:
        return "unknown" if shutil.which("nvidia-smi") else ""
    found = re.search(r"\s(\d+\.\d+[.\d]*)\s", text)
    return found.group(1) if found else "unknown"


def _is_installed(name: str) -> bool:
    """Whether a library is in one of NVIDIA's wheels or a system folder."""
    for folder in map(Path, sys.path):
        if any((folder / "nvidia").glob(f"*/lib/{name}")):
            return True
    places = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/local/cuda/lib64")
    return any((Path(place) / name).exists() for place in places)
