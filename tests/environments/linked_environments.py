"""Environments made of links to the real one, with something missing or made otherwise.

The interpreter, the site-packages and every library that is left are the real ones, so what
fails in such a view fails as it does on a machine that is set up like that.
"""

from __future__ import annotations

import importlib.metadata
import mmap
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SITE = Path(sysconfig.get_paths()["purelib"])
SHARED = "pyannote"
"""A folder that several distributions share: a namespace package."""
CUDA, RENAMED = "libc10_cuda.so", "libc10_cudA.so"
NAMES_CUDA = ("libc10_cuda.so", "libtorch_cuda.so", "libtorch_python.so")
"""The files of torch that say that name: the library itself, and what is linked against it."""


@dataclass(frozen=True, slots=True)
class View:
    """An environment of its own, in a folder of its own."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        """Where its libraries lie."""
        return self.folder / SITE.relative_to(Path(sys.prefix))


def view(folder: Path, without: Iterable[str] = ()) -> View:
    """The real environment without some distributions.

    Parameters
    ----------
    without : names as `pip uninstall` takes them
    """
    made = View(folder)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(Path(sys.executable).resolve())
    home = Path(sys.base_prefix) / "bin"
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    gone = {path for name in without for path in _owned(name)}
    link_entries(SITE, made.site, but=gone | {SHARED})
    inner = {path.removeprefix(f"{SHARED}/") for path in gone if path.startswith(f"{SHARED}/")}
    link_entries(SITE / SHARED, made.site / SHARED, but=inner)
    return made


def with_cpu_torch(made: View) -> None:
    """Make a view's torch one without CUDA's core library, as a CPU-only build is.

    The registry offers no CPU-only torch for this platform. Here the real torch is left whole,
    but the library that torchaudio asks for by name goes by another name, in its own file and in
    those that are linked against it: torch works, and the loader finds nothing for torchaudio.
    """
    folder = made.site / "torch"
    folder.unlink()
    link_entries(SITE / "torch", folder, but={"lib", "version.py", "__pycache__"})
    link_entries(SITE / "torch" / "lib", folder / "lib", but=NAMES_CUDA)
    for name in NAMES_CUDA:
        place = folder / "lib" / name.replace(CUDA, RENAMED)
        shutil.copyfile(SITE / "torch" / "lib" / name, place)
        _rename_inside(place)
    text = (SITE / "torch" / "version.py").read_text()
    text, n_versions = re.subn(r"^(__version__ = '[^+']+)[^']*'", r"\1+cpu'", text, flags=re.M)
    text, n_cudas = re.subn(r"^(cuda[^=\n]*)= '.*'", r"\1= None", text, flags=re.M)
    assert (n_versions, n_cudas) == (1, 1), "torch/version.py is written in another way now"
    (folder / "version.py").write_text(text)
    _label_distribution(made)


def link_entries(source: Path, target: Path, but: Iterable[str]) -> None:
    """A folder of links to all that another holds, but some names."""
    target.mkdir(parents=True)
    left_out = set(but)
    for entry in source.iterdir():
        if entry.name not in left_out:
            (target / entry.name).symlink_to(entry)


def _owned(name: str) -> set[str]:
    """What a distribution put into site-packages: names there, or names in the shared folder."""
    files = importlib.metadata.distribution(name).files
    assert files, f"{name} keeps no record of its files"
    parts = [file.parts for file in files if file.parts[0] != ".."]
    return {"/".join(each[:2]) if each[0] == SHARED else each[0] for each in parts}


def _rename_inside(path: Path) -> None:
    """Put the other name, of the same length, where a binary says the first."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as data:
        at = data.find(b"\0" + CUDA.encode() + b"\0")
        assert at >= 0, f"{path.name} does not name {CUDA}"
        data[at + 1 : at + 1 + len(RENAMED)] = RENAMED.encode()


def _label_distribution(made: View) -> None:
    """Let the installed torch call itself what a CPU-only wheel does."""
    (real,) = made.site.glob("torch-*.dist-info")
    version = real.name.removeprefix("torch-").removesuffix(".dist-info").split("+")[0]
    source = real.resolve()
    real.unlink()
    labelled = made.site / f"torch-{version}+cpu.dist-info"
    link_entries(source, labelled, but={"METADATA"})
    text = (source / "METADATA").read_text(encoding="utf-8")
    text = text.replace(f"\nVersion: {version}", f"\nVersion: {version}+cpu", 1)
    (labelled / "METADATA").write_text(text, encoding="utf-8")
