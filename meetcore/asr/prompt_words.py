"""Words of prompts as numbers, for recognizers without a vocabulary of their own."""

from __future__ import annotations

import threading
from collections.abc import Sequence


class PromptWords:
    """Numbers for words, in the order of their first use; safe from several threads.

    >>> words = PromptWords()
    >>> words.tokens(" Ana, Zoë. Ana,"), words.text((1, 0))
    ((0, 1, 0), 'Zoë. Ana,')
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def tokens(self, text: str) -> tuple[int, ...]:
        """A number for each word of a text."""
        with self._lock:
            return tuple(
                self._numbers.setdefault(word, len(self._numbers)) for word in text.split()
            )

    def text(self, tokens: Sequence[int]) -> str:
        """The words of such numbers, with spaces between."""
        with self._lock:
            words = list(self._numbers)
        return " ".join(words[token] for token in tokens)
