"""Times of a reference's words by forced alignment with Whisper; the live bench measures from them.

The decoder is given the known text, and dynamic time warping over its cross-attention gives
each word's time (openai-whisper's `find_alignment`). On the 13 hand-marked segments of
pyannote's sample, tiny.en ends the last word 0.03 s before the mark (median; median distance
0.10 s, largest 0.36 s); base.en ends words 0.2 s earlier, which would add to every latency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from meetcore.metrics.live_log import ReferenceWord
from meetcore.records import SAMPLE_RATE, Samples, Segment
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver

ALIGNMENT_WEIGHT = "tiny.en"
LONGEST_PIECE = 29.4
"""Seconds; Whisper's window is 30 s, and MARGIN is added at both ends."""
MARGIN = 0.3
"""Seconds of audio before and after a piece that are aligned with it."""
SLACK = 0.1
"""Reference segments are cut by hand to about this precision, in seconds."""
FRAME = 160
"""Samples of 10 ms at 16 kHz, the step in which the silence after a word is cut off."""
WORD_FALL_DB, FLOOR_DB = 30.0, 6.0
"""A word ends where the level stays this far below its peak, or this near to the noise floor."""


class ReferenceAligner:
    """Whisper on torch, which times words that are known.

    Raises
    ------
    WeightUnavailableError
        The weight is neither cached nor can be fetched; the message says why.
    """

    def __init__(self, settings: Settings, weight: str = ALIGNMENT_WEIGHT) -> None:
        import whisper
        from whisper.tokenizer import get_tokenizer

        path = WeightResolver(settings.cache_dir, settings.offline).resolve(weight)
        self._model: Any = whisper.load_model(str(path), device="cpu")
        self._model.set_alignment_heads(whisper._ALIGNMENT_HEADS[weight])
        self._tokenizer: Any = get_tokenizer(self._model.is_multilingual, language="en")

    def word_times(
        self, samples: Samples, segments: Sequence[Segment]
    ) -> tuple[ReferenceWord, ...]:
        """The reference's words with start and end, in the reference's order.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
            The whole recording.
        segments : sequence of Segment
            The reference, each segment no longer than 30 s.
        """
        floor = _noise_floor(samples)
        words: list[ReferenceWord] = []
        for piece in _pieces(segments):
            begin = max(piece[0].start - MARGIN, 0.0)
            end = max(segment.end for segment in piece) + MARGIN
            part = samples[int(begin * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
            texts = [word.text.strip() for segment in piece for word in segment.words]
            bounds = [segment for segment in piece for _ in segment.words]
            for text, bound, (low, high) in zip(
                texts, bounds, self._align(part, texts), strict=True
            ):
                low = min(max(begin + low, bound.start - SLACK), bound.end)
                high = max(min(begin + high, bound.end + SLACK), low)
                words.append(ReferenceWord(text, low, _voiced_end(samples, low, high, floor)))
        return tuple(words)

    def _align(self, samples: Samples, texts: Sequence[str]) -> list[tuple[float, float]]:
        """Start and end of each word in seconds from the first sample; at most 30 s of samples."""
        from whisper.audio import N_FRAMES, log_mel_spectrogram, pad_or_trim
        from whisper.timing import find_alignment

        mel = log_mel_spectrogram(samples, self._model.dims.n_mels, padding=30 * SAMPLE_RATE)
        n_frames = min(samples.size // FRAME, N_FRAMES)
        tokens = self._tokenizer.encode("".join(f" {text}" for text in texts))
        timings = find_alignment(
            self._model, self._tokenizer, tokens, pad_or_trim(mel, N_FRAMES), n_frames
        )
        return list(_by_characters(texts, timings))


def _pieces(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Neighbouring segments in groups that fit into Whisper's window."""
    group: list[Segment] = []
    for segment in sorted(segments, key=lambda segment: segment.start):
        if group and max(segment.end, group[-1].end) - group[0].start > LONGEST_PIECE:
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def _by_characters(texts: Sequence[str], timings: Any) -> Iterator[tuple[float, float]]:
    """Times of whitespace-separated words from the times of Whisper's words.

    Whisper's punctuation takes in the silence after a word, so its time is ignored.
    """
    edges = np.cumsum([0, *(len(timing.word) for timing in timings)])
    position = 0
    for text in texts:
        low, high = position + 1, position + 1 + len(text)
        inside = [
            timing
            for timing, (begin, end) in zip(timings, pairwise(edges), strict=True)
            if begin < high and end > low
        ]
        spoken = [t for t in inside if any(char.isalnum() for char in t.word)] or inside
        yield float(spoken[0].start), float(spoken[-1].end)
        position = high


def _levels(samples: Samples) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Level of each 10 ms in dB relative to full scale, shape (n_frames,)."""
    frames = samples[: samples.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    levels: np.ndarray[Any, np.dtype[np.float64]] = 10 * np.log10((frames**2).mean(axis=1) + 1e-10)
    return levels


def _noise_floor(samples: Samples) -> float:
    levels = _levels(samples)
    return float(np.percentile(levels, 10)) if levels.size else -100.0


def _voiced_end(samples: Samples, start: float, end: float, floor: float) -> float:
    """The word's end without the pause that the alignment adds to it.

    With the pause, the measured latency would be too small by its length.
    """
    first = int(start * SAMPLE_RATE)
    levels = _levels(samples[first : int(end * SAMPLE_RATE)])
    if levels.size == 0:
        return end
    peak = float(levels.max())
    loud = np.flatnonzero(levels > min(max(peak - WORD_FALL_DB, floor + FLOOR_DB), peak - 3.0))
    return min(start + (int(loud[-1]) + 1) * FRAME / SAMPLE_RATE, end)
