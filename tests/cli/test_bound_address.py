"""However the app is started, only this machine reaches it, whatever other settings say."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from meetcore.installation import APP_SCRIPT

START_S = 90.0
EVERYWHERE = '[server]\naddress = "0.0.0.0"\nheadless = true\n[browser]\ngatherUsageStats = true\n'


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def listening(process: psutil.Process) -> set[str]:
    """The addresses at which a process or a child of it listens."""
    found = set()
    for each in (process, *process.children(recursive=True)):
        connections = each.net_connections("tcp")
        found |= {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    return found


@pytest.mark.parametrize(
    "words",
    [("streamlit", "run", str(APP_SCRIPT), "--server.port"), ("meetcore", "run", "--port")],
    ids=lambda words: words[0],
)
def test_a_server_listens_on_loopback_alone(tmp_path: Path, words: tuple[str, ...]) -> None:
    """From another folder, where the user's and the folder's settings name every address."""
    for folder in (tmp_path / "home", tmp_path / "elsewhere"):
        (folder / ".streamlit").mkdir(parents=True)
        (folder / ".streamlit" / "config.toml").write_text(EVERYWHERE)
    kept = {name: value for name, value in os.environ.items() if "STREAMLIT" not in name}
    environment = kept | {
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(APP_SCRIPT.parent),
        "MEETCORE_DATA_DIR": str(tmp_path / "data"),
        "MEETCORE_CACHE_DIR": str(tmp_path / "cache"),
        "MEETCORE_OFFLINE": "true",
    }
    log = (tmp_path / "log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", *words, str(free_port())],
        cwd=tmp_path / "elsewhere",
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        process, end = psutil.Process(server.pid), time.monotonic() + START_S
        while not (found := listening(process)):
            said = (tmp_path / "log").read_text()
            assert server.poll() is None and time.monotonic() < end, said
            time.sleep(0.2)
        assert found == {"127.0.0.1"}
    finally:
        server.kill()
        server.wait()
        log.close()


def addresses_of_the_machine() -> list[str]:
    """IPv4 addresses at which others may reach this machine."""
    cards = psutil.net_if_addrs().values()
    found = {one.address for card in cards for one in card if one.family is socket.AF_INET}
    return sorted(each for each in found if not each.startswith("127."))


def answer_of(address: str, port: int) -> tuple[int, str]:
    connection = http.client.HTTPConnection(address, port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/api/meetings")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.mark.parametrize("words", [("streamlit",), ("meetcore", "--host", "0.0.0.0")])
def test_others_are_answered_only_where_the_user_agreed(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """Streamlit listens where its variable says; the guard refuses what comes from elsewhere."""
    port = free_port()
    started = {
        "streamlit": ["streamlit", "run", str(APP_SCRIPT), "--server.port", str(port)],
        "meetcore": ["meetcore", "run", *words[1:], "--port", str(port)],
    }[words[0]]
    environment = os.environ | {
        "HOME": str(tmp_path),
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
        "STREAMLIT_SERVER_HEADLESS": "true",
        "PYTHONPATH": str(APP_SCRIPT.parent),
        "MEETCORE_DATA_DIR": str(tmp_path / "data"),
        "MEETCORE_CACHE_DIR": str(tmp_path / "cache"),
        "MEETCORE_OFFLINE": "true",
    }
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "-m", *started]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        process, end = psutil.Process(server.pid), time.monotonic() + START_S
        while not listening(process):
            assert server.poll() is None and time.monotonic() < end
            time.sleep(0.2)
        assert answer_of("127.0.0.1", port)[0] != 403
        others = addresses_of_the_machine()
        assert others
        for address in others:
            status, text = answer_of(address, port)
            assert (status == 403) == (words[0] == "streamlit"), text
            assert ("answers this machine alone" in text) == (status == 403)
    finally:
        server.kill()
        server.wait()


def test_make_run_starts_the_command_that_sets_the_address() -> None:
    makefile = APP_SCRIPT.parent / "Makefile"
    assert "\n\t$(BIN)/python -m meetcore run $(ARGS)\n" in makefile.read_text()
