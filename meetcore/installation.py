"""Where this copy of Meetcore is installed, and the commands that run and repair it.

Only the standard library is imported: error messages use it where packages are missing.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

_PACKAGE = Path(__file__).parent
_PACKED = _PACKAGE / "_app"
IS_CLONE = not _PACKED.is_dir()
"""False where a wheel was installed: it carries the app inside the package (pyproject.toml)."""
APP_FOLDER = _PACKAGE.parent if IS_CLONE else _PACKED
"""Holds app.py, pages, .streamlit/config.toml, requirements.txt and constraints.txt."""
CONFIRMED_ADDRESS = "_MEETCORE_CONFIRMED_ADDRESS"
"""The variable in which `meetcore run` gives the app the address that the user agreed to."""
APP_SCRIPT = APP_FOLDER / "app.py"
STREAMLIT_CONFIG = APP_FOLDER / ".streamlit" / "config.toml"
CONSTRAINTS = APP_FOLDER / "constraints.txt"
START = "make run" if IS_CLONE else "meetcore run"
"""Starts the app."""
_SITE_FOLDERS = frozenset({"site-packages", "dist-packages"})


def command(words: str) -> str:
    """A command of Meetcore as a user of this installation types it."""
    return f"{'python -m meetcore' if IS_CLONE else 'meetcore'} {words}"


def _pip_install() -> str:
    if IS_CLONE:
        return ".venv/bin/uv pip install --python .venv/bin/python"
    python = shlex.quote(sys.executable)
    return f"{python} -m uv pip install --python {python}"


PIP_INSTALL = _pip_install()
"""Installs packages into the environment that runs; in a clone, from the clone's folder.

uv checks the hashes in constraints.txt, which pip accepts in no constraints file.
"""
_FOLDER = "" if IS_CLONE else f"{APP_FOLDER}{os.sep}"
REINSTALL = (
    f"{PIP_INSTALL} -c {shlex.quote(f'{_FOLDER}constraints.txt')}"
    f" -r {shlex.quote(f'{_FOLDER}requirements.txt')}"
)
"""Brings every library back to the tested version."""


def python_module(module: str, *arguments: str) -> list[str]:
    """The command line of a child process that runs a module of this package.

    `-P` keeps the current folder, where a user may have a `queue.py`, out of its imports.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """The environment of a child process, in which this copy of the package is importable.

    PYTHONPATH comes before the standard library, so that a site-packages folder, which every
    interpreter of this environment finds anyway, is left out.
    """
    root = _PACKAGE.parent
    paths = [] if root.name in _SITE_FOLDERS else [str(root)]
    paths += filter(None, [os.environ.get("PYTHONPATH")])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)} if paths else dict(os.environ)
