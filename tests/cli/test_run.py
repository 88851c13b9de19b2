"""`meetcore run` up to the moment Streamlit takes over; tests/install starts the real server."""

from __future__ import annotations

import runpy
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from meetcore.cli.main import main
from meetcore.installation import APP_SCRIPT


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """Streamlit's command line, once for each server that would have started."""
    taken: list[list[str]] = []

    def start(name: str, **_: Any) -> None:
        assert name == "streamlit"
        taken.append(sys.argv)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(runpy, "run_module", start)
    monkeypatch.setattr(sys, "argv", ["meetcore"])
    monkeypatch.setenv("MEETCORE_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("MEETCORE_OFFLINE", "true")
    monkeypatch.delenv("STREAMLIT_SERVER_ADDRESS", raising=False)
    yield taken
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def free_port() -> str:
    """A port that no program listens at."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def test_the_app_is_served_to_this_machine_alone(
    started: list[list[str]], free_port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--port", free_port]) == 0
    address = ["--server.address=127.0.0.1", f"--server.port={free_port}"]
    assert started == [["streamlit", "run", str(APP_SCRIPT), *address]]
    said = capsys.readouterr()
    assert said.out == "" and "MEETCORE_OFFLINE" in said.err and "best mode it can" in said.err


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "127.0.0.3"])
def test_a_loopback_address_of_the_environment_is_taken(
    started: list[list[str]], free_port: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", address)
    assert main(["run", "--port", free_port]) == 0
    assert f"--server.address={address}" in started[0]


def test_another_address_of_the_environment_has_to_be_confirmed(
    started: list[list[str]],
    free_port: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    assert main(["run", "--port", free_port]) == 1
    assert started == [] and "run --host 0.0.0.0" in capsys.readouterr().err
    assert main(["run", "--port", free_port, "--host", "0.0.0.0"]) == 0
    assert "--server.address=0.0.0.0" in started[0]
    assert "asks for no password" in capsys.readouterr().err


def test_a_port_that_is_taken_is_one_sentence(
    started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["run", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert started == [] and said.count("\n") == 1
    assert f"Port {port} is not free" in said and f"run --port {port + 1}" in said


def test_an_address_of_another_machine_is_one_sentence(
    started: list[list[str]], free_port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--host", "192.0.2.1", "--port", free_port]) == 1
    assert started == [] and "no address of this machine" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["--host=", "--host unix:///run/x", "--port 0", "--port 65536", "--port x"]
)
def test_what_is_no_address_is_wrong_usage(started: list[list[str]], words: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run", *words.split()])
    assert stopped.value.code == 2 and started == []


def test_settings_that_do_not_fit_are_left_to_the_pages(
    started: list[list[str]],
    free_port: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MEETCORE_GRACE_S", "soon")
    assert main(["run", "--port", free_port]) == 0
    assert len(started) == 1 and "MEETCORE_GRACE_S" in capsys.readouterr().err


def test_the_browser_opens_once_the_server_answers(
    started: list[list[str]], free_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = threading.Event()
    pages: list[str] = []

    def show(page: str) -> None:
        pages.append(page)
        opened.set()

    def serve(*_: Any, **__: Any) -> None:
        with socket.create_server(("127.0.0.1", int(free_port))):
            assert opened.wait(10.0)

    monkeypatch.setattr("webbrowser.open", show)
    monkeypatch.setattr(runpy, "run_module", serve)
    assert main(["run", "--port", free_port, "--browser"]) == 0
    assert pages == [f"http://localhost:{free_port}"]
