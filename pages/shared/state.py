"""The one door to st.session_state: what this tab records, shows and was told."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import streamlit as st

from pages.shared import address, process

RECORDING_KEY = "recording"
TAB_KEY = "tab"
OPENED_KEY = "opened"
REWIND_KEY = "rewind"
FAULT_KEY = "fault"
HEARD_KEY = "heard"
TROUBLE_KEY = "trouble"
REATTACH_WINDOW_S = 20.0
"""How long after a reload a tab takes its microphone up again by itself."""
QUIET_S = 1.5
"""Nobody else records a meeting whose last frame is older than this."""


@dataclass(frozen=True, slots=True)
class Recording:
    """This tab's microphone at work for one meeting."""

    meeting_id: str
    device_id: str | None
    clean_up: bool
    since: float
    """`time.monotonic()` when this tab was asked to send."""
    attempt: int = 0
    """Counts what this tab was asked to send; a new number is a new connection."""


def tab_id() -> str:
    """A name for this tab, new after each reload."""
    if TAB_KEY not in st.session_state:
        st.session_state[TAB_KEY] = uuid.uuid4().hex[:12]
        st.session_state[OPENED_KEY] = time.monotonic()
    return cast(str, st.session_state[TAB_KEY])


def opened_for() -> float:
    """Seconds since this tab was opened or reloaded."""
    tab_id()
    return time.monotonic() - cast(float, st.session_state[OPENED_KEY])


def recording() -> Recording | None:
    """What this tab's microphone is recording, if anything."""
    return cast("Recording | None", st.session_state.get(RECORDING_KEY))


def begin_recording(meeting_id: str, device_id: str | None = None, clean_up: bool = False) -> None:
    """Make this tab's microphone the meeting's, and let the address say so for a reload."""
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
    """Connect this tab's microphone anew, for the same meeting."""
    current = recording()
    if current is not None:
        st.session_state[RECORDING_KEY] = replace(
            current, attempt=current.attempt + 1, since=time.monotonic()
        )


def is_recording(meeting_id: str) -> bool:
    """Whether this tab's microphone is the one the running meeting listens to."""
    current = recording()
    live = process.service().live(meeting_id)
    if current is None or current.meeting_id != meeting_id or live is None:
        return False
    return live.snapshot().source in (None, tab_id())


def resume() -> None:
    """Keep the address true: it names the meeting this tab records, on every page."""
    current = recording()
    if current is not None and is_recording(current.meeting_id):
        address.show_meeting(address.shown_meeting() or current.meeting_id, microphone=True)
    elif current is not None and address.wants_microphone():
        address.show_meeting(address.shown_meeting())


def may_reattach() -> str | None:
    """The meeting this tab recorded until it was reloaded, if it still runs and waits for sound."""
    meeting_id = address.shown_meeting()
    if meeting_id is None or not address.wants_microphone() or recording() is not None:
        return None
    if opened_for() > REATTACH_WINDOW_S or process.service().live(meeting_id) is None:
        return None
    return meeting_id


def component_value(key: str, name: str) -> Any:
    """What a component of ours just reported under a name, else None."""
    value = st.session_state.get(key)
    return value.get(name) if isinstance(value, Mapping) else None


def widget_value(key: str) -> Any:
    """The value of a widget, inside its callback."""
    return st.session_state.get(key)


def hear(message_id: str) -> bool:
    """Whether an element's message is new; elements repeat a message until it is heard."""
    new = heard() != message_id
    st.session_state[HEARD_KEY] = message_id
    return new


def heard() -> str | None:
    """The last message heard from an element that repeats itself."""
    return cast("str | None", st.session_state.get(HEARD_KEY))


def ask_rewind(meeting_id: str, first_word: int) -> None:
    """Remember from which word on a freshly drawn page lacks the transcript."""
    st.session_state[REWIND_KEY] = (meeting_id, first_word)


def take_rewind(meeting_id: str) -> int | None:
    """The word to start from once, if a page asked for it."""
    asked = st.session_state.pop(REWIND_KEY, None)
    return asked[1] if asked and asked[0] == meeting_id else None


def fault() -> str | None:
    """Why this tab's microphone did not open, if it did not."""
    return cast("str | None", st.session_state.get(FAULT_KEY))


def note_fault(kind: str | None) -> None:
    """Remember why the microphone did not open, or forget it."""
    st.session_state[FAULT_KEY] = kind


def recording_for() -> float:
    """Seconds since this tab's microphone was asked to send."""
    current = recording()
    return time.monotonic() - current.since if current else 0.0


def trouble() -> str | None:
    """What the last action reported, if it failed."""
    return cast("str | None", st.session_state.get(TROUBLE_KEY))


def note_trouble(text: str | None) -> None:
    """Remember why an action failed, or forget it."""
    st.session_state[TROUBLE_KEY] = text


def take_trouble() -> str | None:
    """What the last action reported, told once: for elements that show it themselves."""
    return cast("str | None", st.session_state.pop(TROUBLE_KEY, None))


def remember(page: str, value: Any) -> None:
    """Keep what a page shows (a search, how much of a list) while other pages are looked at."""
    st.session_state[f"remembered-{page}"] = value


def remembered(page: str, default: Any = None) -> Any:
    """What a page showed last in this tab."""
    return st.session_state.get(f"remembered-{page}", default)
