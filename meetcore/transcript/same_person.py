"""Speakers of one meeting that are perhaps one person: a page asks, nothing is merged unasked."""

from __future__ import annotations

from collections.abc import Sequence

from meetcore.records import Speaker


def perhaps_same(speakers: Sequence[Speaker]) -> dict[str, str]:
    """For each speaker that may be another one too, the label of that other one.

    Either the voice is like the profile that named the other, or a voice gave a name that the
    other has. A name that a user typed or confirmed is not asked about.

    >>> perhaps_same([Speaker("S1", "Ana", 0.9, "p"), Speaker("S2", None, 0.8, "p")])
    {'S2': 'S1'}
    >>> perhaps_same([Speaker("S1", "Ana", 0.9, "p"), Speaker("S2", "ana"), Speaker("S3", "Ana")])
    {'S1': 'S2'}
    """
    found: dict[str, str] = {}
    for place, one in enumerate(speakers):
        for other_place, other in enumerate(speakers):
            if other.name is None or one is other or one.label in found:
                continue
            if one.name is None:
                is_same = one.profile_id is not None and one.profile_id == other.profile_id
            else:
                is_asked = other.similarity is None or other_place < place
                is_namesake = one.name.casefold() == other.name.casefold()
                is_same = one.similarity is not None and is_namesake and is_asked
            if is_same:
                found[one.label] = other.label
    return found
