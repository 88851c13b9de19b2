"""Installations that are really broken, each with the app running from it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from meetcore.diagnostics.findings import Verdict
from meetcore.modes import Mode
from tests.browser.conftest import ROOT, Server, free_port, launched, wait_until_healthy
from tests.environments.views import View, view, with_cpu_torch


@dataclass(frozen=True, slots=True)
class Broken:
    """What is wrong with an installation, and what has to be said of it."""

    name: str
    rule: str
    verdict: Verdict
    mode: Mode
    without: tuple[str, ...] = ()
    cpu_torch: bool = False
    weights: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Installation:
    """One that is broken in a known way, and the server that runs from it."""

    broken: Broken
    view: View
    environment: Mapping[str, str]
    server: Server

    def doctor(self, *options: str) -> tuple[int, dict[str, Any]]:
        """Exit status and answer of `python -m meetcore doctor --json`."""
        done = self.run("doctor", "--json", *options)
        return done.returncode, json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of Meetcore's commands, from this installation."""
        command = [str(self.view.python), "-m", "meetcore", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def installation(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Made for a module's tests of one case; its half a gigabyte of torch is gone afterwards."""
    broken: Broken = request.param
    folder = Path(tempfile.mkdtemp(prefix=f"meetcore-{broken.name}-"))
    made = view(folder / "environment", broken.without)
    if broken.cpu_torch:
        with_cpu_torch(made)
    environment = _environment(broken, folder)
    server = _started(made, environment, folder)
    try:
        wait_until_healthy(server, folder / "server.log")
        yield Installation(broken, made, environment, server)
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all cases."""
    with launched() as opened:
        yield opened


def _environment(broken: Broken, folder: Path) -> dict[str, str]:
    settings = {
        "MEETCORE_DATA_DIR": str(folder / "data"),
        "MEETCORE_RECOGNIZER": "tiny.en",
        "MEETCORE_LIVE_RECOGNIZER": "tiny.en",
    }
    if not broken.weights:
        settings["MEETCORE_CACHE_DIR"] = str(folder / "cache")
    return {**os.environ, **settings, **broken.environment}


def _started(made: View, environment: Mapping[str, str], folder: Path) -> Server:
    port = free_port()
    command = [str(made.python), "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    return Server(folder / "data", port, process)
