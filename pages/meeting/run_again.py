"""Buttons that queue a meeting's job again: to finish it, with other options, or for speakers."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from meetcore.api.asked_options import LONGEST_PROMPT, MOST_SPEAKERS
from meetcore.records import JobOptions, JobStage, Meeting, MeetingState, Transcript
from pages.shared import job_options, notice, process, recognizer_choice


def finish_button(meeting: Meeting) -> None:
    """Draw the button that goes on with the job where it stopped."""
    st.button(
        "Finish" if meeting.state is MeetingState.INTERRUPTED else "Try again",
        key=f"finish-{meeting.id}",
        type="primary",
        icon=":material/auto_fix_high:",
        on_click=finish,
        args=(meeting.id,),
    )


def finish(meeting_id: str) -> None:
    """Queue the stages that are missing."""
    with notice.showing_errors():
        process.service().finalize(meeting_id)


def run_again(meeting: Meeting) -> None:
    """Draw the panel that transcribes the recording again, with other options."""
    with st.popover("Run again", icon=":material/replay:"):
        offers = recognizer_choice.offers()
        weight = recognizer_choice.choice(offers)
        language = job_options.language_choice(weight, offers)
        how, count = number_of_speakers()
        prompt = st.text_area(
            "Names and terms in the recording",
            key=job_options.PROMPT_KEY,
            max_chars=LONGEST_PROMPT,
            height=80,
        )
        st.caption("The transcript stays until the new one is there; undo brings it back.")
        st.button(
            "Transcribe again",
            key=f"again-{meeting.id}",
            type="primary",
            on_click=retry,
            args=(
                meeting.id,
                JobStage.RECOGNIZING,
                job_options.options_from(weight, language, how, count, prompt),
            ),
        )


def number_of_speakers() -> tuple[str | None, int]:
    """Draw the choice of the number of speakers; gives the kind of choice and the number."""
    how = st.segmented_control(
        "Speakers",
        (job_options.AUTO, job_options.EXACTLY, job_options.AT_MOST, job_options.NONE),
        default=job_options.AUTO,
        key=job_options.SPEAKERS_KEY,
    )
    return how, job_options.speaker_count(how)


def lacks_speakers(transcript: Transcript) -> bool:
    """Whether there are words, none of them with a speaker."""
    return bool(transcript.segments) and all(
        segment.speaker is None for segment in transcript.segments
    )


def find_speakers(meeting: Meeting) -> None:
    """Draw the button that finds the speakers of a transcript without any."""
    job = process.service().store.jobs.get(meeting.id)
    options = job.options if job else JobOptions()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            "How many people speak? 0 lets Meetcore find out.",
            0,
            MOST_SPEAKERS,
            0,
            key=f"speakers-of-{meeting.id}",
        )
        known = min(int(count), MOST_SPEAKERS)
        st.button(
            "Find speakers",
            key=f"find-speakers-{meeting.id}",
            type="primary",
            icon=":material/group_search:",
            on_click=retry,
            args=(
                meeting.id,
                JobStage.DIARIZING,
                replace(options, speakers=True, n_speakers=known or None, max_speakers=None),
            ),
        )


def retry(meeting_id: str, stage: JobStage, options: JobOptions) -> None:
    """Queue the job from a stage on."""
    with notice.showing_errors():
        process.service().retry(meeting_id, stage, options)
