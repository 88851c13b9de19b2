"""The part of a live recording that is still decoded: its audio, and the words committed in it."""

from __future__ import annotations

import numpy as np

from meetcore.asr.recognizer import RecognizedWord
from meetcore.asr.vad.levels import frame_levels_db
from meetcore.records import Samples


class DecodeWindow:
    """Audio from the window's start on, its committed words, and the tokens before it.

    Positions are samples since the recording began.

    Parameters
    ----------
    history_tokens : how many tokens before the window to keep
    """

    def __init__(self, history_tokens: int) -> None:
        self._history_tokens = history_tokens
        self._history: list[int] = []
        self._audio: Samples = np.zeros(0, dtype=np.float32)
        self.start = 0
        """First sample of the window."""
        self.end = 0
        """End of the audio so far."""
        self.words: list[RecognizedWord] = []
        """Committed words in the window; times in seconds since the recording began."""

    @property
    def prefix_tokens(self) -> tuple[int, ...]:
        """Tokens of the committed words in the window."""
        return tuple(token for word in self.words for token in word.tokens)

    @property
    def prompt_tokens(self) -> tuple[int, ...]:
        """Tokens of the words that left the window most recently."""
        return tuple(self._history)

    def append(self, samples: Samples) -> None:
        """Add the next samples, shape (n_samples,), float32, 16 kHz."""
        self._audio = np.concatenate((self._audio, samples))
        self.end += samples.shape[0]

    def audio(self, start: int, stop: int) -> Samples:
        """Samples from `start` to `stop` that are kept: shape (n_samples,), float32, 16 kHz."""
        first = self.end - self._audio.shape[0]
        return self._audio[max(0, start - first) : max(0, stop - first)]

    def level_db(self, start: int, stop: int) -> float:
        """Level of the loudest 32 ms between two positions, in dB of full scale."""
        return float(frame_levels_db(self.audio(max(start, self.start), stop)).max(initial=-100.0))

    def move_words_to_history(self, count: int) -> None:
        """Take the first `count` words out of the window; their tokens become history."""
        for word in self.words[:count]:
            self._history.extend(word.tokens)
        self._history = self._history[-self._history_tokens :]
        self.words = self.words[count:]

    def forget_history(self) -> None:
        """Drop the tokens before the window."""
        self._history = []

    def move_start(self, position: int) -> None:
        """Start the window at `position`, never before its present start; drop older audio."""
        self.start = max(self.start, position)
        surplus = self.start - (self.end - self._audio.shape[0])
        if surplus > 0:
            self._audio = self._audio[surplus:].copy()

    def release_audio(self) -> None:
        """Free the audio."""
        self._audio = np.zeros(0, dtype=np.float32)
