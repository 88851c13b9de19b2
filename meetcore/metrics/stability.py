"""Stability of live text: revised words, freezes, and late changes of speaker labels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from meetcore.metrics.live_log import ReferenceWord, ShownText, Update, shared
from meetcore.metrics.wer import align
from meetcore.records import Segment


def revisions(texts: Sequence[ShownText]) -> tuple[int, int]:
    """How many words were ever shown as tentative, and how many of them were revised."""
    shown = revised = 0
    before: list[str] = []
    for text in texts:
        same = shared(before, text.shown)
        steps = align(before[same:], text.shown[same:])
        revised += sum(not s.equal and s.reference is not None for s in steps)
        shown += sum(
            not s.equal and s.hypothesis is not None and same + s.hypothesis >= len(text.committed)
            for s in steps
        )
        before = text.shown
    return shown, revised


def longest_freeze(texts: Sequence[ShownText], said: Sequence[ReferenceWord]) -> float:
    """Longest time in seconds without a change of the shown text during speech.

    Counted from the end of the first word that began after the last change to the next change.
    """
    changes = [0.0]
    before: list[str] = []
    for text in texts:
        if text.shown != before:
            changes.append(text.wall_time)
            before = text.shown
    longest, position = 0.0, 0
    for start, end in pairwise(changes):
        while position < len(said) and said[position].start < start:
            position += 1
        if position < len(said) and said[position].end < end:
            longest = max(longest, end - said[position].end)
    return longest


def label_lags(updates: Sequence[Update]) -> tuple[float, ...]:
    """For each word of the last update: seconds from its commit to its last change of label."""
    committed: list[float] = []
    changed: list[float] = []
    labels: list[str | None] = []
    before: tuple[Segment, ...] = ()
    for update in updates:
        same = words = 0
        while same < min(len(before), len(update.segments)):
            if before[same] != update.segments[same]:
                break
            words += len(before[same].words)
            same += 1
        fresh = [s.speaker for s in update.segments[same:] for _ in s.words]
        for position, label in enumerate(fresh, start=words):
            if position >= len(labels):
                labels.append(label)
                committed.append(update.wall_time)
                changed.append(update.wall_time)
            elif labels[position] != label:
                labels[position] = label
                changed[position] = update.wall_time
        before = update.segments
    return tuple(last - first for first, last in zip(committed, changed, strict=True))
