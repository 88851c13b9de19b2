"""One known speaker's voice, heard from a recording and the turns in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.offline.window_pass import Read
from meetcore.diarization.scoring import Voice, boundary
from meetcore.records import SAMPLE_RATE, Turn

PIECE = 4.0
"""Seconds embedded together."""
SHORTEST = 0.5
"""Seconds below which a span tells little about a voice."""
ENOUGH = 60.0
"""Seconds of speech after which more changes nothing that can be heard."""


def clean_spans(turns: Sequence[Turn], speaker: str) -> tuple[Turn, ...]:
    """Where one speaker talks and nobody else does.

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


def hear(read: Read, spans: Iterable[Turn], embedding: EmbeddingModel) -> Voice | None:
    """The voice of one speaker from the longest spans; None where there is nothing to hear.

    Pieces that sound like somebody else are left out: turns are never quite right.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives those samples of the recording.
    spans : iterable of Turn
        Where this speaker talks alone; at most a minute of them is heard.
    """
    voices = []
    for span in _pieces(spans):
        samples = read(round(span.start * SAMPLE_RATE), round(span.end * SAMPLE_RATE))
        vector = embedding.embed(samples)[0]
        if np.isfinite(vector).all():
            voices.append(Voice.of(vector, len(samples) / SAMPLE_RATE))
    return _agreed(voices)


def _pieces(spans: Iterable[Turn]) -> list[Turn]:
    """The longest spans up to a minute together, cut into pieces."""
    pieces: list[Turn] = []
    left = ENOUGH
    for span in sorted(spans, key=lambda span: span.start - span.end):
        length = min(span.end - span.start, left)
        if length < SHORTEST:
            break
        left -= length
        count = int(np.ceil(length / PIECE))
        edges = span.start + np.linspace(0.0, length, count + 1)
        pieces += [
            replace(span, start=float(edges[i]), end=float(edges[i + 1])) for i in range(count)
        ]
    return pieces


def _agreed(voices: Sequence[Voice]) -> Voice | None:
    """The sum of the voices that agree with all the others together."""
    if not voices:
        return None
    whole = _sum(voices)
    if len(voices) < 3:
        return whole
    kept = [voice for voice in voices if _agrees(whole.minus(voice), voice)]
    return _sum(kept) if kept else whole


def _agrees(rest: Voice, voice: Voice) -> bool:
    return rest.likeness(voice) >= boundary(rest.duration, voice.duration) - 0.1


def _sum(voices: Sequence[Voice]) -> Voice:
    whole = voices[0]
    for voice in voices[1:]:
        whole = whole.plus(voice)
    return whole
