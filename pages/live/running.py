"""A running meeting: title, clock, level, buttons, and the transcript as it grows."""

from __future__ import annotations

import streamlit as st

from meetcore.records import LiveSnapshot, LiveState
from pages.live import controls, start, transcript
from pages.shared import notice, process, state, style
from pages.shared.plain_text import plain

REFRESH_S = 0.3
SILENCE_S = 5.0
NO_SOUND_S = 10.0
LOST_S = 4.0
CHANGE_SHOWN_S = 12.0
UNSAVED_S = 2.0
UNSETTLED_S = 90.0


def running(meeting_id: str) -> None:
    """Draw a running meeting, in the tab that records it and in others."""
    live = process.service().live(meeting_id)
    if live is None:
        st.rerun()
    live_area(meeting_id)


@st.fragment(run_every=REFRESH_S)
def live_area(meeting_id: str) -> None:
    """Draw the parts that change several times a second."""
    live = process.service().live(meeting_id)
    if live is None or live.snapshot().state is LiveState.STOPPED:
        st.rerun(scope="app")
    snapshot = live.snapshot()
    with st.container(key="controls"):
        controls.controls(snapshot)
    with st.container(key="warnings"):
        warnings(snapshot)
    transcript.live_view(snapshot, process.service().models())


def warnings(snapshot: LiveSnapshot) -> None:
    """Draw at most one warning each on the microphone, the speed, and on what failed."""
    if snapshot.state is LiveState.LISTENING:
        if state.is_recording(snapshot.meeting_id):
            own_microphone(snapshot)
        else:
            other_tab(snapshot)
    speed(snapshot)
    languages(snapshot)
    settling(snapshot)
    errors(snapshot)


def speed(snapshot: LiveSnapshot) -> None:
    """Draw at most one line on a machine that is too busy for the live text."""
    health = snapshot.health
    if not health.keeping_up:
        st.warning(
            f"The text is {health.backlog:.0f} s behind: this machine is busy. Nothing is lost: the"
            " final transcript has every word.",
            icon=":material/speed:",
        )
    elif health.is_lighter:
        st.caption(
            ":material/speed: This machine is busy: the text is simpler for now. The final"
            " transcript is not affected."
        )
    elif changed_lately(snapshot):
        st.caption(":material/speed: The machine has time again: the text is as usual.")


def languages(snapshot: LiveSnapshot) -> None:
    """Draw at most one line on the recognizer that writes the meeting's languages."""
    if snapshot.language_note:
        st.caption(f":material/translate: {plain(snapshot.language_note)}")


def settling(snapshot: LiveSnapshot) -> None:
    """Draw a line where the second pass has fallen behind, as the machine has no time for it."""
    behind = snapshot.health.unsettled
    if behind >= UNSETTLED_S and snapshot.health.keeping_up:
        st.caption(
            ":material/schedule: This machine is busy: the final wording is"
            f" {behind / 60:.0f} min behind. What is left is done after the meeting."
        )


def changed_lately(snapshot: LiveSnapshot) -> bool:
    """Whether the usual recognizer came back within CHANGE_SHOWN_S."""
    changed_at = snapshot.health.weight_changed_at
    return changed_at is not None and snapshot.elapsed - changed_at < CHANGE_SHOWN_S


def errors(snapshot: LiveSnapshot) -> None:
    """Draw at most one line on what could not be saved, written or read."""
    health = snapshot.health
    if health.unsaved_for >= UNSAVED_S:
        st.warning(
            "The newest text is not saved yet: the database does not take it. It is saved as soon"
            " as that works; the sound is safe.",
            icon=":material/save:",
        )
    elif " " in health.last_error:
        st.warning(plain(health.last_error), icon=":material/warning:")
    elif health.last_error and health.model_errors:
        passages = style.counted(health.model_errors, "passage")
        st.caption(
            f":material/info: {plain(passages)} could not be read live; the final transcript"
            " will have them."
        )


def own_microphone(snapshot: LiveSnapshot) -> None:
    """Draw a warning where this tab's sound does not arrive or is silent."""
    sending_for = state.recording_for()
    quiet = min(snapshot.health.since_last_frame, sending_for)
    if quiet >= NO_SOUND_S:
        notice.error(
            "The microphone's sound does not reach Meetcore: the browser could not connect. Connect"
            " again, or stop and record without live text."
            if snapshot.health.frames_offered == 0
            else "The connection to the microphone was lost; what was said before is safe. Connect"
            " again to go on.",
            ":material/mic_off:",
        )
        if st.button("Connect again", key="reconnect"):
            state.restart_microphone()
            st.rerun(scope="app")
        if snapshot.health.frames_offered == 0:
            start.fallback()
    elif quiet >= LOST_S:
        st.warning("Connecting to the microphone…", icon=":material/mic:")
    elif snapshot.silent_for >= SILENCE_S:
        st.warning(
            "No sound is arriving: is the right microphone chosen?", icon=":material/volume_off:"
        )


def other_tab(snapshot: LiveSnapshot) -> None:
    """Draw where the meeting is recorded, and a button that uses this tab's microphone."""
    if state.may_reattach() is not None:
        st.info("Taking the microphone up again…", icon=":material/mic:")
        return
    gone = snapshot.source is None or snapshot.health.since_last_frame > LOST_S
    with st.container(key="viewer", horizontal=True, vertical_alignment="center"):
        if gone:
            st.warning("No microphone is sending sound to this meeting.", icon=":material/mic_off:")
        else:
            st.info("Recording goes on in another tab.", icon=":material/tab:")
        if st.button("Use this tab's microphone", key="take-over"):
            state.begin_recording(snapshot.meeting_id)
            st.rerun(scope="app")
