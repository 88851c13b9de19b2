"""What the meeting view reads from the server: a transcript as columns, sent once per version."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from meetcore.api.service import Service
from meetcore.errors import MeetcoreError
from meetcore.records import Meeting, Segment, Stage, Transcript, Turn
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.comparison import Kind, SegmentChange, compare
from meetcore.transcript.statistics import Statistics, statistics

ROUTE = "/meetings/{meeting_id}/transcript.json"
CHANGES_ROUTE = "/meetings/{meeting_id}/changes.json"
KEPT = 6
"""Transcripts kept ready for the script that is about to ask for them."""
LETTERS = {Kind.EQUAL: "=", Kind.INSERTED: "+", Kind.REMOVED: "-", Kind.REPLACED: "~"}


@dataclass(frozen=True, slots=True)
class Written:
    """A transcript as the script reads it, and the name of this state of it."""

    version: str
    body: bytes


_ready: OrderedDict[str, Written] = OrderedDict()
_lock = threading.Lock()


def prepare(meeting: Meeting, transcript: Transcript, turns: tuple[Turn, ...]) -> Written:
    """Write a transcript down and keep it for `serve`."""
    body = json.dumps(
        columns(meeting, transcript, turns), ensure_ascii=False, separators=(",", ":")
    ).encode()
    written = Written(hashlib.sha256(body).hexdigest()[:16], body)
    with _lock:
        _ready[meeting.id] = written
        _ready.move_to_end(meeting.id)
        while len(_ready) > KEPT:
            _ready.popitem(last=False)
    return written


def address(meeting_id: str, version: str) -> str:
    """Where the script fetches this state of a transcript."""
    return f"{ROUTE.format(meeting_id=meeting_id)}?v={version}"


def columns(meeting: Meeting, transcript: Transcript, turns: tuple[Turn, ...]) -> dict[str, Any]:
    """The transcript column by column; times in centiseconds, speakers by their number.

    Segments have `start`, `end`, `speaker` (-1: unknown), `count` (of words) and `machine` (text
    by position, where a person corrected it); words have `text` and `at`.
    """
    segments = transcript.segments
    labels = list(
        dict.fromkeys(
            [speaker.label for speaker in transcript.speakers]
            + [segment.speaker for segment in segments if segment.speaker is not None]
            + [turn.speaker for turn in turns]
        )
    )
    number = {label: place for place, label in enumerate(labels)}
    duration = length_of(meeting, segments)
    return {
        "labels": labels,
        "duration": duration,
        "start": [centiseconds(segment.start) for segment in segments],
        "end": [centiseconds(segment.end) for segment in segments],
        "speaker": [number.get(segment.speaker or "", -1) for segment in segments],
        "count": [len(segment.words) for segment in segments],
        "machine": {
            str(place): "".join(word.text for word in segment.machine).strip()
            for place, segment in enumerate(segments)
            if segment.machine is not None
        },
        "text": [word.text for segment in segments for word in segment.words],
        "at": [centiseconds(word.start) for segment in segments for word in segment.words],
        "turns": {
            "start": [centiseconds(turn.start) for turn in turns],
            "end": [centiseconds(turn.end) for turn in turns],
            "speaker": [number[turn.speaker] for turn in turns],
        },
        "statistics": numbers(statistics(segments, turns, duration)),
    }


def length_of(meeting: Meeting, segments: tuple[Segment, ...]) -> float:
    """Seconds of the meeting; where nobody noted them, up to the last word."""
    return meeting.duration or max((segment.end for segment in segments), default=0.0)


def centiseconds(seconds: float) -> int:
    """Whole hundredths of a second.

    >>> centiseconds(1.239)
    124
    """
    return round(100 * seconds)


def numbers(found: Statistics) -> dict[str, Any]:
    """The statistics, rounded as far as a reader can use them."""
    return {
        "silence": round(found.silence, 1),
        "people": [
            {
                "label": person.speaker,
                "talk": round(person.talk_time, 1),
                "share": round(person.share, 4),
                "turns": person.turns,
                "words": person.words,
                "rate": round(person.words_per_minute),
                "longest": round(person.longest_monologue, 1),
                "interruptions": person.interruptions,
                "silence": round(person.silence, 1),
            }
            for person in found.people
        ],
    }


def routes(service: Service) -> list[Route]:
    """The transcript and what the second pass changed, answered by the service handed in."""

    async def serve(request: Request) -> Response:
        return await run_in_threadpool(answer, service().store, request)

    async def serve_changes(request: Request) -> Response:
        return await run_in_threadpool(answer_changes, service().store, request)

    return [Route(ROUTE, serve), Route(CHANGES_ROUTE, serve_changes)]


def answer(store: MeetingStore, request: Request) -> Response:
    """A transcript; a script that has it already gets 304."""
    try:
        written = fresh(store, request.path_params["meeting_id"])
    except MeetcoreError as error:
        return PlainTextResponse(str(error), status_code=404)
    tag = f'"{written.version}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(written.body, media_type="application/json", headers=headers)


def fresh(store: MeetingStore, meeting_id: str) -> Written:
    """What was prepared last for a meeting, else what the store has."""
    with _lock:
        written = _ready.pop(meeting_id, None)
    if written is not None:
        return written
    meeting = store.get(meeting_id)
    return prepare(meeting, store.transcript(meeting_id), store.turns(meeting_id))


def answer_changes(store: MeetingStore, request: Request) -> Response:
    """What the second pass changed."""
    try:
        found = changes(store, request.path_params["meeting_id"])
    except MeetcoreError as error:
        return PlainTextResponse(str(error), status_code=404)
    return JSONResponse(found)


def changes(store: MeetingStore, meeting_id: str) -> list[dict[str, Any] | None]:
    """For each final segment what changed in it, or None."""
    before = store.transcript(meeting_id, Stage.PROVISIONAL).segments
    after = store.transcript(meeting_id, Stage.FINAL).segments
    return [described(change) if change.changed else None for change in compare(before, after)]


def described(change: SegmentChange) -> dict[str, Any]:
    """One segment's change: parts as [sign, before, after]."""
    return {
        "parts": [[LETTERS[part.kind], part.before, part.after] for part in change.parts],
        "was": change.speaker_before if change.speaker_changed else None,
    }
