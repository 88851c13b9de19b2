"""Body of the Meeting page: progress while a job runs, then the transcript."""

from __future__ import annotations

import streamlit as st

from meetcore.errors import MeetingNotFoundError
from meetcore.records import Meeting, MeetingState, Stage, Transcript
from meetcore.text.durations import position_text
from pages.meeting import editor, heading, progress, run_again
from pages.shared import notice, process, style
from pages.shared.plain_text import plain


def ended_meeting(meeting_id: str) -> None:
    """Draw a meeting that has ended, with the progress of its job."""
    try:
        meeting = process.service().store.get(meeting_id)
    except MeetingNotFoundError:
        st.error("This meeting does not exist any more.", icon=":material/search_off:")
        return
    transcript = process.service().store.transcript(meeting_id)
    heading.heading(meeting, transcript)
    at_work = meeting.state in (MeetingState.FINALIZING, MeetingState.LIVE)
    if at_work and transcript.stage is not Stage.FINAL:
        progress.progress_and_transcript(meeting_id)
        return
    if at_work:
        progress.progress_bar(meeting_id)
    elif meeting.state in (MeetingState.INTERRUPTED, MeetingState.FAILED):
        unfinished_notice(meeting, transcript)
    final_transcript(meeting, transcript, editable=not at_work)


def unfinished_notice(meeting: Meeting, transcript: Transcript) -> None:
    """Draw why a meeting has no final transcript, and the button that finishes it."""
    if meeting.state is MeetingState.INTERRUPTED:
        st.warning(
            "This meeting was interrupted. What was recorded is safe;"
            " finish it to get the full transcript.",
            icon=":material/bolt:",
        )
    else:
        reason = meeting.detail or "The transcription failed."
        kept = " The words so far are kept." if transcript.segments else ""
        again = "" if "again" in reason.lower() else " Try again."
        notice.error(f"{reason}{kept}{again}")
    run_again.finish_button(meeting)


def final_transcript(meeting: Meeting, transcript: Transcript, editable: bool = True) -> None:
    """Draw the transcript in force with its player."""
    if meeting.detail and meeting.state is MeetingState.DONE:
        st.caption(f":material/info: {plain(meeting.detail)}")
        notice.rule_link_for(meeting.detail)
    if meeting.state is MeetingState.DONE and run_again.lacks_speakers(transcript):
        run_again.find_speakers(meeting)
    if transcript.stage is Stage.PROVISIONAL and transcript.segments:
        st.caption("Written while people talked; the final transcript will be better.")
    if transcript.segments or meeting.state is MeetingState.DONE:
        editor.final_view(meeting, transcript, editable)
    rejected_text(transcript)


def rejected_text(transcript: Transcript) -> None:
    """Draw the text that was held back because it is probably no speech."""
    if not transcript.rejected:
        return
    title = f"Held back as likely noise ({len(transcript.rejected)})"
    with st.expander(plain(title), icon=":material/noise_aware:"):
        style.table(
            ("From", "Text", "Why"),
            [
                (position_text(each.start), each.text.strip(), each.reason)
                for each in transcript.rejected
            ],
        )
