"""The number of speakers in a recording, as far as a caller knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DiarizeOptions:
    """The number of speakers, as far as it is known; give one of both, or neither.

    Raises
    ------
    ValueError
        A number is below 1, or both are given.
    """

    n_speakers: int | None = None
    """Exactly this many, as far as there is enough speech to separate them."""
    max_speakers: int | None = None
    """At most this many."""

    def __post_init__(self) -> None:
        for name in ("n_speakers", "max_speakers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}; it must be at least 1.")
        if self.n_speakers is not None and self.max_speakers is not None:
            raise ValueError("Give either n_speakers or max_speakers, not both.")

    @property
    def min_count(self) -> int:
        """Least number of speakers."""
        return self.n_speakers or 1

    @property
    def max_count(self) -> int | None:
        """Greatest number of speakers; None for no limit."""
        return self.n_speakers or self.max_speakers
