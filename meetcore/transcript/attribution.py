"""Assigns recognized words to diarized turns: words and turns in, segments of one speaker out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.sentences import ends_clause, ends_sentence
from meetcore.transcript.spoken_units import Unit, spoken_span, units_of
from meetcore.transcript.turn_index import TurnIndex
from meetcore.transcript.word_trimming import trimmed_units


@dataclass(frozen=True, slots=True)
class AttributionOptions:
    """Distances and lengths, in seconds, that decide where a segment may be cut."""

    reach: float = 0.5
    """A word outside all turns takes the nearest turn's speaker up to this distance."""
    snap: float = 0.5
    """Word and turn boundaries may disagree by up to this; a change of speaker moves to the
    best punctuation mark or pause this close. On pyannote's sample with its own turns, cpWER
    of base.en is 10.3 % (0.2: 17.2 %, none: 21.8 %); with turns 0.2 s late 14.9 % (0.3: 29.9 %)."""
    pause: float = 0.3
    """A gap between words that supports a change of speaker."""
    edge: float = 1.0
    """A segment starts and ends with its turn where their edges are this close."""
    island: float = 0.6
    """A shorter turn inside another speaker's sentence is taken for a diarization error."""
    new_segment_pause: float = 2.0
    """A longer silence begins a new segment of the same speaker."""
    paragraph: float = 20.0
    """A longer segment is cut at the next end of a sentence."""
    longest: float = 60.0
    """A longer segment is cut at the next word."""
    trim: bool = True
    """Trim the times of words to the turns, where there are any. Not live: there, turns come
    later than the words, and committed words do not change."""

    def __post_init__(self) -> None:
        for name in ("reach", "snap", "pause", "edge", "island", "new_segment_pause"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is a distance in seconds and cannot be negative.")
        if not 0 < self.paragraph <= self.longest:
            raise ValueError("paragraph must be positive and no longer than longest.")


DEFAULT_OPTIONS = AttributionOptions()


def attribute(
    words: Sequence[Word], turns: Sequence[Turn], options: AttributionOptions = DEFAULT_OPTIONS
) -> tuple[Segment, ...]:
    """The words grouped into segments of one speaker each, in the given order.

    Parameters
    ----------
    words : sequence of Word
        In the order spoken; their times need not be monotonic.
    turns : sequence of Turn
        In any order; best without overlaps.
    options : AttributionOptions
        Distances that decide where segments are cut.

    Returns
    -------
    tuple of Segment
        Their words, concatenated, are `words`. Where there are turns, the times of a word are
        trimmed to its speaker's turn, give or take `reach`, else to what it can last.

    Examples
    --------
    >>> words = (Word(" Hello?", 0.1, 0.5), Word(" Hi.", 0.9, 1.2))
    >>> [(s.speaker, s.text) for s in attribute(words, [Turn(0, 0.6, "S1"), Turn(0.8, 2, "S2")])]
    [('S1', 'Hello?'), ('S2', 'Hi.')]
    """
    units = units_of(words)
    index = TurnIndex(turns)
    nearest = [_turn_of(unit, index, options.reach) for unit in units]
    labels = [turn.speaker if turn else None for turn in nearest]
    _drop_islands(units, nearest, labels, options)
    _snap_changes(units, nearest, labels, options)
    if turns and options.trim:
        units = trimmed_units(units, nearest, labels, options.reach)
    return tuple(_group(units, nearest, labels, options))


def _turn_of(unit: Unit, index: TurnIndex, reach: float) -> Turn | None:
    """The turn at the end of a unit, where it was most likely spoken, else the one within it."""
    found = index.turn_of(unit.start, unit.end, reach)
    if found is None or found.start >= unit.end or found.end <= unit.start:
        first, _ = spoken_span(unit.words)
        return index.turn_of(first, unit.end, 0.0) or found
    return found


def _runs(labels: Sequence[str | None]) -> list[tuple[int, int]]:
    """First and past-the-last position of each stretch of equal labels."""
    cuts = [0, *(i for i in range(1, len(labels)) if labels[i] != labels[i - 1]), len(labels)]
    return list(pairwise(cuts)) if labels else []


def _gap(units: Sequence[Unit], position: int) -> float:
    """Seconds of silence before the word at `position`."""
    return units[position].start - units[position - 1].end


def _evidence(units: Sequence[Unit], position: int, options: AttributionOptions) -> int:
    """Support for a cut before `position`: 3 end of sentence, 2 pause, 1 end of clause, 0 none."""
    if ends_sentence(units[position - 1].text):
        return 3
    if _gap(units, position) >= options.pause:
        return 2
    return int(ends_clause(units[position - 1].text))


def _drop_islands(
    units: Sequence[Unit],
    nearest: Sequence[Turn | None],
    labels: list[str | None],
    options: AttributionOptions,
) -> None:
    """Reassign short runs inside another speaker's sentence whose own turn is too short."""
    runs = _runs(labels)
    for before, (first, stop), after in zip(runs, runs[1:], runs[2:], strict=False):
        if labels[before[1] - 1] != labels[after[0]] or labels[after[0]] is None:
            continue
        held = {turn for turn in nearest[first:stop] if turn is not None}
        longest_turn = max((turn.end - turn.start for turn in held), default=0.0)
        inside_sentence = max(_evidence(units, at, options) for at in (first, stop)) < 2
        if inside_sentence and longest_turn < options.island:
            labels[first:stop] = [labels[after[0]]] * (stop - first)


def _change_time(units: Sequence[Unit], nearest: Sequence[Turn | None], position: int) -> float:
    """When the turns change between the word before `position` and the one at it."""
    left, right = nearest[position - 1], nearest[position]
    low, high = units[position - 1].start, units[position].end
    edges = ([left.end] if left else []) + ([right.start] if right else [])
    time = sum(edges) / len(edges) if edges else units[position].start
    return min(max(time, low), high) if low <= high else time


def _snap_changes(
    units: Sequence[Unit],
    nearest: list[Turn | None],
    labels: list[str | None],
    options: AttributionOptions,
) -> None:
    """Move each change of speaker to the best cut nearby; every run keeps at least one word."""
    runs = _runs(labels)
    lowest = 0
    for (_, change), (_, stop) in pairwise(runs):
        time = _change_time(units, nearest, change)
        best, best_rank = change, (_evidence(units, change, options), 0.0)
        for position in _cuts_near(units, change, lowest + 1, stop - 1, time, options.snap):
            rank = (_evidence(units, position, options), -_distance(units, position, time))
            # Only better support moves the change away from where the turns put it.
            if rank[0] > best_rank[0] or (best != change and rank > best_rank):
                best, best_rank = position, rank
        low, high, source = (best, change, change) if best < change else (change, best, change - 1)
        labels[low:high] = [labels[source]] * (high - low)
        nearest[low:high] = [nearest[source]] * (high - low)
        lowest = best


def _distance(units: Sequence[Unit], position: int, time: float) -> float:
    """Seconds from `time` to the gap before the word at `position`; 0 inside the gap."""
    low, high = sorted((units[position - 1].end, units[position].start))
    return max(low - time, time - high, 0.0)


def _cuts_near(
    units: Sequence[Unit], change: int, lowest: int, highest: int, time: float, reach: float
) -> Iterator[int]:
    """Positions around `change` whose gap lies within `reach` seconds of `time`."""
    for positions in (range(change - 1, lowest - 1, -1), range(change + 1, highest + 1)):
        for position in positions:
            if _distance(units, position, time) > reach:
                break
            yield position


def _group(
    units: Sequence[Unit],
    nearest: Sequence[Turn | None],
    labels: Sequence[str | None],
    options: AttributionOptions,
) -> Iterator[Segment]:
    """Segments, cut where the speaker changes, after a long silence, and when they get long."""
    first = 0
    for position in range(1, len(units) + 1):
        if position == len(units) or _cut_before(units, labels, first, position, options):
            words = [word for unit in units[first:position] for word in unit.words]
            segment = make_segment(words, labels[first])
            yield _fit_to_turns(segment, nearest, first, position, options)
            first = position


def _cut_before(
    units: Sequence[Unit],
    labels: Sequence[str | None],
    first: int,
    position: int,
    options: AttributionOptions,
) -> bool:
    """Whether the segment that began at `first` ends before `position`."""
    length = units[position].start - units[first].start
    return (
        labels[position] != labels[first]
        or _gap(units, position) > options.new_segment_pause
        or length > options.longest
        or (length > options.paragraph and ends_sentence(units[position - 1].text))
    )


def _fit_to_turns(
    segment: Segment,
    nearest: Sequence[Turn | None],
    first: int,
    stop: int,
    options: AttributionOptions,
) -> Segment:
    """The segment with the start and end of its speaker's turn, where they are close.

    Turn edges are exact to a few hundredths of a second, while a word after a pause may begin half
    a second early. A turn's edge is used if no neighbouring segment lies in the same turn.
    """
    start, end = segment.start, segment.end
    opening, closing = nearest[first], nearest[stop - 1]
    before = nearest[first - 1] if first else None
    after = nearest[stop] if stop < len(nearest) else None
    if opening and opening.speaker == segment.speaker and opening != before:
        start = opening.start if abs(opening.start - start) <= options.edge else start
    if closing and closing.speaker == segment.speaker and closing != after:
        end = closing.end if abs(closing.end - end) <= options.edge else end
    return replace(segment, start=start, end=end) if start < end else segment


def make_segment(words: Sequence[Word], speaker: str | None) -> Segment:
    """A segment of these words, from their earliest to their latest time."""
    start, end = spoken_span(words)
    return Segment(start, end, speaker, tuple(words))
