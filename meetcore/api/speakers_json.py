"""Speakers as JSON for page scripts: label, name, colour, similarity, perhaps the same person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meetcore.records import Speaker
from meetcore.transcript.same_person import perhaps_same

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
    same = perhaps_same(tuple(known.values()))
    return [
        {
            "label": speaker.label,
            "name": speaker.display_name,
            "given": speaker.name is not None,
            "number": speaker.number,
            "same": same.get(speaker.label),
            "colour": colour_of(speaker.label),
            "similarity": similarity_percent(speaker),
        }
        for speaker in known.values()
    ]


def similarity_percent(speaker: Speaker) -> int | None:
    """How alike the enrolled voice is that gave the speaker's name; None for any other name."""
    if speaker.name is None or speaker.similarity is None:
        return None
    return round(100 * speaker.similarity)
