"""A real server on a port of its own: the routes, a socket and a page behind the guard."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from meetcore.api.access.body_limits import BodyLimit
from meetcore.api.access.guard import AccessGuard, AccessPolicy
from meetcore.api.access.hosts import allowed_hosts
from meetcore.api.routes import api_routes
from tests.pages.fake_backend import FakeService, furnished

LIMITS = (
    BodyLimit("/uploads/", 2**30, most_at_once=8),
    BodyLimit("/api/", 2**20),
    BodyLimit("/echo", 2**20, most_at_once=8),
)


async def page(request: Request) -> Response:
    return PlainTextResponse("a page", headers={"access-control-allow-origin": "*"})


async def echo(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(str(len(body)))


async def early(request: Request) -> Response:
    return PlainTextResponse("not read")


async def busy(request: Request) -> Response:
    await request.body()
    await asyncio.sleep(1.0)
    return PlainTextResponse("done")


async def broken(request: Request) -> Response:
    raise ValueError("the words of a meeting")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("open")
    await socket.close()


class RealServer:
    """uvicorn on a thread, as Streamlit configures it."""

    def __init__(self, service: FakeService) -> None:
        self.service = service
        policy = AccessPolicy(allowed_hosts("127.0.0.1", ["meet.example"]), LIMITS)
        routes = [
            *api_routes(lambda: service),
            Route("/", page),
            Route("/meeting", page),
            Route("/echo", echo, methods=["POST", "PUT", "DELETE"]),
            Route("/early", early, methods=["POST"]),
            Route("/echo/early", early, methods=["POST"]),
            Route("/echo/busy", busy, methods=["POST"]),
            Route("/broken", broken),
            WebSocketRoute("/_stcore/stream", talk),
        ]
        app = Starlette(routes=routes, middleware=[Middleware(AccessGuard, policy=policy)])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(app, ws="websockets-sansio", log_config=None, access_log=False)
        )
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Return when the server answers."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """End the thread."""
        self._server.should_exit = True
        self._thread.join(10.0)

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._listener]))

    @contextmanager
    def connection(self) -> Iterator[socket.socket]:
        """A raw connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20.0) as connected:
            yield connected

    def ask(self, text: str) -> str:
        """The whole answer to a request that is sent as it stands; {port} is the server's."""
        with self.connection() as connected:
            connected.sendall(text.replace("{port}", str(self.port)).encode("latin-1"))
            return read_answer(connected)


def read_answer(connected: socket.socket) -> str:
    """Head and body of an answer, by its Content-Length."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connected.recv(65536)
        if not piece:
            return received.decode("latin-1")
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(
        (int(line.split(":")[1]) for line in lines if line.startswith("content-length")), 0
    )
    while len(body) < length and (piece := connected.recv(65536)):
        body += piece
    return (head + b"\r\n\r\n" + body).decode("latin-1")


Ask = Callable[[str], str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One server for the tests of a module."""
    service = furnished()
    service.folder = Path(tmp_path_factory.mktemp("uploads"))
    server = RealServer(service)
    server.start()
    yield server
    server.stop()
