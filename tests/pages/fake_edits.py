"""Corrections that are written down and not made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from meetcore.errors import MeetcoreError


@dataclass(frozen=True)
class FakeState:
    """What can be undone."""

    can_undo: str | None = "Correction of a word"
    can_redo: str | None = None
    edits: int = 1


@dataclass
class FakeEdits:
    """Takes any edit; refuses with `refusal`, where one is set."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    refusal: MeetcoreError | None = None

    def state(self, meeting_id: str) -> FakeState:
        return FakeState()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)

        def edit(*arguments: Any) -> None:
            if self.refusal is not None:
                raise self.refusal
            self.calls.append((name, *arguments))

        return edit
