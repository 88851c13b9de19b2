"""One speaker's embedding from the spans where only that speaker talks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.voice_similarity import Voice, boundary, sum_of_voices
from meetcore.records import SAMPLE_RATE, ReadSamples, Turn

PART = 4.0
"""Longest speech in seconds that is embedded at once."""
SHORTEST = 0.5
"""Seconds below which a span is not used."""
ENOUGH = 60.0
"""Seconds of speech after which more does not improve a voice."""


def clean_spans(turns: Sequence[Turn], speaker: str) -> tuple[Turn, ...]:
    """Where one speaker talks alone, in order of time.

    Examples
    --------
    >>> clean_spans([Turn(0.0, 5.0, "S1"), Turn(2.0, 3.0, "S2")], "S1")
    (Turn(start=0.0, end=2.0, speaker='S1'), Turn(start=3.0, end=5.0, speaker='S1'))
    """
    others = sorted((t for t in turns if t.speaker != speaker), key=lambda turn: turn.start)
    own = sorted((t for t in turns if t.speaker == speaker), key=lambda turn: turn.start)
    clean: list[Turn] = []
    first = 0
    longest = max((turn.end - turn.start for turn in others), default=0.0)
    for turn in own:
        while first < len(others) and others[first].start + longest <= turn.start:
            first += 1
        start = turn.start
        for other in others[first:]:
            if other.start >= turn.end:
                break
            if other.start > start:
                clean.append(Turn(start, other.start, speaker))
            start = max(start, other.end)
        if turn.end > start:
            clean.append(Turn(start, turn.end, speaker))
    return tuple(clean)


def voice_from_spans(
    read: ReadSamples, spans: Iterable[Turn], embedding: EmbeddingModel
) -> Voice | None:
    """The voice of one speaker, from the longest spans; None where there is too little speech.

    Parts that are unlike all others are left out, as turns often hold some of another speaker.

    Parameters
    ----------
    read : gives the samples between two positions, shape (n_samples,), float32, 16 kHz
    spans : where this speaker talks alone, in seconds; at most a minute of them is used

    Raises
    ------
    InferenceError
        The embedding model failed.
    """
    voices = []
    for span in _parts(spans):
        samples = read(round(span.start * SAMPLE_RATE), round(span.end * SAMPLE_RATE))
        vector = embedding.embed(samples)[0]
        if np.isfinite(vector).all():
            voices.append(Voice.of(vector, len(samples) / SAMPLE_RATE))
    return _agreed(voices)


def _parts(spans: Iterable[Turn]) -> list[Turn]:
    """The longest spans, up to a minute together, cut into parts."""
    parts: list[Turn] = []
    left = ENOUGH
    for span in sorted(spans, key=lambda span: span.start - span.end):
        length = min(span.end - span.start, left)
        if length < SHORTEST:
            break
        left -= length
        count = int(np.ceil(length / PART))
        edges = span.start + np.linspace(0.0, length, count + 1)
        parts += [
            replace(span, start=float(edges[i]), end=float(edges[i + 1])) for i in range(count)
        ]
    return parts


def _agreed(voices: Sequence[Voice]) -> Voice | None:
    """The sum of those voices that are similar to all others together."""
    if not voices:
        return None
    whole = sum_of_voices(voices)
    if len(voices) < 3:
        return whole
    kept = [voice for voice in voices if _agrees(whole.minus(voice), voice)]
    return sum_of_voices(kept) if kept else whole


def _agrees(rest: Voice, voice: Voice) -> bool:
    return rest.similarity(voice) >= boundary(rest.duration, voice.duration) - 0.1
