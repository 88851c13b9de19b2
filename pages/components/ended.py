"""After a meeting: the second pass, then the transcript, wherever a meeting is shown."""

from __future__ import annotations

import streamlit as st

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Meeting, MeetingState, Stage
from pages.components import downloads, look, notice, routes, session, transcript

REFRESH_S = 0.5


def ended(meeting_id: str) -> None:
    """Draw a meeting that no longer runs; follow it while its second pass goes on."""
    try:
        meeting = session.service().store.get(meeting_id)
    except MeetingNotFoundError:
        st.error("This meeting does not exist any more.", icon=":material/search_off:")
        st.page_link(routes.MEETINGS, label="All meetings", icon=":material/forum:")
        return
    heading(meeting)
    if meeting.state in (MeetingState.FINALIZING, MeetingState.LIVE):
        second_pass(meeting_id)
    elif meeting.state in (MeetingState.INTERRUPTED, MeetingState.FAILED):
        unfinished(meeting)
    whole(meeting)


def heading(meeting: Meeting) -> None:
    """Title, editable, and the facts under it."""
    key = f"title-of-{meeting.id}"

    def changed() -> None:
        text = (session.widget_value(key) or "").strip()
        if text:
            with notice.told():
                session.service().store.update(meeting.id, title=text)

    st.text_input(
        "Title",
        value=meeting.title,
        key=key,
        on_change=changed,
        max_chars=120,
        label_visibility="collapsed",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        look.meeting_facts(meeting)
        if session.service().store.transcript(meeting.id).segments:
            downloads.downloads(meeting)


@st.fragment(run_every=REFRESH_S)
def second_pass(meeting_id: str) -> None:
    """The bar of the second pass; the page is drawn anew when it is over."""
    meeting = session.service().store.get(meeting_id)
    if meeting.state not in (MeetingState.FINALIZING, MeetingState.LIVE):
        st.rerun(scope="app")
    if meeting.state is MeetingState.LIVE:
        st.progress(0.0, text="Writing down the last words…")
    else:
        st.progress(
            min(1.0, max(0.0, meeting.progress)),
            text=f"Listening to the whole recording once more for a better transcript:"
            f" {meeting.progress:.0%}",
        )


def unfinished(meeting: Meeting) -> None:
    """Why a meeting has no final transcript, and the button that finishes it."""
    if meeting.state is MeetingState.INTERRUPTED:
        st.warning(
            "This meeting was interrupted. Its recording is safe up to the last second;"
            " finish it to get the full transcript.",
            icon=":material/bolt:",
        )
    else:
        reason = meeting.detail or "The second pass failed."
        st.error(f"{reason} The recording is safe: try again.", icon=":material/error:")
    finish_button(meeting)


def finish_button(meeting: Meeting) -> None:
    """One click runs the second pass."""
    st.button(
        "Finish" if meeting.state is MeetingState.INTERRUPTED else "Try again",
        key=f"finish-{meeting.id}",
        type="primary",
        icon=":material/auto_fix_high:",
        on_click=finish,
        args=(meeting.id,),
    )


def finish(meeting_id: str) -> None:
    """Queue the second pass of a meeting."""
    with notice.told():
        session.service().finalize(meeting_id)


def whole(meeting: Meeting) -> None:
    """The best transcript there is, with its player."""
    store = session.service().store
    final = store.transcript(meeting.id)
    if meeting.detail and meeting.state is MeetingState.DONE:
        st.caption(f":material/info: {meeting.detail}")
    if final.stage is Stage.PROVISIONAL and final.segments:
        st.caption("Written while people talked; the second pass will improve it.")

    def rename(label: str, name: str) -> None:
        with notice.told():
            store.rename_speaker(meeting.id, label, name)

    if final.segments or meeting.state is MeetingState.DONE:
        transcript.final_view(meeting, final, rename)
