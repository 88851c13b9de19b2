"""What a page of another site can do with a running Meetcore, in a real Chromium: nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from meetcore.records import MeetingState
from meetcore.store.meetings import open_store
from tests.browser import live_page
from tests.browser.conftest import Server, launched
from tests.pages.shared.test_plain_text import HOSTILE

pytestmark = [pytest.mark.browser, pytest.mark.model]

SECRET = "The merger with Hohenstein"
EVIL = "evil.example"
PAGES = ("", "upload", "meetings", "speakers", "diagnostics", "meeting?id=")
TRIES = """async ({ base, socket, meeting }) => {
  const seen = {};
  const attempt = async (name, act) => {
    try { seen[name] = await act(); } catch (error) { seen[name] = 'failed'; }
  };
  const text = (path, options) => async () => {
    const answer = await fetch(base + path, options);
    return `${answer.type} ${answer.status} ${await answer.text()}`;
  };
  const loads = (tag, path) => () => new Promise(resolve => {
    const node = document.createElement(tag);
    node.onload = node.onloadedmetadata = () => resolve('loaded');
    node.onerror = () => resolve('failed');
    node.src = base + path;
    document.body.append(node);
    setTimeout(() => resolve('nothing'), 3000);
  });
  const change = { method: 'PATCH', headers: { 'Content-Type': 'application/json' },
    body: '{"title": "taken over"}' };
  await attempt('page', text('/'));
  await attempt('profiles', text('/api/profiles'));
  await attempt('transcript', text(`/api/meetings/${meeting}/transcript`));
  await attempt('recording', text(`/recordings/${meeting}`));
  await attempt('upload', text('/uploads/' + 'ab'.repeat(16)));
  await attempt('health', text('/_stcore/health'));
  await attempt('change', text(`/api/meetings/${meeting}`, change));
  await attempt('blind change', text(`/api/meetings/${meeting}/job`, { method: 'POST',
    mode: 'no-cors', body: '{"action": "cancel"}' }));
  await attempt('audio', loads('audio', `/recordings/${meeting}`));
  await attempt('picture', loads('img', '/favicon.png'));
  await attempt('script', loads('script', '/static/js/x.js'));
  await attempt('socket', () => new Promise(resolve => {
    const opened = new WebSocket(socket + '/_stcore/stream', ['streamlit']);
    opened.onopen = () => resolve('open');
    opened.onerror = () => resolve('failed');
  }));
  return seen;
}"""


@pytest.fixture(scope="module")
def meeting(server_folder: Path) -> str:
    """A meeting whose title and detail are somebody else's words."""
    (server_folder / "data").mkdir(exist_ok=True)
    with closing(open_store(f"sqlite:///{server_folder / 'data' / 'meetcore.db'}")) as store:
        made = store.create_meeting(SECRET, state=MeetingState.FAILED, source_name="x.wav")
        store.update(made.id, detail=" ".join(HOSTILE), state=MeetingState.FAILED)
    return made.id


@pytest.fixture
def target(meeting: str, server: Server) -> tuple[Server, str]:
    """The server, and the meeting that it had when it started."""
    return server, meeting


