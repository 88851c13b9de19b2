"""`WordLayer`: the words of one recognizer, as segments by speaker that freeze from the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.attribution import AttributionOptions, attribute

UNKNOWN_SPEAKER_WAIT = 60.0
"""Seconds that a segment without a speaker stays open, since its voice may become known."""


class WordLayer:
    """Words in order, assigned to turns; the first segments freeze, the rest stays open.

    A frozen segment is changed only by a merge of labels, or removed. Used by `LiveTranscript`.
    """

    def __init__(self, options: AttributionOptions) -> None:
        self._options = options
        self._words: list[Word] = []
        self._open: tuple[Segment, ...] = ()
        self._frozen_labels: dict[str, None] = {}
        self.frozen: list[Segment] = []
        self.removed = 0
        """Frozen segments that were removed from the front."""

    def __len__(self) -> int:
        return len(self.frozen) + len(self._open)

    def from_position(self, first: int) -> tuple[Segment, ...]:
        """The segments from a position on."""
        recent = self._open[max(first - len(self.frozen), 0) :]
        return (*self.frozen[first:], *recent)

    def labels(self) -> tuple[str, ...]:
        """The labels of all segments, in the order in which they first spoke."""
        recent = (segment.speaker for segment in self._open if segment.speaker is not None)
        return tuple(dict.fromkeys([*self._frozen_labels, *recent]))

    @property
    def first_open(self) -> float:
        """Start of the first word that is not frozen; infinite without any."""
        return min((word.start for word in self._words), default=float("inf"))

    def add(self, words: Sequence[Word]) -> None:
        """Append words; `attribute` follows."""
        self._words.extend(words)

    def attribute(self, turns: Sequence[Turn]) -> int:
        """Compute the open segments anew; the position of the first that differs from before."""
        before, self._open = self._open, attribute(self._words, turns, self._options)
        same = 0
        for old, new in zip(before, self._open, strict=False):
            if old != new:
                break
            same += 1
        return len(self.frozen) + same

    def freeze(self, settled_until: float) -> None:
        """Freeze the leading open segments that later turns cannot change, never the last one."""
        limit = settled_until - max(self._options.reach, self._options.snap)
        count = 0
        for segment in self._open[:-1]:
            wait = UNKNOWN_SPEAKER_WAIT if segment.speaker is None else 0.0
            if segment.end >= limit - wait:
                break
            count += 1
        self.frozen.extend(self._open[:count])
        self._note_labels(self._open[:count])
        del self._words[: sum(len(segment.words) for segment in self._open[:count])]
        self._open = self._open[count:]

    def relabel(self, labels: Mapping[str, str]) -> None:
        """Replace labels in the frozen segments; `attribute` follows for the others."""
        for position, segment in enumerate(self.frozen):
            if segment.speaker is not None and segment.speaker in labels:
                self.frozen[position] = replace(segment, speaker=labels[segment.speaker])
        self._frozen_labels = dict.fromkeys(labels.get(each, each) for each in self._frozen_labels)

    def remove_before(self, time: float) -> bool:
        """Remove the words whose middle is before a time; whether there was one.

        `attribute` follows.
        """
        words = [word for word in self._words if not is_before(word, time)]
        changed = len(words) < len(self._words)
        self._words = words
        count = 0
        for segment in self.frozen:
            kept = tuple(word for word in segment.words if not is_before(word, time))
            if len(kept) == len(segment.words):
                break
            changed = True
            if kept:
                self.frozen[count] = _cut_to(segment, kept)
                break
            count += 1
        if count:
            del self.frozen[:count]
            self.removed += count
            self._frozen_labels.clear()
            self._note_labels(self.frozen)
        return changed

    def _note_labels(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            if segment.speaker is not None:
                self._frozen_labels.setdefault(segment.speaker)


def is_before(word: Word, time: float) -> bool:
    """Whether a word's middle is before a time in seconds: its ends are less certain."""
    return (word.start + word.end) / 2 < time


def _cut_to(segment: Segment, words: tuple[Word, ...]) -> Segment:
    """The segment with its last words alone."""
    return replace(segment, start=min(word.start for word in words), words=words)
