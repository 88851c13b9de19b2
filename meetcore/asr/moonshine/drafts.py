"""What the tokens after a prefix probably are, from the decode before (pure)."""

from __future__ import annotations

from collections.abc import Sequence


class Drafts:
    """The latest tokens of one live meeting's window; used by one thread at a time."""

    def __init__(self) -> None:
        self._prefix: tuple[int, ...] = ()
        self._tokens: tuple[int, ...] = ()

    def after(self, prefix: Sequence[int]) -> tuple[int, ...]:
        """What followed these committed tokens at the decode before; empty where they are new.

        >>> drafts = Drafts()
        >>> drafts.put([], [5, 6, 7, 8])
        >>> drafts.after([5, 6]), drafts.after([6]), drafts.after([9])
        ((7, 8), (7, 8), ())
        """
        count = len(prefix)
        if not count:
            return () if self._prefix else self._tokens
        for start in range(len(self._tokens) - count + 1):
            if self._tokens[start : start + count] == tuple(prefix):
                return self._tokens[start + count :]
        return ()

    def put(self, prefix: Sequence[int], tokens: Sequence[int]) -> None:
        """Keep the result of a decode: the tokens that followed its prefix."""
        self._prefix = tuple(prefix)
        self._tokens = (*prefix, *tokens)
