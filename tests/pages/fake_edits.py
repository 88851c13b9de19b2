"""Corrections that are noted and not made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from meetcore.records import EditState

NEW_LABEL = "S4"


@dataclass
class FakeEdits:
    """Takes any edit; raises `refusal`, where one is set."""

    calls: list[tuple[Any, ...]] = field(default_factory=list)
    refusal: Exception | None = None
    request_keys: list[str] = field(default_factory=list)

    def for_request(self, key: str) -> FakeEdits:
        self.request_keys.append(key)
        return self

    def _note(self, *call: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.calls.append(call)

    def correct(
        self, meeting_id: str, position: int, text: str, expected: str | None = None
    ) -> None:
        self._note("correct", meeting_id, position, text, expected)

    def correct_word(
        self,
        meeting_id: str,
        position: int,
        word_index: int,
        text: str,
        expected: str | None = None,
    ) -> None:
        self._note("correct_word", meeting_id, position, word_index, text, expected)

    def assign(self, meeting_id: str, positions: Iterable[int], label: str | None = None) -> str:
        self._note("assign", meeting_id, list(positions), label)
        return label or NEW_LABEL

    def split(
        self, meeting_id: str, position: int, word_index: int, label: str | None = None
    ) -> str:
        self._note("split", meeting_id, position, word_index, label)
        return label or NEW_LABEL

    def merge_speakers(self, meeting_id: str, label: str, into: str) -> None:
        self._note("merge_speakers", meeting_id, label, into)

    def rename(self, meeting_id: str, label: str, name: str | None) -> None:
        self._note("rename", meeting_id, label, name)

    def undo(self, meeting_id: str) -> str | None:
        self._note("undo", meeting_id)
        return "Correction of a word"

    def redo(self, meeting_id: str) -> str | None:
        self._note("redo", meeting_id)
        return "Correction of a word"

    def state(self, meeting_id: str) -> EditState:
        return EditState("Correction of a word", None, 1)
