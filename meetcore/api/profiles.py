"""Routes of enrolled voice profiles: list, rename, merge, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from meetcore.api import recordings
from meetcore.api.change_endpoints import Actions, Body, Id, Name, NoFields
from meetcore.api.get_service import GetService, require_service
from meetcore.api.responses import Answer, refusal
from meetcore.errors import MeetcoreError, MeetingNotFoundError
from meetcore.records import Meeting, Profile, VoiceClip
from meetcore.service.protocol import ServiceProtocol

LIST_ROUTE = "/api/profiles"
ROUTE = "/api/profiles/{id}"
SHORTEST_CLIP_S, LONGEST_CLIP_S = 1.0, 12.0


class NewName(Body):
    """The new name of a profile."""

    name: Name


class MergeInto(Body):
    """The profile that is kept."""

    into: Id


def routes(service: GetService, actions: Actions) -> list[Route]:
    """GET lists the profiles; PATCH renames, DELETE deletes, POST …/merge merges one."""

    async def serve(request: Request) -> Response:
        return (await run_in_threadpool(answer, service)).response()

    return [
        Route(LIST_ROUTE, serve),
        Route(ROUTE, actions.endpoint(NewName, rename), methods=["PATCH"]),
        Route(ROUTE, actions.endpoint(NoFields, delete), methods=["DELETE"]),
        Route(f"{ROUTE}/merge", actions.endpoint(MergeInto, merge), methods=["POST"]),
    ]


def answer(service: GetService) -> Answer:
    """All voice profiles by name, without their embeddings."""
    try:
        return Answer({"voices": listed(require_service(service))})
    except MeetcoreError as error:
        return refusal(error)


def listed(service: ServiceProtocol) -> list[dict[str, Any]]:
    """All voice profiles by name, each as a JSON object."""
    profiles = sorted(service.store.profiles.list(), key=lambda each: each.name.casefold())
    meetings = meetings_of(service, profiles)
    return [profile_json(service, profile, meetings) for profile in profiles]


def meetings_of(service: ServiceProtocol, profiles: list[Profile]) -> Mapping[str, Meeting]:
    """The meetings whose recordings hold the voices' clips; deleted ones are left out."""
    found: dict[str, Meeting] = {}
    for meeting_id in {clip.meeting_id for profile in profiles for clip in profile.clips}:
        try:
            found[meeting_id] = service.store.get(meeting_id)
        except MeetingNotFoundError:
            continue
    return found


def profile_json(
    service: ServiceProtocol, profile: Profile, meetings: Mapping[str, Meeting]
) -> dict[str, Any]:
    """One profile as JSON; its embedding stays on the server."""
    clips = (clip_of(service, clip, meetings) for clip in profile.clips)
    return {
        "id": profile.id,
        "name": profile.name,
        "seconds": round(profile.duration, 1),
        "meetings": max(1, profile.meetings),
        "since": profile.created_at.isoformat(),
        "clip": next(filter(None, clips), None),
    }


def clip_of(
    service: ServiceProtocol, clip: VoiceClip, meetings: Mapping[str, Meeting]
) -> dict[str, Any] | None:
    """Where a player finds the clip: the recording's address with a media fragment."""
    meeting = meetings.get(clip.meeting_id)
    address = recordings.address(meeting, service.recordings_dir) if meeting else None
    if meeting is None or address is None or clip.end - clip.start < SHORTEST_CLIP_S:
        return None
    end = min(clip.end, clip.start + LONGEST_CLIP_S)
    return {
        "address": f"{address}#t={clip.start:.2f},{end:.2f}",
        "start": round(clip.start, 2),
        "end": round(end, 2),
        "title": meeting.title,
    }


def rename(service: ServiceProtocol, profile_id: str, asked: NewName) -> dict[str, Any]:
    """Rename a profile; raises StoreError for an empty name or an unknown profile."""
    service.store.profiles.rename(profile_id, asked.name)
    return {}


def delete(service: ServiceProtocol, profile_id: str, asked: NoFields) -> dict[str, Any]:
    """Delete a profile; raises StoreError when there is no such profile."""
    service.forget_voice(profile_id)
    return {}


def merge(service: ServiceProtocol, profile_id: str, asked: MergeInto) -> dict[str, Any]:
    """Merge two profiles; raises MeetingStateError when their models differ."""
    service.merge_voices(profile_id, asked.into)
    return {}
