"""What all sessions of the process share: settings, the service, examiner and monitor."""

from __future__ import annotations

import logging

import streamlit as st

from meetcore.diagnostics.examiner import Examiner
from meetcore.diagnostics.monitor import Monitor
from meetcore.errors import MeetcoreError
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings, load_settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings in force, read once per process."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def service() -> MeetingService:
    """The one meeting service of this process, shared by every session and the lifespan."""
    return MeetingService(settings(), open_store(settings().database))


@st.cache_resource(show_spinner=False)
def blocked() -> str:
    """Why Meetcore cannot run here until it is started anew; empty where it can."""
    try:
        service()
    except (MeetcoreError, OSError) as error:
        logger.exception("the service could not be made")
        return str(error)
    return ""


@st.cache_resource(show_spinner=False)
def resolver() -> WeightResolver:
    """What weights there are, and which of them are on this machine."""
    return WeightResolver(settings().cache_dir, settings().offline)


@st.cache_resource(show_spinner=False)
def examiner() -> Examiner:
    """What is wrong on this machine, looked at in the background."""
    address = str(st.get_option("server.address") or "")
    if blocked():
        return Examiner(address=address)
    return Examiner(settings(), lambda: service().models(), address)


@st.cache_resource(show_spinner=False)
def monitor() -> Monitor:
    """The last minutes of this process and of the running meetings."""
    return Monitor(service().running, lambda: service().worker_pid)


def load_models() -> None:
    """Load the models once; failures are the service's to report, and logged here."""
    try:
        service().load_models()
    except Exception:  # top of a thread
        logger.exception("the models did not load")
