"""The server: Streamlit's pages, the routes beside them, and what starts and stops with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Route

from meetcore import private_files
from meetcore.api.access.guard import AccessGuard
from meetcore.api.routes import api_routes
from meetcore.errors import MeetcoreError
from meetcore.text import log_lines
from meetcore.text.safe_traceback import in_one_line
from pages.diagnostics import selftest
from pages.http import access, connection_test, microphone
from pages.shared import notice, process

logger = logging.getLogger(__name__)

SHUTDOWN_TIMEOUT_S = 20.0


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the background work of the process, and end it at shutdown.

    Where the service cannot be made, the pages say why, and nothing is started.
    """
    private_files.set_private_umask()
    log_lines.write_one_line_records()
    trouble = await run_in_threadpool(process.startup_error)
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
    """Mark interrupted meetings, load the models on a thread, start the monitor."""
    try:
        for meeting in process.service().recover():
            logger.info("meeting %s was interrupted; its page can finish it", meeting.id)
    except (MeetcoreError, OSError) as error:
        # Meetings can be recorded and read all the same.
        logger.error("what was interrupted is taken up at the next start: %s", in_one_line(error))
    threading.Thread(target=process.load_models, name="load-models", daemon=True).start()
    process.monitor().start()


def end() -> None:
    """Stop running meetings and jobs; what is not finished goes on at the next start."""
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
    middleware=[Middleware(AccessGuard, policy=access.policy())],
    on_script_error=notice.show_unexpected,
)
