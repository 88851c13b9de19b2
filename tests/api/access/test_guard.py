"""Who is let in, tried with raw sockets: names, origins, Fetch Metadata, malformed requests."""

from __future__ import annotations

import pytest

from tests.api.access.conftest import RealServer

SITE = "sec-fetch-site: "
OPENED = "sec-fetch-mode: navigate\r\nsec-fetch-dest: document"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
)
DATA = "/api/profiles"


def request(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> str:
    lines = (f"{method} {path} HTTP/{version}", *filter(None, headers))
    return "\r\n".join(lines) + "\r\n\r\n"


def status(answer: str) -> int:
    return int(answer.split(" ", 2)[1])


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:{port}",
        "LOCALHOST:{port}",
        "localhost.:{port}",
        "127.0.0.1:{port}",
        "[::1]:{port}",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]:{port}",
        "localhost:1",
        "meet.example",
        "Meet.Example:8443",
    ],
)
def test_own_names_are_answered(server: RealServer, host: str) -> None:
    for path in ("/", DATA):
        assert status(server.ask(request(path, f"Host: {host}"))) == 200


FOREIGN = [
    "evil.example",
    "evil.example:{port}",
    "127.0.0.1.evil.example:{port}",
    "localhost.evil.example",
    "foo.localhost:{port}",
    "sub.meet.example",
    "127.0.0.2",
    "192.168.1.7:{port}",
    "0.0.0.0:{port}",
    "[::2]",
    "2130706433",
    "127.1",
    "0x7f000001",
]
MALFORMED = [
    "",
    "localhost:",
    "localhost:x",
    "localhost:99999",
    "localhost:0",
    "localhost:-1",
    "localhost..",
    ".localhost",
    "me@localhost",
    "me:word@localhost:{port}",
    "localhost/x",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost#x",
    "localhost?x",
    "http://localhost",
    "[::1",
    "::1",
    "[::1]evil",
    "[::1%25lo]",
    "[localhost]",
    "l\xf6calhost",
    "localhost\x00",
    "localhost\tx",
]


@pytest.mark.parametrize("host", [*FOREIGN, *MALFORMED])
@pytest.mark.parametrize("path", ["/", DATA, "/recordings/d1", "/nothing/here"])
def test_other_names_get_nothing(server: RealServer, host: str, path: str) -> None:
    answer = server.ask(request(path, f"Host: {host}", "Connection: close"))
    assert status(answer) == (403 if host in FOREIGN else 400)
    assert "voices" not in answer and "a page" not in answer


@pytest.mark.parametrize("host", [*FOREIGN, *MALFORMED])
def test_other_names_open_no_socket(server: RealServer, host: str) -> None:
    answer = server.ask(request("/_stcore/stream", f"Host: {host}", UPGRADE))
    assert status(answer) in (400, 403) and "101" not in answer.split("\r\n")[0]


@pytest.mark.parametrize(
    "text",
    [
        request("/"),
        request("/", version="1.0"),
        request("/", "Host: localhost", "Host: localhost"),
        request("/", "Host: localhost", "Host: evil.example"),
        request("http://localhost/", "Host: localhost"),
        request("http://evil.example/", "Host: localhost"),
        request("//evil.example/", "Host: evil.example"),
        request("*", "Host: localhost", method="OPTIONS"),
        request("/", "Host: localhost", "Origin: http://localhost", "Origin: http://localhost"),
        request("/", "Host: localhost", f"{SITE}none", f"{SITE}cross-site"),
        request("/", "Host: localhost", "Content-Length: 5"),
        "nonsense\r\n\r\n",
    ],
)
def test_malformed_requests_get_a_sentence(server: RealServer, text: str) -> None:
    answer = server.ask(text)
    assert 400 <= status(answer) < 500 and "a page" not in answer
    assert "Traceback" not in answer


def test_http_1_0_is_answered_with_a_host(server: RealServer) -> None:
    assert status(server.ask(request("/", "Host: localhost", version="1.0"))) == 200


OWN = ["http://localhost:{port}", "http://LOCALHOST:{port}", "http://localhost.:{port}"]
OTHER_ORIGINS = [
    "null",
    "http://localhost",
    "http://localhost:1",
    "https://localhost:{port}",
    "http://127.0.0.1:{port}",
    "http://evil.example",
    "http://localhost.evil.example:{port}",
    "http://localhost:{port}/",
    "http://me@localhost:{port}",
    "file://",
    "chrome-extension://abc",
    "localhost:{port}",
    "",
    "http://localhost:{port}, http://localhost:{port}",
]


