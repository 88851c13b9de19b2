"""The transcript of a running meeting: committed words, with speakers that follow the diarizer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.attribution import AttributionOptions, attribute
from meetcore.transcript.spoken_units import units_of
from meetcore.transcript.turn_index import TurnIndex

TENTATIVE_REACH = 2.0
"""Seconds that turns lag behind words: tentative words take the nearest turn within this."""

LIVE_OPTIONS = AttributionOptions(trim=False)

UNKNOWN_SPEAKER_WAIT = 60.0
"""Seconds that a segment without a speaker stays open, since its voice may become known."""


@dataclass(frozen=True, slots=True)
class UnsavedSegments:
    """They replace all segments that the store has from `first_position` on."""

    first_position: int
    segments: tuple[Segment, ...]
    merged: Mapping[str, str] = field(default_factory=dict)
    """Labels to replace in the segments before `first_position`, old to new."""


class LiveTranscript:
    """Collects committed words and assigns them to turns; words never change, speakers may.

    Segments that end before the settled time, but never the last one, are settled: only a merge
    of labels still changes them, so a step costs the same in the fourth hour as in the first. Those
    of an unknown speaker stay open for a minute more. Used by one thread at a time.

    Parameters
    ----------
    has_turns : bool
        False without a diarizer: then every segment but the last is frozen.
    options : AttributionOptions
        Where segments may be cut.
    """

    def __init__(self, has_turns: bool = True, options: AttributionOptions = LIVE_OPTIONS) -> None:
        self._options = options
        self._frozen: list[Segment] = []
        self._open_words: list[Word] = []
        self._open: tuple[Segment, ...] = ()
        self._turns: tuple[Turn, ...] = ()
        self._settled_until = -math.inf if has_turns else math.inf
        self._tentative: tuple[Word, ...] = ()
        self._first_unstored = 0
        self._stored_count = 0
        self._settled_labels: dict[str, None] = {}
        self._merged: dict[str, str] = {}
        self._unstored_merges: dict[str, str] = {}

    @property
    def settled(self) -> int:
        """How many of the first segments change no more, except by a merge of labels."""
        return len(self._frozen)

    @property
    def merged(self) -> Mapping[str, str]:
        """All labels that were replaced since the meeting began, old to the one in force."""
        return self._merged

    def labels(self) -> tuple[str, ...]:
        """The labels of all segments, in the order in which they first spoke."""
        recent = (segment.speaker for segment in self._open if segment.speaker is not None)
        return tuple(dict.fromkeys([*self._settled_labels, *recent]))

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
        """All committed words as segments, in order."""
        return (*self._frozen, *self._open)

    def commit(self, words: Sequence[Word]) -> None:
        """Append words, which never change from then on."""
        if words:
            self._open_words.extend(words)
            self._attribute()

    def set_tentative(self, words: Sequence[Word]) -> None:
        """Replace the tentative words."""
        self._tentative = tuple(words)

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
        first_open = min((word.start for word in self._open_words), default=-math.inf)
        horizon = first_open - max(self._options.reach, TENTATIVE_REACH)
        self._turns = tuple(turn for turn in turns if turn.end >= horizon)
        self._settled_until = max(self._settled_until, settled_until)
        self._attribute()

    def relabel(self, labels: Mapping[str, str]) -> None:
        """Replace merged labels (old to new) in every segment and turn.

        Chains are followed to their end, so that one call can hold several merges.
        """
        labels = {old: _last_of(labels, old) for old in labels}
        for position, segment in enumerate(self._frozen):
            if segment.speaker is not None and segment.speaker in labels:
                self._frozen[position] = replace(segment, speaker=labels[segment.speaker])
        self._settled_labels = dict.fromkeys(
            labels.get(each, each) for each in self._settled_labels
        )
        self._merged = _with_merges(self._merged, labels)
        self._unstored_merges = _with_merges(self._unstored_merges, labels)
        self._turns = tuple(
            replace(turn, speaker=labels.get(turn.speaker, turn.speaker)) for turn in self._turns
        )
        self._attribute()

    def changes(self) -> UnsavedSegments | None:
        """All segments from the first unsaved one on; None when all are saved.

        They are returned again until `mark_stored` is called.
        """
        count = len(self._frozen) + len(self._open)
        first = self._first_unstored
        if first == count == self._stored_count and not self._unstored_merges:
            return None
        recent = self._open[max(first - len(self._frozen), 0) :]
        return UnsavedSegments(first, (*self._frozen[first:], *recent), self._unstored_merges)

    def mark_stored(self) -> None:
        """Note that all segments are saved."""
        self._unstored_merges = {}
        self._first_unstored = self._stored_count = len(self._frozen) + len(self._open)

    def _attribute(self) -> None:
        """Compute the open segments anew, then freeze those that can no longer change."""
        before, self._open = self._open, attribute(self._open_words, self._turns, self._options)
        same = 0
        for old, new in zip(before, self._open, strict=False):
            if old != new:
                break
            same += 1
        if same < max(len(before), len(self._open)):
            self._first_unstored = min(self._first_unstored, len(self._frozen) + same)
        self._freeze()

    def _freeze(self) -> None:
        """Freeze the leading open segments that later turns cannot change."""
        limit = self._settled_until - max(self._options.reach, self._options.snap)
        count = 0
        for segment in self._open[:-1]:
            wait = UNKNOWN_SPEAKER_WAIT if segment.speaker is None else 0.0
            if segment.end >= limit - wait:
                break
            count += 1
        self._frozen.extend(self._open[:count])
        for segment in self._open[:count]:
            if segment.speaker is not None:
                self._settled_labels.setdefault(segment.speaker)
        del self._open_words[: sum(len(segment.words) for segment in self._open[:count])]
        self._open = self._open[count:]


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
