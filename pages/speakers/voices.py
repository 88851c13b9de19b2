"""Enrolled voices: heard again, renamed, merged, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from meetcore.api import recordings
from meetcore.errors import MeetingNotFoundError
from meetcore.records import Meeting, Profile, VoiceClip
from pages.shared import actions, element, process, style

draw = element.register(__file__, "voices", "listed")

KEY = "voices"
SHORTEST_CLIP_S, LONGEST_CLIP_S = 1.0, 12.0


@st.fragment
def area() -> None:
    """The enrolled voices by name."""
    draw(key=KEY, data=payload(), on_act_change=actions.callback(KEY, handlers()))


def handlers() -> actions.Handlers:
    """What can be done with a voice."""
    service = process.service()

    def rename(asked: actions.Asked) -> None:
        if name := actions.named(asked):
            service.store.profiles.rename(str(asked["voice"]), name)

    return {
        "rename": rename,
        "merge": lambda asked: service.merge_voices(str(asked["voice"]), str(asked["into"])),
        "delete": lambda asked: service.forget_voice(str(asked["voice"])),
    }


def payload() -> dict[str, Any]:
    """The voices as their element draws them."""
    profiles = process.service().store.profiles.list()
    heard = meetings_of(profiles)
    ordered = sorted(profiles, key=lambda profile: profile.name.casefold())
    return {"voices": [voice(profile, heard) for profile in ordered], **actions.common()}


def meetings_of(profiles: list[Profile]) -> Mapping[str, Meeting]:
    """The meetings whose recordings hold the voices' clips; deleted ones are not among them."""
    store = process.service().store
    found: dict[str, Meeting] = {}
    for meeting_id in {clip.meeting_id for profile in profiles for clip in profile.clips}:
        try:
            found[meeting_id] = store.get(meeting_id)
        except MeetingNotFoundError:
            continue
    return found


def voice(profile: Profile, heard: Mapping[str, Meeting]) -> dict[str, Any]:
    """One voice; its embedding stays on the server."""
    return {
        "id": profile.id,
        "name": profile.name,
        "speech": f"{speech_text(profile.duration)} of speech",
        "meetings": style.counted(max(1, profile.meetings), "meeting"),
        "since": f"since {style.day_text(profile.created_at)}",
        "weight": profile.weight,
        "clip": next(filter(None, (clip_of(clip, heard) for clip in profile.clips)), None),
    }


def clip_of(clip: VoiceClip, heard: Mapping[str, Meeting]) -> dict[str, Any] | None:
    """Where a player finds the clip: the recording's address with a media fragment."""
    meeting = heard.get(clip.meeting_id)
    address = recordings.address(meeting, process.service().recordings_dir) if meeting else None
    if meeting is None or address is None or clip.end - clip.start < SHORTEST_CLIP_S:
        return None
    end = min(clip.end, clip.start + LONGEST_CLIP_S)
    return {
        "address": f"{address}#t={clip.start:.2f},{end:.2f}",
        "start": round(clip.start, 2),
        "end": round(end, 2),
        "title": meeting.title,
    }


def speech_text(seconds: float) -> str:
    """Seconds of speech as people say them.

    >>> speech_text(14.2), speech_text(190.0)
    ('14 s', '3 min 10 s')
    """
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
