"""A transcription server with OpenAI's interface, on a port of this machine, for tests."""

from __future__ import annotations

import io
import json
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from meetcore.records import Samples


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server read it."""

    fields: dict[str, list[str]]
    authorization: str
    samples: Samples


Reply = Callable[[Asked], Response]


@dataclass
class TranscriptionServer:
    """Answers each request with the next of `replies`; the last one goes on."""

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        """Read the form, keep it, answer."""
        form = await request.form()
        fields = {key: [str(each) for each in form.getlist(key)] for key in form if key != "file"}
        upload: Any = form["file"]
        with wave.open(io.BytesIO(await upload.read())) as file:
            assert (file.getframerate(), file.getnchannels()) == (16_000, 1)
            pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        asked = Asked(
            fields, request.headers.get("authorization", ""), pcm.astype(np.float32) / 32_767
        )
        self.asked.append(asked)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        from starlette.concurrency import run_in_threadpool

        return await run_in_threadpool(reply, asked)


def answer(data: object, status: int = 200, **headers: str) -> Reply:
    """Always the same JSON."""
    return lambda _: JSONResponse(data, status, headers)


def raw(content: bytes, status: int = 200) -> Reply:
    """Always the same bytes."""
    return lambda _: Response(content, status)


def late(seconds: float) -> Reply:
    """An answer that takes so long."""

    def reply(_: Asked) -> Response:
        time.sleep(seconds)
        return Response(json.dumps({"text": "late"}))

    return reply


@contextmanager
def serving(*replies: Reply) -> Iterator[TranscriptionServer]:
    """A running server; ends with the block."""
    known = TranscriptionServer(replies=list(replies))
    app = Starlette(routes=[Route("/v1/audio/transcriptions", known.handle, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    (port,) = {sock.getsockname()[1] for each in server.servers for sock in each.sockets}
    known.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield known
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(5)
