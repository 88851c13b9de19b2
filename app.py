"""The server: Streamlit's pages, the recordings they play, and what happens at start and stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from meetcore.api.routes import api_routes
from pages.diagnostics import selftest
from pages.http import connection_test, microphone
from pages.shared import notice, process

logger = logging.getLogger(__name__)

SHUTDOWN_TIMEOUT_S = 20.0


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start what runs behind the pages, and finish it at the end.

    Where it cannot run at all, the pages say why, and nothing else is served.
    """
    trouble = await run_in_threadpool(process.blocked)
    if trouble:
        logger.error("Meetcore cannot run here: %s", trouble)
    else:
        await run_in_threadpool(begin)
    process.examiner().start()
    try:
        yield
    finally:
        await run_in_threadpool(process.examiner().close)
        if not trouble:
            await run_in_threadpool(end)


def begin() -> None:
    """List what a crash interrupted, load the models in the background, watch the process."""
    for meeting in process.service().recover():
        logger.info("meeting %s was interrupted; its page can finish it", meeting.id)
    threading.Thread(target=process.load_models, name="load-models", daemon=True).start()
    process.monitor().start()


def end() -> None:
    """Flush running meetings; what is not finished is taken up at the next start."""
    process.monitor().stop()
    selftest.runner().close()
    process.service().shutdown(SHUTDOWN_TIMEOUT_S)


app = st.App(
    Path(__file__).parent / "pages" / "navigation.py",
    lifespan=lifespan,
    routes=[
        *api_routes(process.service),
        Route(microphone.ROUTE, microphone.connect, methods=["POST"]),
        Route(connection_test.ROUTE, connection_test.connect, methods=["POST"]),
    ],
    on_script_error=notice.show_unexpected,
)
