"""Installations that are really broken, each with the app running from it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meetcore.diagnostics.findings import Verdict
from meetcore.records import Mode
from tests.browser.conftest import ROOT, Server, free_port, wait_until_healthy
from tests.environments.linked_environments import View, view, with_cpu_torch


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong with an installation, and what has to be said of it."""

    name: str
    rule: str
    verdict: Verdict
    mode: Mode
    without: str = ""
    """Distribution that is not there."""
    module: str = ""
    """What cannot be imported then."""
    weights: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    """Words in which the app says why a better mode is not to be had."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One that is broken in a known way, its server, and what the doctor says of it."""

    broken: Broken
    view: View
    server: Server
    doctor_status: int
    diagnosis: Mapping[str, Any]
    """What `python -m meetcore doctor --json --quick` tells."""
    undo: ExitStack
    """Ends the server and removes everything: a copy of torch's libraries is half a gigabyte."""

    @property
    def findings(self) -> dict[str, Mapping[str, Any]]:
        """The doctor's findings by rule."""
        return {each["rule"]: each for each in self.diagnosis["findings"]}


def prepare(broken: Broken) -> Installation:
    """Make one and start its server; the doctor looks at it meanwhile."""
    with ExitStack() as undo:
        folder = Path(tempfile.mkdtemp(prefix=f"meetcore-{broken.name}-"))
        undo.callback(shutil.rmtree, folder)
        made = view(folder / "environment", filter(None, [broken.without]))
        if broken.module == "torchaudio":
            with_cpu_torch(made)
        environment = _environment(broken, folder)
        server = _started(made, environment, folder)
        undo.callback(end, server.process)
        done = subprocess.run(
            [made.python, "-m", "meetcore", "doctor", "--json", "--quick"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            check=False,
        )
        wait_until_healthy(server, folder / "server.log")
        told = json.loads(done.stdout)
        return Installation(broken, made, server, done.returncode, told, undo.pop_all())


def _started(made: View, environment: Mapping[str, str], folder: Path) -> Server:
    port = free_port()
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [made.python, "-m", "streamlit", "run", "app.py", f"--server.port={port}"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(folder / "data", port, process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server with what it started: it tries imports in processes of their own."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _environment(broken: Broken, folder: Path) -> dict[str, str]:
    settings = {
        "MEETCORE_DATA_DIR": str(folder / "data"),
        "MEETCORE_RECOGNIZER": "tiny.en",
        "MEETCORE_LIVE_RECOGNIZER": "tiny.en",
    }
    if not broken.weights:
        settings["MEETCORE_CACHE_DIR"] = str(folder / "cache")
    return {**os.environ, **settings, **broken.environment}
