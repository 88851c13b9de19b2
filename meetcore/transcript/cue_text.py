"""Cuts the words of a segment into the texts of subtitle cues, and these into lines.

Cuts are chosen together (dynamic programming over the words), so that cues end with sentences and
clauses where they can, and no word is left over for a cue of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meetcore.records import Segment
from meetcore.text.columns import pieces, width
from meetcore.text.lines import one_line
from meetcore.transcript.sentences import ends_clause, ends_sentence
from meetcore.transcript.spoken_units import Unit, spoken_span, units_of

LINE_COLUMNS = 42
"""Columns of a line, with two lines per cue: the usual limits of broadcast subtitles.

Source: https://partnerhelp.netflixstudios.com/hc/en-us/articles/217350977 (English timed text).
"""
MAX_LINES = 2
SHORTEST, LONGEST = 0.7, 7.0
"""Seconds that a cue is shown, where its neighbours allow. Source: as above (5/6 s, 7 s)."""
PER_SECOND = 17.0
"""Columns a second that are read with ease. Source: as above."""
NEVER_FIRST = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮーゝゞヽヾ々")
"""Letters that begin no line, as they continue the sound before them. Source: JIS X 4051."""
PAUSE, LONG_PAUSE = 0.3, 1.0
ORPHAN = 20.0
"""Cost of a single word as a cue: more than that of any other cut."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its punctuation, or a part of a word that is wider than a line."""

    text: str
    is_glued: bool
    """Without a space before it, as in Chinese."""
    columns: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class CueText:
    """The text of a cue, and when its words are spoken."""

    start: float
    end: float
    lines: tuple[str, ...]


def cue_texts(segment: Segment, prefix: str = "") -> Iterator[CueText]:
    """The words of a segment as texts of at most two lines, each of which begins with `prefix`."""
    tokens = tokens_of(segment)
    first = 0
    for stop in _cuts(tokens, width(prefix)):
        part = tokens[first:stop]
        start, end = min(t.start for t in part), max(max(t.start, t.end) for t in part)
        yield CueText(start, end, _lines(part, prefix))
        first = stop


def tokens_of(segment: Segment) -> list[Token]:
    """The visible words of a segment; a wide one is cut, and its parts share its time."""
    found: list[Token] = []
    is_spaced = True
    for unit in units_of(segment.words):
        is_spaced = is_spaced or unit.text[:1].isspace()
        for token in _tokens(unit, is_spaced):
            found.append(token)
            is_spaced = False
        is_spaced = is_spaced or unit.text[-1:].isspace()
    return found


def _tokens(unit: Unit, is_spaced: bool) -> Iterator[Token]:
    parts = [
        (part, bool(place) or (number == 0 and not is_spaced))
        for number, word in enumerate(one_line(unit.text).split())
        for place, part in enumerate(pieces(word, LINE_COLUMNS))
    ]
    begin, end = spoken_span(unit.words)
    total = sum(len(part) for part, _ in parts)
    before = 0
    for part, is_glued in parts:
        low, high = (begin + (end - begin) * n / total for n in (before, before + len(part)))
        yield Token(part, is_glued, width(part), low, high)
        before += len(part)


def _cuts(tokens: Sequence[Token], prefix: int) -> list[int]:
    """Past-the-last token of each cue, at the least cost in all."""
    count = len(tokens)
    best = [0.0] * (count + 1)
    chosen = [count] * (count + 1)
    for first in range(count - 1, -1, -1):
        best[first] = math.inf
        for stop, cost in _candidates(tokens, first, prefix):
            if cost + best[stop] < best[first]:
                best[first], chosen[first] = cost + best[stop], stop
    cuts, place = [], 0
    while place < count:
        place = chosen[place]
        cuts.append(place)
    return cuts


def _candidates(tokens: Sequence[Token], first: int, prefix: int) -> Iterator[tuple[int, float]]:
    """Where a cue that begins with a token may stop, with the cost of stopping there."""
    line, used, columns, pauses = 1, prefix, prefix, 0
    start, end = tokens[first].start, tokens[first].end
    for stop in range(first + 1, len(tokens) + 1):
        token = tokens[stop - 1]
        space = 0 if stop - 1 == first or token.is_glued else 1
        pauses += stop - 1 > first and token.start - end > LONG_PAUSE
        start, end = min(start, token.start), max(end, token.end)
        if used and used + space + token.columns > LINE_COLUMNS:
            line, used = line + 1, token.columns
        else:
            used += space + token.columns
        columns += space + token.columns
        if stop - 1 > first and (line > MAX_LINES or end - start > LONGEST):
            return
        until = tokens[stop].start if stop < len(tokens) else end + SHORTEST
        cost = 1.0 + 1.5 * pauses + _hurry(columns, until - start)
        if stop < len(tokens):
            cost += _cut_cost(token, tokens[stop])
        if stop - first == 1 < len(tokens):
            cost += ORPHAN
        yield stop, cost


def _hurry(columns: int, seconds: float) -> float:
    """Cost of a cue that is shown too shortly to be read."""
    if seconds < SHORTEST:
        return 3.0
    return min(1.0, max(0.0, columns / PER_SECOND / seconds - 1.0))


def _cut_cost(before: Token, after: Token) -> float:
    if after.text[0] in NEVER_FIRST:
        return 3.0
    if ends_sentence(before.text):
        return 0.0
    if after.start - before.end >= PAUSE:
        return 0.15
    return 0.3 if ends_clause(before.text) else 0.9


def _lines(tokens: Sequence[Token], prefix: str) -> tuple[str, ...]:
    """One line, else two of about the same width, the first of which ends a clause if it can."""
    whole = prefix + _joined(tokens)
    if width(whole) <= LINE_COLUMNS:
        return (whole,)
    found: list[tuple[float, tuple[str, str]]] = []
    for place in range(0 if prefix else 1, len(tokens)):
        first, second = prefix + _joined(tokens[:place]), _joined(tokens[place:])
        widths = width(first.rstrip()), width(second)
        bonus = 8 if place and ends_clause(tokens[place - 1].text) else 0
        bonus -= 60 if tokens[place].text[0] in NEVER_FIRST else 0
        too_wide = 1000 * sum(max(0, each - LINE_COLUMNS) for each in widths)
        cost = abs(widths[0] - widths[1]) - bonus + too_wide
        found.append((cost, (first.rstrip(), second)))
    return min(found)[1] if found else (whole,)


def _joined(tokens: Sequence[Token]) -> str:
    return "".join(
        token.text if token.is_glued or not place else f" {token.text}"
        for place, token in enumerate(tokens)
    )
