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

from pages.components import notice, recordings, session, signalling, uploading, viewing

logger = logging.getLogger(__name__)

SHUTDOWN_TIMEOUT_S = 20.0


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """List what a crash interrupted, load the models in the background, finish at the end."""
    service = session.service()
    for meeting in await run_in_threadpool(service.recover):
        logger.info("meeting %s was interrupted; its page can finish it", meeting.id)
    threading.Thread(target=session.load_models, name="load-models", daemon=True).start()
    session.examiner().start()
    session.monitor().start()
    try:
        yield
    finally:
        await run_in_threadpool(session.examiner().close)
        await run_in_threadpool(session.monitor().stop)
        await run_in_threadpool(service.shutdown, SHUTDOWN_TIMEOUT_S)


app = st.App(
    Path(__file__).parent / "pages" / "navigation.py",
    lifespan=lifespan,
    routes=[
        Route(recordings.ROUTE, recordings.serve, methods=["GET", "HEAD"]),
        Route(signalling.ROUTE, signalling.connect, methods=["POST"]),
        Route(viewing.ROUTE, viewing.serve),
        Route(viewing.CHANGES_ROUTE, viewing.serve_changes),
        Route(uploading.ROUTE, uploading.answer, methods=["GET", "POST"]),
    ],
    on_script_error=notice.show_unexpected,
)
