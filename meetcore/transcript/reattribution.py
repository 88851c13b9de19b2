"""Words and segments under other speakers: turns of another pass, labels carried over. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from meetcore.records import Segment, Speaker, Transcript, Turn
from meetcore.transcript.attribution import attribute
from meetcore.transcript.label_matching import match_speakers


def sound_turns(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns whose times are numbers, and in order."""
    return tuple(turn for turn in turns if _is_sound(turn))


def _is_sound(turn: Turn) -> bool:
    return math.isfinite(turn.start) and math.isfinite(turn.end) and turn.start < turn.end


def reattributed(segments: Sequence[Segment], turns: Sequence[Turn]) -> tuple[Segment, ...]:
    """The words of a transcript by the speakers of these turns.

    A segment that a person corrected stays whole, so that what the machine wrote stays with it.
    """
    found: list[Segment] = []
    for corrected, group in groupby(segments, lambda segment: segment.machine is not None):
        if corrected:
            found += [replace(segment, speaker=_longest(segment, turns)) for segment in group]
        else:
            found += attribute([word for segment in group for word in segment.words], turns)
    return tuple(found)


def _longest(segment: Segment, turns: Sequence[Turn]) -> str | None:
    """Who talks most in a segment."""
    shares: dict[str, float] = {}
    for turn in turns:
        shared = min(segment.end, turn.end) - max(segment.start, turn.start)
        if shared > 0:
            shares[turn.speaker] = shares.get(turn.speaker, 0.0) + shared
    return max(shares, key=lambda label: shares[label]) if shares else None


def turns_of_segments(segments: Iterable[Segment]) -> tuple[Turn, ...]:
    """Who spoke when, as far as a transcript tells."""
    return tuple(
        Turn(segment.start, segment.end, segment.speaker)
        for segment in segments
        if segment.speaker is not None
    )


def carried_labels(
    segments: Sequence[Segment], before: Transcript, turns: Sequence[Turn] = ()
) -> dict[str, str]:
    """New labels to those the same voices had before.

    A speaker who has no counterpart gets the next free label; so does one who is only in the
    turns, without a word.
    """
    labels = match_speakers(before.segments, segments)
    taken = {speaker.label for speaker in before.speakers} | set(labels.values())
    taken |= {segment.speaker for segment in before.segments if segment.speaker}
    spoken: list[Segment | Turn] = [*segments, *turns]
    for item in spoken:
        if item.speaker is not None and item.speaker not in labels:
            labels[item.speaker] = _free_label(taken)
            taken.add(labels[item.speaker])
    return labels


def relabelled(segments: Iterable[Segment], labels: Mapping[str, str]) -> tuple[Segment, ...]:
    """The segments under other labels."""
    return tuple(
        replace(segment, speaker=labels[segment.speaker]) if segment.speaker else segment
        for segment in segments
    )


def speakers_of(segments: Iterable[Segment], known: Iterable[Speaker]) -> tuple[Speaker, ...]:
    """Everybody the segments name, as far as known under a name."""
    by_label = {speaker.label: speaker for speaker in known}
    used = dict.fromkeys(segment.speaker for segment in segments if segment.speaker)
    return tuple(by_label.get(label, Speaker(label)) for label in used)


def _free_label(taken: set[str]) -> str:
    number = 1
    while f"S{number}" in taken:
        number += 1
    return f"S{number}"
