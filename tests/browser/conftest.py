"""A real server, a real Chromium, and pyannote's sample conversation as its microphone."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from meetcore.records import Meeting, MeetingState
from meetcore.store.meetings import MeetingStore, open_store

ROOT = Path(__file__).parents[2]
ARTIFACTS = Path(__file__).parent / "artifacts"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SERVER_START_S = 60.0


def sample_path() -> Path:
    """pyannote's sample conversation, found without importing pyannote.audio."""
    spec = importlib.util.find_spec("pyannote")
    assert spec is not None and spec.submodule_search_locations is not None
    (place, *_) = spec.submodule_search_locations
    return Path(place) / "audio" / "sample" / "sample.wav"


def free_port() -> int:
    """A port nobody listens on."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Server:
    """`meetcore run` in a process of its own, on a data folder of its own."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """The address a browser opens."""
        return f"http://localhost:{self.port}"

    def store(self) -> MeetingStore:
        """The database the server writes."""
        return open_store(f"sqlite:///{self.data_dir / 'meetcore.db'}")

    def wait_for(self, meeting_id: str, *states: MeetingState, timeout_s: float = 90) -> Meeting:
        """The meeting, once the database says it is in one of the states."""
        end = time.monotonic() + timeout_s
        with closing(self.store()) as store:
            while (meeting := store.get(meeting_id)).state not in states:
                assert time.monotonic() < end, f"still {meeting.state}: {meeting.detail}"
                time.sleep(0.3)
        return meeting

    def end(self, how: signal.Signals, timeout_s: float = 40) -> int:
        """Send a signal and wait for the process to be gone."""
        self.process.send_signal(how)
        return self.process.wait(timeout_s)


StartServer = Callable[..., Server]


@contextmanager
def servers(folder: Path) -> Iterator[StartServer]:
    """Starts servers on one data folder; those that still run at the end are killed."""
    started: list[Server] = []

    def start(grace_s: float = 90.0, module: str = "meetcore", **extra: str) -> Server:
        port = free_port()
        environment = os.environ | {
            "MEETCORE_DATA_DIR": str(folder / "data"),
            "MEETCORE_RECOGNIZER": "tiny.en",
            "MEETCORE_LIVE_RECOGNIZER": "tiny.en",
            "MEETCORE_GRACE_S": str(grace_s),
            **extra,
        }
        log = (folder / f"server-{len(started)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", module, "run", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        server = Server(folder / "data", port, process)
        started.append(server)
        wait_until_healthy(server, Path(log.name))
        return server

    yield start
    for server in started:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """For tests that start, stop or configure servers of their own."""
    with servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the module's server keeps its data; a module may put meetings there first."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def server(server_folder: Path) -> Iterator[Server]:
    """One server for all tests of a module that leave it as they found it."""
    with servers(server_folder) as start:
        yield start()


def wait_until_healthy(server: Server, log: Path) -> None:
    """Return when the server answers; fail with its log when it does not."""
    end = time.monotonic() + SERVER_START_S
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """A headless Chromium; the system's where there is one, else playwright's own."""
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, headless=True, args=[*QUIET, *arguments]
        )
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def microphone_browser() -> Iterator[Browser]:
    """A browser whose microphone plays the sample conversation once."""
    with launched(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={sample_path()}%noloop",
    ) as browser:
        yield browser


OpenBrowser = Callable[..., AbstractContextManager[Browser]]


@pytest.fixture
def open_browser() -> OpenBrowser:
    """Opens browsers with arguments of the test's choice."""
    return launched


@pytest.fixture
def page(microphone_browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page whose microphone plays the sample; a failing test leaves pictures of its tabs."""
    context = microphone_browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    yield page
    report = request.node.stash.get(REPORT, None)
    if report is not None and report.failed:
        ARTIFACTS.mkdir(exist_ok=True)
        for index, tab in enumerate(page.context.pages):
            tab.screenshot(path=ARTIFACTS / f"{request.node.name}-{index}.png")


REPORT = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Let fixtures see whether the test failed."""
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report
