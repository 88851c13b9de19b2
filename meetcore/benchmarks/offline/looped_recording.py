"""Repeats files as one long recording with its reference, for `bench offline --repeat`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from meetcore.audio.media_files import iter_audio
from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.audio.wav_file import open_wav, pcm_bytes
from meetcore.benchmarks.shifted_reference import shifted_reference
from meetcore.errors import AudioDecodeError
from meetcore.metrics.reference import Reference
from meetcore.records import SAMPLE_RATE

GAP_SAMPLES = SAMPLE_RATE
"""Silence after each file."""


@dataclass(frozen=True, slots=True)
class ReferencedFile:
    """An audio file and its reference."""

    file: Path
    reference: Reference


def looped(files: Sequence[ReferencedFile], seconds: float, target: Path) -> ReferencedFile:
    """All files in whole rounds until `seconds` are reached; written to a WAV file.

    Memory does not grow with the length.

    Raises
    ------
    AudioDecodeError
        A file can't be read, or none has any audio.
    """
    parts: list[Reference] = []
    written = 0
    with open_wav(target) as writer:
        while written < seconds * SAMPLE_RATE:
            began = written
            for each in files:
                parts.append(
                    shifted_reference(each.reference, written / SAMPLE_RATE, f"{each.file.stem} ")
                )
                for pcm in _with_gap(each.file):
                    writer.writeframes(pcm_bytes(pcm))
                    written += pcm.size
            if written == began + GAP_SAMPLES * len(files):
                raise AudioDecodeError("There is no audio in these files to repeat.")
    return ReferencedFile(target, _joined(parts))


def _with_gap(file: Path) -> Iterator[Pcm]:
    yield from map(to_pcm, iter_audio(file))
    yield np.zeros(GAP_SAMPLES, dtype=np.int16)


def _joined(parts: Sequence[Reference]) -> Reference:
    """One reference of all parts; segments or turns that one part lacks are left out."""
    segments = [part.segments for part in parts if part.segments is not None]
    turns = [part.turns for part in parts if part.turns is not None]
    return Reference(
        segments=tuple(one for group in segments for one in group)
        if len(segments) == len(parts)
        else None,
        by_speaker=all(part.by_speaker for part in parts),
        turns=tuple(one for group in turns for one in group) if len(turns) == len(parts) else None,
    )
