"""Bodies that are too long, too slow or too many are refused while they are read."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack

import pytest

from meetcore.api.access import body_limits
from meetcore.api.access.body_limits import LINGER_BYTES, BodyLimit, BodyLimits
from meetcore.api.responses import RefusedError
from tests.api.access.conftest import RealServer, read_answer
from tests.api.access.test_guard import status

BLOCK = b"x" * 65536
IN_CHUNKS = "Transfer-Encoding: chunked"
SEGMENT_SLACK = 2**24
"""What the sockets of both sides may hold."""


def head(path: str, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def send_until_refused(connected: socket.socket, total: int, chunked: bool) -> int:
    """Bytes that were taken before the connection was closed."""
    piece = b"10000\r\n" + BLOCK + b"\r\n" if chunked else BLOCK
    sent = 0
    try:
        while sent < total:
            connected.sendall(piece)
            sent += len(BLOCK)
    except OSError:
        pass
    return sent


@pytest.mark.parametrize("path", ["/echo", "/api/profiles/x/merge", "/nothing", "/", "/echo/early"])
@pytest.mark.parametrize("chunked", [False, True])
def test_an_endless_body_ends_soon_with_a_sentence(
    server: RealServer, path: str, chunked: bool
) -> None:
    total = 2**29
    kind = "Content-Type: application/json"
    with server.connection() as connected:
        how = IN_CHUNKS if chunked else f"Content-Length: {total}"
        connected.sendall(head(path, kind, how))
        sent = send_until_refused(connected, total, chunked)
        answer = read_answer(connected)
    assert sent < LINGER_BYTES + SEGMENT_SLACK
    assert 200 <= status(answer) < 500 and "connection: close" in answer.lower()
    if path.startswith(("/api", "/echo")) and path != "/echo/early":
        assert status(answer) == 413 and "too long" in answer


def test_a_body_at_the_limit_is_taken(server: RealServer) -> None:
    limit = 2**20
    for size, expected in ((limit, 200), (limit + 1, 413)):
        with server.connection() as connected:
            connected.sendall(head("/echo", f"Content-Length: {size}") + b"x" * size)
            assert status(read_answer(connected)) == expected


def test_the_connection_stays_open_after_a_small_refusal(server: RealServer) -> None:
    """A page's next request must not find a closed connection."""
    with server.connection() as connected:
        for _ in range(3):
            connected.sendall(head("/echo/early", "Content-Length: 1000") + b"x" * 1000)
            assert status(read_answer(connected)) == 200


def test_a_slow_body_is_given_up(server: RealServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limits, "FIRST_WAIT_S", 0.5)
    with server.connection() as connected:
        connected.sendall(head("/echo", "Content-Length: 1000"))
        began = time.monotonic()

        def trickle() -> None:
            try:
                while time.monotonic() < began + 8.0:
                    connected.sendall(b"x")
                    time.sleep(0.1)
            except OSError:
                pass

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        answer = read_answer(connected)
        assert time.monotonic() < began + 5.0
    thread.join(10.0)
    assert status(answer) == 408 and "too slow" in answer


def test_one_client_cannot_take_all_places(server: RealServer) -> None:
    with ExitStack() as stack:
        for _ in range(2):
            waiting = stack.enter_context(server.connection())
            waiting.sendall(head("/echo", "Content-Length: 10"))
        time.sleep(0.3)
        with server.connection() as third:
            third.sendall(head("/echo", "Content-Length: 1") + b"x")
            assert status(read_answer(third)) == 503
        waiting.sendall(b"x" * 10)
        assert status(read_answer(waiting)) == 200
    time.sleep(0.3)
    with server.connection() as later:
        later.sendall(head("/echo", "Content-Length: 1") + b"x")
        assert status(read_answer(later)) == 200


def test_a_place_is_free_when_the_body_has_come(server: RealServer) -> None:
    """However long the request itself takes."""
    with ExitStack() as stack:
        asked = [stack.enter_context(server.connection()) for _ in range(6)]
        for each in asked:
            each.sendall(head("/echo/busy", "Content-Length: 1") + b"x")
        assert [status(read_answer(each)) for each in asked] == [200] * 6


def test_places_are_counted_for_each_route_and_given_back() -> None:
    limits = BodyLimits([BodyLimit("/a", 10, most_at_once=8), BodyLimit("/b", 10, most_at_once=8)])
    a, b = limits.limit("/a/x"), limits.limit("/b")
    with ExitStack() as stack:
        for client in "1122334":
            stack.enter_context(limits.place(a, client))
        for client in "13":
            with pytest.raises(RefusedError), limits.place(a, client):
                pass
        stack.enter_context(limits.place(a, "4"))
        with pytest.raises(RefusedError), limits.place(a, "5"):
            pass
        with limits.place(b, "1"):
            pass
    with limits.place(a, "1"), limits.place(a, "1"):
        pass


def test_a_path_without_a_limit_of_its_own_takes_little() -> None:
    assert BodyLimits([]).limit("/anything").largest_bytes == 2**16
