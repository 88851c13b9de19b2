"""Speakers as JSON for page scripts: label, name, colour number, similarity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meetcore.records import Speaker

COLOURS = 10


def colour_of(label: str) -> int:
    """The colour's number for a label; the eleventh speaker has the first colour again.

    >>> colour_of("S1"), colour_of("S12")
    (0, 1)
    """
    digits = "".join(character for character in label if character.isdigit())
    return (int(digits or "1") - 1) % COLOURS


def speakers_json(
    speakers: Iterable[Speaker], labels: Iterable[str | None] = ()
) -> list[dict[str, Any]]:
    """Each speaker as a JSON object; labels without a speaker follow, None is left out."""
    known = {speaker.label: speaker for speaker in speakers}
    for label in labels:
        if label is not None:
            known.setdefault(label, Speaker(label))
    return [
        {
            "label": speaker.label,
            "name": speaker.display_name,
            "given": speaker.name is not None,
            "colour": colour_of(speaker.label),
            "similarity": None if speaker.similarity is None else round(100 * speaker.similarity),
        }
        for speaker in known.values()
    ]