@pytest.fixture(scope="module")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A page of somebody else's, on a port of its own."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "attack.html").write_text("<!doctype html><title>attack</title><body>attack</body>")
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site.server_port
        site.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for which all foreign names are this machine."""
    with launched(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1, MAP *.{EVIL} 127.0.0.1") as found:
        yield found


def tried(page: Page, server: Server, host: str, meeting: str) -> dict[str, str]:
    base = f"http://{host}:{server.port}"
    about = {"base": base, "socket": base.replace("http", "ws"), "meeting": meeting}
    seen: dict[str, str] = page.evaluate(TRIES, about)
    return seen


def assert_untouched(server: Server, meeting: str) -> None:
    with closing(server.store()) as store:
        found = store.get(meeting)
    assert (found.title, found.state) == (SECRET, MeetingState.FAILED)


def test_a_name_that_is_pointed_at_this_machine_reads_and_writes_nothing(
    target: tuple[Server, str], browser: Browser
) -> None:
    """DNS rebinding: to the browser, page and server are one origin."""
    server, meeting = target
    page = browser.new_page()
    own = f"http://{EVIL}:{server.port}"
    opened = page.goto(own + "/")
    assert opened is not None and opened.status == 403
    assert "does not answer to the name evil.example" in page.inner_text("body")
    # The attacker's page came from the same name before it was pointed elsewhere.
    page.route(
        own + "/attack", lambda route: route.fulfill(content_type="text/html", body="<body>")
    )
    page.goto(own + "/attack")
    seen = tried(page, server, EVIL, meeting)
    for name, found in seen.items():
        assert found in ("failed", "nothing") or found.startswith("basic 403"), (name, found)
        assert SECRET not in found
    assert_untouched(server, meeting)
    page.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", EVIL])
def test_a_page_of_another_origin_reads_writes_and_frames_nothing(
    target: tuple[Server, str], browser: Browser, other_site: int, host: str
) -> None:
    """Another port of this machine is another origin too."""
    server, meeting = target
    page = browser.new_page()
    page.goto(f"http://{host}:{other_site}/attack.html")
    seen = tried(page, server, "localhost", meeting)
    assert {*seen.values()} <= {"failed", "nothing"}, seen
    for path in ("/", "/meetings", f"/recordings/{meeting}", "/_stcore/health"):
        page.evaluate(
            """address => new Promise(resolve => {
              const frame = document.createElement('iframe');
              frame.onload = () => resolve();
              frame.src = address;
              document.body.append(frame);
              setTimeout(resolve, 3000);
            })""",
            f"http://localhost:{server.port}{path}",
        )
    page.wait_for_timeout(1000)
    for frame in page.frames[1:]:
        assert frame.url.startswith(("chrome-error:", "about:")) or not frame.query_selector(
            "#root"
        )
    assert_untouched(server, meeting)
    page.close()


def test_a_form_on_another_site_sends_nothing_and_a_link_opens_the_page(
    target: tuple[Server, str], browser: Browser, other_site: int
) -> None:
    server, meeting = target
    page = browser.new_page()
    page.goto(f"http://{EVIL}:{other_site}/attack.html")
    with page.expect_navigation() as sent:
        page.evaluate(
            """address => {
              const form = document.createElement('form');
              form.method = 'post';
              form.action = address;
              document.body.append(form);
              form.submit();
            }""",
            f"http://localhost:{server.port}/api/meetings/{meeting}/job",
        )
    assert sent.value is not None and sent.value.status == 403
    page.goto(f"http://{EVIL}:{other_site}/attack.html")
    with page.expect_navigation() as opened:
        page.evaluate(
            "address => { location.href = address }", f"http://localhost:{server.port}/meetings"
        )
    assert opened.value is not None and opened.value.status == 200
    expect(page.get_by_text(SECRET)).to_be_visible(timeout=live_page.READY_MS)
    assert_untouched(server, meeting)
    page.close()


def test_the_pages_run_under_the_policy_and_somebody_elses_words_load_nothing(
    target: tuple[Server, str], browser: Browser
) -> None:
    server, meeting = target
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(f"page error: {error}"))
    context.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        path = path.replace("id=", f"id={meeting}")
        page.goto(f"{server.url}/{path}")
        expect(page.get_by_test_id("stSidebarNav")).to_be_visible(timeout=live_page.READY_MS)
        expect(page.get_by_test_id("stAppSkeleton")).to_have_count(0)
        page.wait_for_timeout(700)
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("[link]")
    shown = alert.inner_text().replace("\u2060", "").replace("\u00a0", " ")
    for text in HOSTILE:
        if not any(mark in text for mark in ("--", "->", "material")):
            assert " ".join(text.split()) in " ".join(shown.split()), (text, shown)
    assert alert.locator("a, img, h1, li, code, strong, em, .katex, blockquote").count() == 0
    assert page.locator(f"[href*='{EVIL}'], [src*='{EVIL}']").count() == 0
    assert not [address for address in asked if f"localhost:{server.port}" not in address]
    assert connected_to(server) <= {"127.0.0.1", "::1"}, "the server asks nobody either"
    wrong = [text for text in said if "Content Security" in text or "Permissions-Policy" in text]
    assert not wrong and not [text for text in said if text.startswith("page error")]
    context.close()


def connected_to(server: Server) -> set[str]:
    """The addresses at the other ends of the server's connections, its children's included."""
    process = psutil.Process(server.process.pid)
    all_of_it = (process, *process.children(recursive=True))
    connections = (one for each in all_of_it for one in each.net_connections("inet"))
    return {one.raddr.ip for one in connections if one.raddr}


def test_endless_bodies_leave_the_memory_as_it_was(target: tuple[Server, str]) -> None:
    server, _ = target
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    head = (
        "POST /microphone/x HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(8)]
    for each in connections:
        each.sendall(head.encode())
    block = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    end = time.monotonic() + 6.0
    while connections and time.monotonic() < end:
        for each in list(connections):
            try:
                each.sendall(block)
            except OSError:
                connections.remove(each)
                each.close()
    assert not connections, "a body without end was still read"
    assert process.memory_info().rss - before < 60 * 2**20
