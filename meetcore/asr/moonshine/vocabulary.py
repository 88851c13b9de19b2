"""Moonshine's vocabulary (SentencePiece byte pairs): tokens to words, read from tokenizer.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from meetcore.asr.whisper.word_times import CLOSING

START = 1
END = 2
FIRST_TEXT_TOKEN = 3
_SPACE = "\u2581"
"""The vocabulary writes it in place of a space."""


class MoonshineTokens:
    """Pieces of text by token id.

    Parameters
    ----------
    path : a tokenizer.json of the tokenizers library, whose model is a BPE with byte fallback

    Raises
    ------
    OSError, ValueError, KeyError
        The file is missing, or is no such tokenizer.
    """

    def __init__(self, path: Path) -> None:
        vocabulary = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
        self._pieces = {int(token): _bytes_of(piece) for piece, token in vocabulary.items()}

    def __len__(self) -> int:
        """Tokens of text, from 0 on; ids above are control tokens that no transcript has."""
        return len(self._pieces)

    def split(
        self, tokens: Sequence[int], language: str | None
    ) -> tuple[list[str], list[list[int]]]:
        """Text tokens as words: their texts, and the tokens of each; closing marks are their own.

        A word keeps its leading space.
        """
        groups: list[list[int]] = []
        for token in tokens:
            if not groups or self._pieces[token].startswith(b" "):
                groups.append([])
            groups[-1].append(token)
        parts = [part for group in groups for part in self._without_marks(group)]
        return [self.text(part) for part in parts], parts

    def text(self, tokens: Sequence[int]) -> str:
        """Tokens as text; bytes that are no UTF-8 become U+FFFD."""
        return b"".join(self._pieces[token] for token in tokens).decode("utf-8", "replace")

    def _without_marks(self, group: list[int]) -> list[list[int]]:
        """The tokens of a word, and each closing mark that follows it."""
        length = len(group)
        while length > 1 and self.text(group[length - 1 : length]) in CLOSING:
            length -= 1
        return [group[:length], *([token] for token in group[length:])]


def _bytes_of(piece: str) -> bytes:
    if len(piece) == 6 and piece.startswith("<0x"):
        return bytes([int(piece[3:5], 16)])
    return piece.replace(_SPACE, " ").encode()
