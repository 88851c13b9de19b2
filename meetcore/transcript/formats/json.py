"""JSON with all of a meeting's transcript; `loads` gives an equal transcript back.

`transcript.schema.json` beside this module describes the fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import meetcore
from meetcore.errors import FormatError
from meetcore.records import RejectedText, Segment, Speaker, Stage, Transcript, Turn, Word
from meetcore.transcript.formats.export import Export

FORMAT = "meetcore-transcript"
VERSION = 2
"""Of `transcript.schema.json`; a field that is added later does not change it.

Version 1 had no facts of the meeting (app, date, duration, recognizer, languages, mode).
"""
READABLE = (1, 2)
SCHEMA = Path(__file__).with_name("transcript.schema.json")
"""The JSON schema of VERSION."""


def dumps(transcript: Transcript, title: str = "", turns: Iterable[Turn] = ()) -> str:
    """The transcript and its turns, without the other facts of a meeting.

    Examples
    --------
    >>> loads(dumps(Transcript(speakers=(Speaker("S1", "Ana"),)))).name_of("S1")
    'Ana'
    """
    return dumps_export(Export(transcript, title, tuple(turns)))


def dumps_export(export: Export) -> str:
    """Everything of a meeting as `transcript.schema.json` describes it; times are seconds.

    Raises
    ------
    FormatError
        A time or probability is not a finite number, which JSON cannot hold.
    """
    segments = [
        {**asdict(segment), "language": next(iter(segment.languages), None)}
        for segment in export.transcript.segments
    ]
    speakers = [
        {**asdict(speaker), "shown_name": speaker.display_name}
        for speaker in export.transcript.speakers
    ]
    document = {
        "format": FORMAT,
        "version": VERSION,
        "app": f"meetcore {meetcore.__version__}",
        "title": export.title,
        "date": export.date.isoformat(timespec="seconds") if export.date else None,
        "duration": export.length,
        "recognizer": export.recognizer,
        "languages": list(export.languages),
        "mode": export.mode,
        **asdict(export.transcript),
        "segments": segments,
        "speakers": speakers,
        "turns": [asdict(turn) for turn in export.turns],
    }
    try:
        return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    except ValueError as error:
        raise FormatError(f"The transcript holds a number JSON cannot write: {error}.") from error


def loads(text: str) -> Transcript:
    """The transcript of a file that this Meetcore or an older one wrote.

    Raises
    ------
    FormatError
        Not JSON, another format or version, or a field is missing; the message says which.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise FormatError(f"This is not JSON ({error}). Choose a transcript file.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError(f'This JSON is no transcript: its "format" is not "{FORMAT}".')
    if document.get("version") not in READABLE:
        raise FormatError(
            f"This transcript has version {document.get('version')!r}; this Meetcore reads up to"
            f" version {VERSION}. Update Meetcore, or export it again with this one."
        )
    try:
        return _transcript(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"A field of the transcript is missing or wrong: {error}.") from error


def _transcript(document: dict[str, Any]) -> Transcript:
    return Transcript(
        segments=tuple(
            Segment(
                float(item["start"]),
                float(item["end"]),
                _text_or_none(item["speaker"]),
                _words(item["words"]),
                None if item.get("machine") is None else _words(item["machine"]),
            )
            for item in document["segments"]
        ),
        speakers=tuple(
            Speaker(
                _text(item["label"]),
                _text_or_none(item["name"]),
                None if item.get("similarity") is None else float(item["similarity"]),
                _text_or_none(item.get("profile_id")),
                None if item.get("number") is None else int(item["number"]),
            )
            for item in document["speakers"]
        ),
        stage=Stage(document["stage"]),
        rejected=tuple(
            RejectedText(
                float(item["start"]), float(item["end"]), _text(item["text"]), _text(item["reason"])
            )
            for item in document["rejected"]
        ),
    )


def _words(items: list[dict[str, Any]]) -> tuple[Word, ...]:
    return tuple(
        Word(
            _text(i["text"]),
            float(i["start"]),
            float(i["end"]),
            float(i["probability"]),
            _text_or_none(i.get("language")),
        )
        for i in items
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
