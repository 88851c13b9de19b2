"""`meetcore run` from a folder that has nothing to do with Meetcore."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.browser.conftest import free_port
from tests.install.conftest import Installed

pytestmark = pytest.mark.install
START_S, STOP_S = 90.0, 40.0


@contextmanager
def serving(
    installed: Installed, log: Path, *words: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server that answers, and its port; killed at the end if it still runs."""
    port = free_port()
    with log.open("wb") as output:
        server = subprocess.Popen(
            installed.command("meetcore", "run", "--port", str(port), *words),
            cwd=installed.folder,
            env=installed.environment | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + START_S
        while not answers(port):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.3)
        yield server, port
    finally:
        server.kill()
        server.wait()


def answers(port: int, path: str = "/_stcore/health") -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def other_addresses() -> set[str]:
    """IPv4 addresses of this machine that a server on 127.0.0.1 does not answer at."""
    cards = psutil.net_if_addrs().values()
    found = {one.address for card in cards for one in card if one.family is socket.AF_INET}
    # Linux answers at all of 127.0.0.0/8 when a server listens on every address.
    return (found | {"127.0.0.2"}) - {"127.0.0.1"}


def is_reached(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=3).close()
    except OSError:
        return False
    return True


def test_the_page_is_served_to_this_machine_alone_until_ctrl_c(
    installed: Installed, tmp_path: Path
) -> None:
    """Without weights and offline: one sentence each, and the app starts all the same."""
    log = tmp_path / "server.log"
    alone = {"MEETCORE_OFFLINE": "true", "MEETCORE_CACHE_DIR": str(tmp_path / "cache")}
    with serving(installed, log, **alone) as (server, port):
        assert answers(port, "/")
        assert not [address for address in other_addresses() if is_reached(address, port)]
        second = installed.run("meetcore", "run", "--port", str(port))
        assert second.returncode == 1 and f"Port {port} is not free" in second.stderr
        server.send_signal(signal.SIGINT)
        assert server.wait(STOP_S) == 0
    said = log.read_text()
    assert "MEETCORE_OFFLINE" in said and "best mode it can" in said
    assert "Traceback" not in said and "Aborted" not in said
    assert "usage statistics" not in said.lower()


@pytest.mark.model
def test_an_address_that_others_reach_is_served_when_asked_for(
    installed: Installed, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    with serving(installed, log, "--host", "0.0.0.0") as (_, port):
        assert is_reached("127.0.0.2", port)
    assert "asks for no password" in log.read_text()


def test_an_address_that_others_reach_is_refused_when_only_the_environment_has_it(
    installed: Installed,
) -> None:
    done = installed.run("meetcore", "run", STREAMLIT_SERVER_ADDRESS="0.0.0.0")
    assert done.returncode == 1 and "meetcore run --host 0.0.0.0" in done.stderr
