"""Files one after the other, again and again, as one long recording with its reference."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from meetcore.audio.files import iter_audio
from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.errors import AudioDecodeError
from meetcore.metrics.reference import Reference
from meetcore.records import SAMPLE_RATE, Segment, Turn, Word

GAP_SAMPLES = SAMPLE_RATE
"""Silence after each file."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A file and what is known of it."""

    file: Path
    reference: Reference


def looped(clips: Sequence[Clip], seconds: float, target: Path) -> Clip:
    """The clips in whole rounds, of `seconds` or a little more, as a WAV that is never held.

    Raises
    ------
    AudioDecodeError
        A file can't be read, or none has any audio.
    """
    parts: list[Reference] = []
    written = 0
    with wave.open(str(target), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        while written < seconds * SAMPLE_RATE:
            began = written
            for clip in clips:
                parts.append(_moved(clip, written / SAMPLE_RATE))
                for pcm in _with_gap(clip.file):
                    file.writeframes(pcm.tobytes())
                    written += pcm.size
            if written == began + GAP_SAMPLES * len(clips):
                raise AudioDecodeError("There is no audio in these files to repeat.")
    return Clip(target, _joined(parts))


def _with_gap(file: Path) -> Iterator[Pcm]:
    yield from map(to_pcm, iter_audio(file))
    yield np.zeros(GAP_SAMPLES, dtype=np.int16)


def _moved(clip: Clip, offset: float) -> Reference:
    """What is known of a clip, `offset` seconds later; its speakers are known by its name too."""
    reference, name = clip.reference, clip.file.stem
    segments, turns = reference.segments, reference.turns
    return replace(
        reference,
        segments=None if segments is None else tuple(_later(one, offset, name) for one in segments),
        turns=None
        if turns is None
        else tuple(
            Turn(turn.start + offset, turn.end + offset, f"{name} {turn.speaker}") for turn in turns
        ),
    )


def _later(segment: Segment, offset: float, name: str) -> Segment:
    return replace(
        segment,
        start=segment.start + offset,
        end=segment.end + offset,
        speaker=f"{name} {segment.speaker}",
        words=tuple(
            Word(word.text, word.start + offset, word.end + offset, word.probability)
            for word in segment.words
        ),
    )


def _joined(parts: Sequence[Reference]) -> Reference:
    """What is known of every part; of what is missing in one, nothing is known."""
    segments = [part.segments for part in parts if part.segments is not None]
    turns = [part.turns for part in parts if part.turns is not None]
    return Reference(
        segments=tuple(one for group in segments for one in group)
        if len(segments) == len(parts)
        else None,
        by_speaker=all(part.by_speaker for part in parts),
        turns=tuple(one for group in turns for one in group) if len(turns) == len(parts) else None,
    )
