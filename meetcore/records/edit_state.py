"""`EditState`: what undo and redo would do to a transcript."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EditState:
    """What undo and redo would do, and how many edits are in force."""

    can_undo: str | None = None
    """Description of the edit that undo would take back; None where there is none."""
    can_redo: str | None = None
    """Description of the edit that redo would make again; None where there is none."""
    edits: int = 0
