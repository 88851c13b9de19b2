"""GET routes of a meeting's transcript, and of what the second pass changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from meetcore.api import speakers_json
from meetcore.api.get_service import GetService, require_service
from meetcore.api.request_body import path_id
from meetcore.api.responses import refusal
from meetcore.errors import MeetcoreError
from meetcore.records import Meeting, Segment, Speaker, Stage, Transcript, Turn
from meetcore.service.protocol import StoreProtocol
from meetcore.text.languages import name_of
from meetcore.text.speaker_labels import free_labels
from meetcore.transcript.comparison import DiffKind, SegmentChange, compare
from meetcore.transcript.corrected_turns import corrected_turns
from meetcore.transcript.language_changes import language_changes
from meetcore.transcript.statistics import Statistics, statistics

ROUTE = "/api/meetings/{id}/transcript"
CHANGES_ROUTE = "/api/meetings/{id}/changes"
NEW_SPEAKERS = 10
"""Sent with a transcript: more than a page creates before it gets the answers to its edits."""
LETTERS = {
    DiffKind.EQUAL: "=",
    DiffKind.INSERTED: "+",
    DiffKind.REMOVED: "-",
    DiffKind.REPLACED: "~",
}


@dataclass(frozen=True, slots=True)
class TranscriptBody:
    """A transcript as JSON; `etag` differs for any other content, and is in the JSON too."""

    etag: str
    body: bytes


def page_version(transcript: Transcript, turns: tuple[Turn, ...]) -> str:
    """A text that differs for any other content; it is valid within this process only.

    Far cheaper than `TranscriptBody.etag`: a page compares it each time it is drawn.
    """
    return f"{hash((transcript, turns)) & (2**64 - 1):016x}"


def transcript_body(store: StoreProtocol, meeting_id: str) -> TranscriptBody:
    """The transcript in force as the page's script reads it.

    Raises
    ------
    MeetingNotFoundError
        There is no such meeting.
    StoreError
        The database refuses.
    """
    meeting, transcript = store.get(meeting_id), store.transcript(meeting_id)
    state = store.edits.state(meeting_id)
    labels = [segment.speaker for segment in transcript.segments]
    turns = corrected_turns(store.turns(meeting_id), transcript.segments)
    found = columns(meeting, transcript, turns) | {
        "people": speakers_json.speakers_json(transcript.speakers, labels),
        "new_people": speakers_json.speakers_json(new_speakers(store.speakers(meeting_id))),
        "undo": state.can_undo,
        "redo": state.can_redo,
    }
    body = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    etag = hashlib.sha256(body).hexdigest()[:16]
    return TranscriptBody(etag, b'{"etag":"%b",' % etag.encode() + body[1:])


def new_speakers(taken: Iterable[Speaker]) -> list[Speaker]:
    """The speakers that the next edits create, in their order.

    Parameters
    ----------
    taken : the speakers of all stages, whose labels are not given again

    Examples
    --------
    >>> [speaker.label for speaker in new_speakers([Speaker("S1"), Speaker("S3")])][:3]
    ['S2', 'S4', 'S5']
    """
    labels = {speaker.label for speaker in taken}
    return [Speaker(label) for label in islice(free_labels(labels), NEW_SPEAKERS)]


def columns(meeting: Meeting, transcript: Transcript, turns: tuple[Turn, ...]) -> dict[str, Any]:
    """The transcript column by column; times in centiseconds, speakers by their number.

    The turns are those of `corrected_turns`.

    Segments have `start`, `end`, `speaker` (-1: unknown), `count` (of words) and `machine` (text
    by position, where a person corrected it); words have `text` and `at`, and `languages` has the
    name of the language by the place of each word with which it changes.
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
        "languages": language_names(segments),
        "turns": {
            "start": [centiseconds(turn.start) for turn in turns],
            "end": [centiseconds(turn.end) for turn in turns],
            "speaker": [number[turn.speaker] for turn in turns],
        },
        "statistics": numbers(statistics(segments, turns, duration)),
    }


def language_names(segments: tuple[Segment, ...]) -> dict[str, str]:
    """Names of languages, by the place among all words of the one with which it changes."""
    found: dict[str, str] = {}
    first = 0
    for segment, marks in zip(segments, language_changes(segments), strict=True):
        found |= {str(first + place): name_of(code) for place, code in marks.items()}
        first += len(segment.words)
    return found


def length_of(meeting: Meeting, segments: tuple[Segment, ...]) -> float:
    """Seconds of the meeting; up to the last word where the store has none."""
    return meeting.duration or max((segment.end for segment in segments), default=0.0)


def centiseconds(seconds: float) -> int:
    """Whole hundredths of a second.

    >>> centiseconds(1.239)
    124
    """
    return round(100 * seconds)


def numbers(found: Statistics) -> dict[str, Any]:
    """The statistics as a JSON object, rounded for display."""
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


def routes(service: GetService) -> list[Route]:
    """GET gives the transcript, and what the second pass changed in it."""

    async def serve(request: Request) -> Response:
        return await run_in_threadpool(answer, service, request)

    async def serve_changes(request: Request) -> Response:
        return await run_in_threadpool(answer_changes, service, request)

    return [Route(ROUTE, serve), Route(CHANGES_ROUTE, serve_changes)]


def answer(service: GetService, request: Request) -> Response:
    """The transcript; 304 where the script has this version."""
    try:
        store = require_service(service).store
        found = transcript_body(store, path_id(request))
    except MeetcoreError as error:
        return refusal(error).response()
    tag = f'"{found.etag}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type="application/json", headers=headers)


def answer_changes(service: GetService, request: Request) -> Response:
    """What the second pass changed."""
    try:
        store = require_service(service).store
        return JSONResponse(changes(store, path_id(request)))
    except MeetcoreError as error:
        return refusal(error).response()


def changes(store: StoreProtocol, meeting_id: str) -> list[dict[str, Any] | None]:
    """For each final segment what changed in it, or None."""
    before = store.transcript(meeting_id, Stage.PROVISIONAL).segments
    after = store.transcript(meeting_id, Stage.FINAL).segments
    return [change_json(change) if change.changed else None for change in compare(before, after)]


def change_json(change: SegmentChange) -> dict[str, Any]:
    """One segment's change: parts as [sign, before, after]."""
    return {
        "parts": [[LETTERS[part.kind], part.before, part.after] for part in change.parts],
        "was": change.speaker_before if change.speaker_changed else None,
    }
