"""State of one browser tab; only user of st.session_state."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import streamlit as st

from meetcore.text.lines import typed_line
from pages.shared import address, process

RECORDING_KEY = "recording"
TAB_KEY = "tab"
OPENED_KEY = "opened"
REWIND_KEY = "rewind"
FAULT_KEY = "fault"
ERROR_KEY = "trouble"
REATTACH_WINDOW_S = 20.0
"""How long after a reload a tab takes its microphone up again by itself."""
QUIET_S = 1.5
"""A tab may take a meeting over when its last frame is older than this."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The meeting this tab's microphone records, and how it was opened."""

    meeting_id: str
    device_id: str | None
    clean_up: bool
    since: float
    """`time.monotonic()` when this tab began to send."""
    attempt: int = 0
    """A new number makes the script open a new connection."""


def tab_id() -> str:
    """A random id for this tab, new after each reload."""
    if TAB_KEY not in st.session_state:
        st.session_state[TAB_KEY] = uuid.uuid4().hex[:12]
        st.session_state[OPENED_KEY] = time.monotonic()
    return cast(str, st.session_state[TAB_KEY])


def opened_for() -> float:
    """Seconds since this tab was opened or reloaded."""
    tab_id()
    return time.monotonic() - cast(float, st.session_state[OPENED_KEY])


def recording() -> Recording | None:
    """What this tab's microphone records; None while it is off."""
    return cast("Recording | None", st.session_state.get(RECORDING_KEY))


def begin_recording(meeting_id: str, device_id: str | None = None, clean_up: bool = False) -> None:
    """Record a running meeting with this tab's microphone; the address keeps it for a reload."""
    live = process.service().live(meeting_id)
    if live is None:
        return
    live.attach(tab_id())
    previous = recording()
    st.session_state[RECORDING_KEY] = Recording(
        meeting_id=meeting_id,
        device_id=device_id,
        clean_up=clean_up,
        since=time.monotonic(),
        attempt=previous.attempt + 1 if previous else 0,
    )
    address.show_meeting(meeting_id, microphone=True)


def restart_microphone() -> None:
    """Open a new connection for the meeting this tab records."""
    current = recording()
    if current is not None:
        st.session_state[RECORDING_KEY] = replace(
            current, attempt=current.attempt + 1, since=time.monotonic()
        )


def is_recording(meeting_id: str) -> bool:
    """Whether the running meeting takes its sound from this tab."""
    current = recording()
    live = process.service().live(meeting_id)
    if current is None or current.meeting_id != meeting_id or live is None:
        return False
    return live.snapshot().source in (None, tab_id())


def resume() -> None:
    """Write the meeting this tab records into the address, on every page."""
    current = recording()
    if current is not None and is_recording(current.meeting_id):
        address.show_meeting(address.shown_meeting() or current.meeting_id, microphone=True)
    elif current is not None and address.wants_microphone():
        address.show_meeting(address.shown_meeting())


def may_reattach() -> str | None:
    """The running meeting that this tab recorded until it was reloaded; else None."""
    meeting_id = address.shown_meeting()
    if meeting_id is None or not address.wants_microphone() or recording() is not None:
        return None
    if opened_for() > REATTACH_WINDOW_S or process.service().live(meeting_id) is None:
        return None
    return meeting_id


def component_value(key: str, name: str) -> Any:
    """The value that an element's script set under a name; None where it set none."""
    value = st.session_state.get(key)
    return value.get(name) if isinstance(value, Mapping) else None


def widget_value(key: str) -> Any:
    """The value of a widget, inside its callback."""
    return st.session_state.get(key)


def typed_text(key: str) -> str:
    """What a person typed into a field, as one line; "" where it is empty."""
    return typed_line(str(widget_value(key) or ""))


def ask_rewind(meeting_id: str, known: tuple[int, int]) -> None:
    """Note how many settled and committed turns a page has that lacks the ones after them."""
    st.session_state[REWIND_KEY] = (meeting_id, known)


def take_rewind(meeting_id: str) -> tuple[int, int] | None:
    """The numbers noted by `ask_rewind`, which is then forgotten; None where there is none."""
    asked = st.session_state.pop(REWIND_KEY, None)
    return asked[1] if asked and asked[0] == meeting_id else None


def fault() -> str | None:
    """A key of `FAULTS`: why this tab's microphone did not open; None where it did."""
    return cast("str | None", st.session_state.get(FAULT_KEY))


def note_fault(kind: str | None) -> None:
    """Keep why the microphone did not open, or forget it."""
    st.session_state[FAULT_KEY] = kind


def recording_for() -> float:
    """Seconds since this tab began to send; 0 while it does not."""
    current = recording()
    return time.monotonic() - current.since if current else 0.0


def last_error() -> str | None:
    """The error message of the last action; None where it succeeded."""
    return cast("str | None", st.session_state.get(ERROR_KEY))


def note_error(text: str | None) -> None:
    """Keep the error message of an action, or forget it."""
    st.session_state[ERROR_KEY] = text


def remember(page: str, value: Any) -> None:
    """Keep what a page shows (a search, the length of a list) while other pages are shown."""
    st.session_state[f"remembered-{page}"] = value


def remembered(page: str, default: Any = None) -> Any:
    """What `remember` kept for a page in this tab."""
    return st.session_state.get(f"remembered-{page}", default)
