"""Names that enrolled voices give to a meeting's speakers: one profile names one speaker.

Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from meetcore.records import ProfileMatch
from meetcore.store.schema import SpeakerRow
from meetcore.store.transcript_rows import put_speakers, speaker_rows

NONE: Mapping[str, ProfileMatch] = {}


def put_voice_names(
    session: Session,
    meeting_id: str,
    best: Mapping[str, ProfileMatch],
    further: Mapping[str, ProfileMatch] = NONE,
    present: Collection[str] | None = None,
) -> None:
    """Name speakers after enrolled voices; a name typed by a user is kept.

    A speaker that an earlier pass named by one of these profiles loses the name to the new one.
    Where a user typed the profile's name for another speaker, and for `further` speakers, the
    profile is noted without a name: they are perhaps the same person.

    Parameters
    ----------
    present : labels whose typed names count; None for all of the meeting
    """
    put_speakers(session, meeting_id, [*best, *further])
    rows = speaker_rows(session, meeting_id)
    owners = {match.profile_id: label for label, match in best.items()}
    for label, row in rows.items():
        owner = owners.get(row.profile_id or "", label)
        if owner != label and not _is_typed(row):
            row.name = row.similarity = row.profile_id = None
    typed = [rows[each] for each in (rows if present is None else present) if each in rows]
    typed = [row for row in typed if _is_typed(row)]
    for label, match in {**further, **best}.items():
        row = rows[label]
        if _is_typed(row):
            continue
        namesakes = [
            each for each in typed if (each.name or "").casefold() == match.name.casefold()
        ]
        for each in namesakes:
            each.profile_id = match.profile_id
        is_named = label in best and not namesakes
        row.name = match.name if is_named else None
        row.similarity, row.profile_id = float(match.similarity), match.profile_id


def _is_typed(row: SpeakerRow) -> bool:
    return row.name is not None and row.similarity is None
