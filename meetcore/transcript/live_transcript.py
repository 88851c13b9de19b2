"""The transcript of a running meeting: committed words, which settled ones replace."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from meetcore.records import Segment, TranscriptShape, Turn, Word
from meetcore.transcript.attribution import AttributionOptions
from meetcore.transcript.spoken_units import units_of
from meetcore.transcript.turn_index import TurnIndex
from meetcore.transcript.word_layer import WordLayer, is_before

TENTATIVE_REACH = 2.0
"""Seconds that turns lag behind words: tentative words take the nearest turn within this."""

LIVE_OPTIONS = AttributionOptions(trim=False)


@dataclass(frozen=True, slots=True)
class UnsavedSegments:
    """They replace all segments that the store has from `first_position` on."""

    first_position: int
    segments: tuple[Segment, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    """Labels to replace in the segments before `first_position`, old to new."""


class LiveTranscript:
    """Collects words and assigns them to turns.

    Words are committed by the live recognizer, and replaced, once, by the settled words of the
    second pass, which follows behind. Neither change otherwise; speakers may. Segments that end
    before the diarizer's settled time are frozen, but never the last of each kind: so a step costs
    the same in the fourth hour as in the first. Used by one thread at a time.

    Parameters
    ----------
    has_turns : bool
        False without a diarizer: then every segment but the last is frozen.
    options : AttributionOptions
        Where segments may be cut.
    """

    def __init__(self, has_turns: bool = True, options: AttributionOptions = LIVE_OPTIONS) -> None:
        self._options = options
        self._settled = WordLayer(options)
        self._committed = WordLayer(options)
        self._turns: tuple[Turn, ...] = ()
        self._past_turns: list[Turn] = []
        """In order; settled words may follow minutes behind, where `_turns` no longer reaches."""
        self._turns_settled_until = -math.inf if has_turns else math.inf
        self._tentative: tuple[Word, ...] = ()
        self._first_unstored = 0
        self._stored_count = 0
        self._merged: dict[str, str] = {}
        self._unstored_merges: dict[str, str] = {}
        self.settled_until = -math.inf
        """Seconds: words before it are settled."""

    @property
    def shape(self) -> TranscriptShape:
        """Which segments may still change."""
        return TranscriptShape(
            len(self._settled),
            len(self._settled.frozen),
            len(self._committed.frozen),
            self._committed.removed,
        )

    @property
    def merged(self) -> Mapping[str, str]:
        """All labels that were replaced since the meeting began, old to the one in force."""
        return self._merged

    def labels(self) -> tuple[str, ...]:
        """The labels of all segments, in the order in which they first spoke."""
        return tuple(dict.fromkeys([*self._settled.labels(), *self._committed.labels()]))

    @property
    def tentative(self) -> tuple[Word, ...]:
        """Words after the committed ones that may still change."""
        return self._tentative

    @property
    def tentative_speaker(self) -> str | None:
        """Label of the likely speaker of the tentative words; None while unknown."""
        if not self._tentative:
            return None
        index = TurnIndex(self._turns)
        nearest = [
            index.turn_of(unit.start, unit.end, TENTATIVE_REACH)
            for unit in units_of(self._tentative)
        ]
        labels = [turn.speaker for turn in nearest if turn]
        # On a tie the later label wins: the newest words are the newest speaker's.
        return max(reversed(labels), key=labels.count) if labels else None

    def segments(self) -> tuple[Segment, ...]:
        """All words but the tentative ones as segments, in order."""
        return (*self._settled.from_position(0), *self._committed.from_position(0))

    def commit(self, words: Sequence[Word]) -> None:
        """Append words of the live recognizer; those of a settled stretch are left out."""
        words = self._unsettled(words)
        if words:
            self._committed.add(words)
            self._attribute()

    def set_tentative(self, words: Sequence[Word]) -> None:
        """Replace the tentative words."""
        self._tentative = self._unsettled(words)

    def settle(self, words: Sequence[Word], until: float) -> None:
        """Append words of the second pass, which replace the committed ones up to a time.

        Parameters
        ----------
        until : seconds; the next settled words come after it
        """
        self.settled_until = max(self.settled_until, until)
        self._settled.add(words)
        removed = self._committed.remove_before(self.settled_until)
        self._tentative = self._unsettled(self._tentative)
        before = len(self._settled)
        self._attribute()
        if removed:
            self._first_unstored = min(self._first_unstored, before, len(self._settled))

    def set_turns(self, turns: Sequence[Turn], settled_until: float) -> None:
        """Replace the turns; speakers of words that are not frozen are assigned anew.

        Parameters
        ----------
        turns : sequence of Turn
            All turns, or the recent ones back to the last `settled_until`.
        settled_until : float
            Seconds; turns before it no longer change, except that an unknown voice may become
            known. A smaller value than before is ignored.
        """
        horizon = self._committed.first_open - max(self._options.reach, TENTATIVE_REACH)
        if horizon == math.inf:
            horizon = -math.inf
        kept = tuple(turn for turn in turns if turn.end >= horizon)
        first = min((turn.start for turn in kept), default=horizon)
        last = self._past_turns[-1].end if self._past_turns else -math.inf
        gone = (turn for turn in (*self._turns, *turns) if last < turn.end <= first)
        self._past_turns.extend(sorted(dict.fromkeys(gone), key=lambda turn: turn.start))
        self._turns = kept
        self._turns_settled_until = max(self._turns_settled_until, settled_until)
        self._attribute()

    def relabel(self, labels: Mapping[str, str]) -> None:
        """Replace merged labels (old to new) in every segment and turn.

        Chains are followed to their end, so that one call can hold several merges.
        """
        labels = {old: _last_of(labels, old) for old in labels}
        self._settled.relabel(labels)
        self._committed.relabel(labels)
        self._merged = _with_merges(self._merged, labels)
        self._unstored_merges = _with_merges(self._unstored_merges, labels)
        self._turns = _relabelled(self._turns, labels)
        self._past_turns = list(_relabelled(self._past_turns, labels))
        self._attribute()

    def changes(self) -> UnsavedSegments | None:
        """All segments from the first unsaved one on; None when all are saved.

        They are returned again until `mark_stored` is called.
        """
        settled = len(self._settled)
        count = settled + len(self._committed)
        first = self._first_unstored
        if first == count == self._stored_count and not self._unstored_merges:
            return None
        segments = (
            *self._settled.from_position(first),
            *self._committed.from_position(max(0, first - settled)),
        )
        return UnsavedSegments(first, segments, self._unstored_merges)

    def mark_stored(self) -> None:
        """Note that all segments are saved."""
        self._unstored_merges = {}
        self._first_unstored = self._stored_count = len(self._settled) + len(self._committed)

    def _unsettled(self, words: Sequence[Word]) -> tuple[Word, ...]:
        return tuple(word for word in words if not is_before(word, self.settled_until))

    def _turns_of_settled(self) -> tuple[Turn, ...]:
        """The turns around the settled words that still get a speaker."""
        reach = max(self._options.reach, self._options.snap)
        start = min(self._settled.first_open, max(self.settled_until, 0.0)) - reach
        end = self.settled_until + reach
        past = self._past_turns
        del past[: bisect_left(past, start, key=lambda turn: turn.end)]
        earlier = past[: bisect_left(past, end, key=lambda turn: turn.start)]
        return (*earlier, *self._turns)

    def _attribute(self) -> None:
        """Compute the open segments anew, then freeze those that can no longer change."""
        count = len(self._settled)
        position = self._settled.attribute(self._turns_of_settled())
        if position < max(count, len(self._settled)):
            self._first_unstored = min(self._first_unstored, position)
        offset, count = len(self._settled), len(self._committed)
        position = self._committed.attribute(self._turns)
        if position < max(count, len(self._committed)):
            self._first_unstored = min(self._first_unstored, offset + position)
        for layer in (self._settled, self._committed):
            layer.freeze(self._turns_settled_until)


def _relabelled(turns: Sequence[Turn], labels: Mapping[str, str]) -> tuple[Turn, ...]:
    return tuple(replace(turn, speaker=labels.get(turn.speaker, turn.speaker)) for turn in turns)


def _with_merges(known: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Earlier merges and new ones; where the target of an earlier one is gone, it follows it."""
    return dict(labels) | {old: labels.get(new, new) for old, new in known.items()}


def _last_of(labels: Mapping[str, str], label: str) -> str:
    """The label at the end of a chain of merges; a cycle ends where it began."""
    seen = {label}
    while label in labels and labels[label] not in seen:
        label = labels[label]
        seen.add(label)
    return label