@pytest.mark.parametrize("origin", [*OWN, *OTHER_ORIGINS])
def test_only_pages_of_the_same_origin_read_write_and_open_sockets(
    server: RealServer, origin: str
) -> None:
    about = ("Host: localhost:{port}", f"Origin: {origin}")
    body = "Content-Length: 0"
    read = status(server.ask(request(DATA, *about)))
    wrote = status(server.ask(request("/echo", *about, body, method="POST")))
    asked = status(server.ask(request("/echo", *about, method="OPTIONS")))
    opened = status(server.ask(request("/_stcore/stream", *about, UPGRADE)))
    if origin in OWN:
        assert (read, wrote, asked, opened) == (200, 200, 405, 101)
    else:
        assert (read, wrote, asked, opened) == (403, 403, 403, 403)


def test_a_proxy_on_this_machine_says_that_the_page_came_over_https(server: RealServer) -> None:
    """It passes Host on; a name in X-Forwarded-Host is not read."""
    about = ("Host: meet.example", "Origin: https://meet.example", "Content-Length: 0")
    said = "X-Forwarded-Proto: https"
    assert status(server.ask(request("/echo", *about, method="POST"))) == 403
    assert status(server.ask(request("/echo", *about, said, method="POST"))) == 200
    assert status(server.ask(request("/_stcore/stream", *about[:2], said, UPGRADE))) == 101
    named = ("Host: localhost", "X-Forwarded-Host: meet.example", said, *about[1:])
    assert status(server.ask(request("/echo", *named, method="POST"))) == 403


def test_programs_without_a_browser_may_do_all(server: RealServer) -> None:
    host = "Host: 127.0.0.1:{port}"
    assert status(server.ask(request("/echo", host, "Content-Length: 0", method="POST"))) == 200
    assert status(server.ask(request("/_stcore/stream", host, UPGRADE))) == 101


@pytest.mark.parametrize("site", ["cross-site", "same-site", "other", ""])
@pytest.mark.parametrize("path", [DATA, "/recordings/d1", "/uploads/" + "ab" * 16, "/nothing/x.js"])
def test_other_sites_read_and_embed_no_data(server: RealServer, site: str, path: str) -> None:
    host = "Host: localhost:{port}"
    for more in ("", OPENED, "sec-fetch-mode: no-cors\r\nsec-fetch-dest: audio"):
        answer = server.ask(request(path, host, f"{SITE}{site}", more))
        assert status(answer) == 403, (site, path, more)


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_pages_and_typed_addresses_read_data(server: RealServer, site: str) -> None:
    assert status(server.ask(request(DATA, "Host: localhost", f"{SITE}{site}"))) == 200


def test_a_link_on_another_site_may_open_a_page_and_do_nothing_else(server: RealServer) -> None:
    link = ("Host: localhost", f"{SITE}cross-site", OPENED)
    assert status(server.ask(request("/meeting?id=d1", *link))) == 200
    frame = OPENED.replace("document", "iframe")
    assert status(server.ask(request("/", *link[:2], frame))) == 403
    assert status(server.ask(request("/", *link[:2]))) == 403
    assert status(server.ask(request("/", *link, "Content-Length: 0", method="POST"))) == 403
    assert status(server.ask(request("/_stcore/stream", *link, UPGRADE))) == 403


@pytest.mark.parametrize(
    "text",
    [
        request("/", "Host: localhost"),
        request("/", "Host: localhost", method="HEAD"),
        request(DATA, "Host: localhost"),
        request("/recordings/nothing", "Host: localhost"),
        request("/nothing", "Host: localhost"),
        request("/broken", "Host: localhost"),
        request("/", "Host: evil.example"),
        request("/", version="1.0"),
        request("/", "Host: localhost", "Origin: null"),
        request("/echo", "Host: localhost", "Content-Length: 99999999", method="POST"),
        request("/_stcore/stream", "Host: evil.example", UPGRADE),
    ],
)
def test_every_answer_has_the_headers(server: RealServer, text: str) -> None:
    head = server.ask(text).partition("\r\n\r\n")[0].lower()
    for wanted in (
        "frame-ancestors 'none'",
        "default-src 'none'",
        "x-content-type-options: nosniff",
        "referrer-policy: same-origin",
        "permissions-policy: microphone=(self), display-capture=(self)",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
    ):
        assert head.count(wanted) == 1, (wanted, head)
    assert "access-control" not in head


def test_meetings_data_are_not_kept_by_the_browser(server: RealServer) -> None:
    assert "cache-control: no-store" in server.ask(request(DATA, "Host: localhost"))


def test_an_unexpected_error_is_one_sentence(
    server: RealServer, caplog: pytest.LogCaptureFixture
) -> None:
    answer = server.ask(request("/broken", "Host: localhost"))
    assert status(answer) == 500 and "Something went wrong on the server" in answer
    assert "Traceback" not in answer and "words of a meeting" not in answer
