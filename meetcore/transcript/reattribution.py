"""Assigns the words of a transcript to new turns, and keeps the labels of the same voices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from meetcore.records import Segment, Speaker, Transcript, Turn
from meetcore.text.speaker_labels import free_labels
from meetcore.transcript.attribution import attribute
from meetcore.transcript.label_matching import match_speakers


def valid_turns(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns with finite times that start before they end."""
    return tuple(turn for turn in turns if _is_sound(turn))


def _is_sound(turn: Turn) -> bool:
    return math.isfinite(turn.start) and math.isfinite(turn.end) and turn.start < turn.end


def reattributed(segments: Sequence[Segment], turns: Sequence[Turn]) -> tuple[Segment, ...]:
    """The words of a transcript as segments of the speakers of these turns.

    A segment that a person corrected is not split: it keeps the recognizer's words beside its own.
    """
    found: list[Segment] = []
    for corrected, group in groupby(segments, lambda segment: segment.machine is not None):
        if corrected:
            found += [replace(segment, speaker=_longest(segment, turns)) for segment in group]
        else:
            found += attribute([word for segment in group for word in segment.words], turns)
    return tuple(found)


def _longest(segment: Segment, turns: Sequence[Turn]) -> str | None:
    """Label of the speaker with most time in a segment; None without any turn in it."""
    shares: dict[str, float] = {}
    for turn in turns:
        shared = min(segment.end, turn.end) - max(segment.start, turn.start)
        if shared > 0:
            shares[turn.speaker] = shares.get(turn.speaker, 0.0) + shared
    return max(shares, key=lambda label: shares[label]) if shares else None


def turns_of_segments(segments: Iterable[Segment]) -> tuple[Turn, ...]:
    """A turn per segment of a known speaker."""
    return tuple(
        Turn(segment.start, segment.end, segment.speaker)
        for segment in segments
        if segment.speaker is not None
    )


def keep_labels(
    segments: Sequence[Segment], before: Transcript, turns: Sequence[Turn] = ()
) -> dict[str, str]:
    """For each new label the one that the same voice had before.

    A speaker without a counterpart gets the next free label, also one that is only in `turns`.

    Parameters
    ----------
    segments : the new transcript
    before : the transcript with the labels to keep
    turns : of the new pass
    """
    labels = match_speakers(before.segments, segments)
    taken = {speaker.label for speaker in before.speakers} | set(labels.values())
    taken |= {segment.speaker for segment in before.segments if segment.speaker}
    spoken: list[Segment | Turn] = [*segments, *turns]
    for item in spoken:
        if item.speaker is not None and item.speaker not in labels:
            labels[item.speaker] = next(free_labels(taken))
            taken.add(labels[item.speaker])
    return labels


def relabelled(segments: Iterable[Segment], labels: Mapping[str, str]) -> tuple[Segment, ...]:
    """The segments with their labels replaced."""
    return tuple(
        replace(segment, speaker=labels[segment.speaker]) if segment.speaker else segment
        for segment in segments
    )


def speakers_of(segments: Iterable[Segment], known: Iterable[Speaker]) -> tuple[Speaker, ...]:
    """The speakers of the segments in order of appearance and numbered so, with known names.

    Labels have gaps: one may be left over from the live pass, or have lost its last segment to a
    correction. Numbers have none.

    Examples
    --------
    >>> said = [Segment(0, 1, "S4", ()), Segment(1, 2, "S1", ()), Segment(2, 3, "S4", ())]
    >>> [speaker.display_name for speaker in speakers_of(said, [Speaker("S1", "Ana")])]
    ['Speaker 1', 'Ana']
    """
    by_label = {speaker.label: speaker for speaker in known}
    used = dict.fromkeys(segment.speaker for segment in segments if segment.speaker)
    return tuple(
        replace(by_label.get(label, Speaker(label)), number=number)
        for number, label in enumerate(used, start=1)
    )
