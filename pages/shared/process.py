"""Objects that all tabs of the process share: settings, service, examiner, monitor."""

from __future__ import annotations

import logging
from typing import Protocol

import streamlit as st

from meetcore.diagnostics.examiner import Examiner
from meetcore.diagnostics.findings import Diagnosis
from meetcore.diagnostics.monitor import Monitor, MonitorView
from meetcore.errors import MeetcoreError
from meetcore.service.meeting_service import MeetingService
from meetcore.service.protocol import ServiceProtocol
from meetcore.settings import Settings, load_settings
from meetcore.store.meetings import open_store
from meetcore.supervised import guarded
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)


class ExaminerProtocol(Protocol):
    """What pages ask of the examiner; see `meetcore.diagnostics.examiner.Examiner`."""

    def start(self) -> None: ...
    def close(self) -> None: ...
    def refresh(self) -> None: ...
    def snapshot(self, origin: str | None = None) -> Diagnosis: ...


class MonitorProtocol(Protocol):
    """What pages ask of the monitor; see `meetcore.diagnostics.monitor.Monitor`."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def snapshot(self) -> MonitorView: ...


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """The settings in force, read once per process."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def service() -> ServiceProtocol:
    """The one meeting service of this process, shared by all tabs and the lifespan."""
    return MeetingService(settings(), open_store(settings().database))


@st.cache_resource(show_spinner=False)
def startup_error() -> str:
    """Why the service cannot be made, until a restart; empty where it can."""
    try:
        service()
    except (MeetcoreError, OSError) as error:
        logger.exception("the service could not be made")
        return str(error)
    return ""


@st.cache_resource(show_spinner=False)
def resolver() -> WeightResolver:
    """The catalogue of weights, and which of them are on this machine."""
    return WeightResolver(settings().cache_dir, settings().offline)


@st.cache_resource(show_spinner=False)
def examiner() -> ExaminerProtocol:
    """Finds what is wrong on this machine, in the background."""
    address = str(st.get_option("server.address") or "")
    if startup_error():
        return Examiner(address=address)
    return Examiner(settings(), lambda: service().models(), address)


@st.cache_resource(show_spinner=False)
def monitor() -> MonitorProtocol:
    """Samples this process and the running meetings, and keeps the last minutes."""
    return Monitor(service().running, lambda: service().worker_pid)


def load_models() -> None:
    """Load the models on a thread of its own; Diagnostics shows what it met."""
    with guarded("models"):
        service().load_models()
