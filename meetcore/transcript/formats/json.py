"""JSON with all of a transcript; `loads` gives an equal one back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from meetcore.errors import FormatError
from meetcore.records import RejectedText, Segment, Speaker, Stage, Transcript, Turn, Word

FORMAT = "meetcore-transcript"
VERSION = 1


def dumps(transcript: Transcript, title: str = "", turns: Iterable[Turn] = ()) -> str:
    """The whole transcript, and the diarizer's turns beside it; times are seconds.

    Raises
    ------
    FormatError
        A time or probability is not a finite number, which JSON cannot hold.

    Examples
    --------
    >>> loads(dumps(Transcript(speakers=(Speaker("S1", "Ana"),)))).name_of("S1")
    'Ana'
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        **asdict(transcript),
        "turns": [asdict(turn) for turn in turns],
    }
    try:
        return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    except ValueError as error:
        raise FormatError(f"The transcript holds a number JSON cannot write: {error}.") from error


def loads(text: str) -> Transcript:
    """The transcript of a file that `dumps` wrote.

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
    if document.get("version") != VERSION:
        raise FormatError(
            f"This transcript has version {document.get('version')!r}; this Meetcore reads"
            f" version {VERSION}. Export it again with a matching version."
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
        Word(_text(i["text"]), float(i["start"]), float(i["end"]), float(i["probability"]))
        for i in items
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
