"""Reads what a transcription server answers: words, segments or text alone (pure).

The layouts are those of OpenAI's `verbose_json` and `json`; other servers leave parts out.
Source: https://platform.openai.com/docs/api-reference/audio/verbose-json-object
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from meetcore.asr.recognizer import RecognizedWord
from meetcore.text.languages import NAMES

LONGEST_TEXT = 20_000
"""Characters of a piece of 30 s that are read; more is no transcript."""


@dataclass(frozen=True, slots=True)
class TimedText:
    """A stretch of text with its seconds from the first sample of the audio."""

    text: str
    start: float
    end: float
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A transcript as a server gave it."""

    text: str
    language: str | None = None
    """ISO code."""
    words: tuple[TimedText, ...] = ()
    """Empty where the server gives no times of words."""
    segments: tuple[TimedText, ...] = ()
    average_log_probability: float = 0.0
    no_speech_probability: float = 0.0


def read_answer(content: bytes) -> Answer:
    """The transcript in a server's answer.

    Raises
    ------
    ValueError
        It is no JSON object with a text.
    """
    try:
        data = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise ValueError("no text in it")
    segments = _objects(data.get("segments"))
    # Some servers list words inside their segments only.
    words = _objects(data.get("words")) or [
        word for segment in segments for word in _objects(segment.get("words"))
    ]
    return Answer(
        " ".join(text.split()),
        _language(data.get("language")),
        _timed(words, "word"),
        _timed(segments, "text"),
        _mean(segments, "avg_logprob"),
        _mean(segments, "no_speech_prob"),
    )


def words_of(answer: Answer, duration: float) -> tuple[RecognizedWord, ...]:
    """Words with their spaces and punctuation; without times, segments or the text share theirs.

    Parameters
    ----------
    duration : seconds of the audio; no time is later

    >>> answer = Answer("Well, yes.", words=(TimedText("Well", 0.1, 0.4), TimedText("yes", 0.5, 3)))
    >>> [(word.text, word.start, word.end) for word in words_of(answer, 2.0)]
    [(' Well,', 0.1, 0.4), (' yes.', 0.5, 2.0)]
    """
    timed = answer.words or _spread(answer, duration)
    texts = _with_marks([word.text for word in timed], answer.text)
    found: list[RecognizedWord] = []
    latest = 0.0
    for text, word in zip(texts, timed, strict=True):
        # Times that overlap or go back would break the order that everything else relies on.
        start = min(max(word.start, latest), duration)
        end = min(max(word.end, start), duration)
        found.append(RecognizedWord(text, start, end, word.probability, ()))
        latest = start
    return tuple(found)


def _spread(answer: Answer, duration: float) -> tuple[TimedText, ...]:
    """The words of each segment over its time, by their letters."""
    whole = TimedText(answer.text, 0.0, duration, math.exp(answer.average_log_probability))
    return tuple(word for part in answer.segments or (whole,) for word in _words_over(part))


def _words_over(part: TimedText) -> Iterable[TimedText]:
    words = part.text.split()
    total = sum(map(len, words)) or 1
    position = 0
    for word in words:
        begin, position = position, position + len(word)
        span = part.end - part.start
        yield TimedText(
            word,
            part.start + span * begin / total,
            part.start + span * position / total,
            part.probability,
        )


def _with_marks(words: Sequence[str], text: str) -> list[str]:
    """The words with the spaces and punctuation that the text has around them.

    Word lists often lack both. Where the words are not those of the text, a space comes first.
    """
    if not words:
        return []
    places: list[int] = []
    position = 0
    lower = text.lower()
    for word in words:
        found = lower.find(word.strip().lower(), position)
        if found < 0 or not word.strip():
            return [f" {word.strip()}" for word in words]
        places.append(found)
        position = found + len(word.strip())
    # Marks before a word, such as a quote, belong to it back to the last space.
    starts = [0, *(_word_start(text, place) for place in places[1:])]
    slices = [text[begin:end] for begin, end in pairwise([*starts, len(text)])]
    return [f" {each.strip()}" if i == 0 else each.rstrip() for i, each in enumerate(slices)]


def _word_start(text: str, place: int) -> int:
    """Where what is written before a word begins: at the space before it, else at the word."""
    space = text.rfind(" ", 0, place)
    between = text[space:place] if space >= 0 else ""
    return space if between and not any(map(str.isalnum, between)) else place


def _timed(items: Iterable[Mapping[str, Any]], key: str) -> tuple[TimedText, ...]:
    """The items with a text and times; none where one lacks them."""
    found = []
    for item in items:
        text, start, end = item.get(key), _number(item.get("start")), _number(item.get("end"))
        if not isinstance(text, str) or start is None or end is None:
            return ()
        if text.strip():
            found.append(TimedText(text.strip(), start, end, _probability(item)))
    return tuple(found)


def _probability(item: Mapping[str, Any]) -> float:
    """Of a word as servers of faster-whisper give it, or by the mean over a segment's tokens."""
    if (given := _number(item.get("probability"))) is not None:
        return min(1.0, max(0.0, given))
    log = _number(item.get("avg_logprob"))
    return 1.0 if log is None else math.exp(min(0.0, log))


def _mean(segments: Sequence[Mapping[str, Any]], key: str) -> float:
    values = [value for each in segments if (value := _number(each.get(key))) is not None]
    return sum(values) / len(values) if values else 0.0


def _language(value: object) -> str | None:
    """The code of a language given as code or English name; None for another value."""
    name = value.strip().lower() if isinstance(value, str) else ""
    codes = {each.lower(): code for code, each in NAMES.items()}
    return name if name in NAMES else codes.get(name)


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _number(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
