"""What was said, indexed for searching: SQLite's FTS5; other databases scan.

A row's id is the meeting's serial and the segment's position, so that a meeting's rows are one
range and newer meetings come last. Only the transcript in force is indexed.

Source: https://www.sqlite.org/fts5.html
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from meetcore.records import Stage
from meetcore.store.schema import MeetingRow, SegmentRow

TABLE = "spoken"
POSITION_BITS = 20
"""A million segments a meeting."""
LONGEST_PREFIX = 4
"""Letters; beginnings up to here have an index of their own."""


def make(connection: Connection) -> None:
    """Make the index and put in what was said so far."""
    if connection.dialect.name != "sqlite":
        return
    connection.execute(
        text(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5(text,"
            " tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4')"
        )
    )
    connection.execute(
        text(
            f"INSERT INTO {TABLE} (rowid, text)"
            f" SELECT (m.serial << {POSITION_BITS}) + s.position, s.text"
            " FROM segments AS s JOIN meetings AS m ON m.id = s.meeting_id"
            " WHERE s.stage = m.transcript_stage"
        )
    )


def drop(connection: Connection) -> None:
    """Forget the index."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"DROP TABLE {TABLE}"))


def is_here(session: Session) -> bool:
    """Whether this database has the index."""
    return session.get_bind().dialect.name == "sqlite"


def row_id(serial: int, position: int) -> int:
    """The index row of a segment."""
    return (serial << POSITION_BITS) + position


def place_of(row: int) -> tuple[int, int]:
    """Serial and position of an index row.

    >>> place_of(row_id(3, 14))
    (3, 14)
    """
    return row >> POSITION_BITS, row & ((1 << POSITION_BITS) - 1)


def stage_in_force(session: Session, meeting: MeetingRow) -> Stage:
    """The final transcript if there is one, else the live one, else the draft of a second pass."""
    if meeting.transcript_stage == Stage.FINAL.value:
        return Stage.FINAL
    for stage in (Stage.PROVISIONAL, Stage.DRAFT):
        of_stage = select(SegmentRow.position).where(
            SegmentRow.meeting_id == meeting.id, SegmentRow.stage == stage.value
        )
        if session.scalar(of_stage.limit(1)) is not None:
            return stage
    return Stage.PROVISIONAL


def refresh(session: Session, meeting: MeetingRow, first_position: int = 0) -> None:
    """Index the transcript in force anew from a position on; a hidden meeting has none."""
    if not is_here(session):
        return
    session.flush()
    forget(session, meeting, first_position)
    if meeting.hidden_at is not None:
        return
    session.execute(
        text(
            f"INSERT INTO {TABLE} (rowid, text) SELECT :base + position, text FROM segments"
            " WHERE meeting_id = :id AND stage = :stage AND position >= :first"
        ),
        {
            "base": row_id(meeting.serial, 0),
            "id": meeting.id,
            "stage": stage_in_force(session, meeting).value,
            "first": first_position,
        },
    )


def forget(session: Session, meeting: MeetingRow, first_position: int = 0) -> None:
    """Take a meeting out of the index, from a position on."""
    if not is_here(session):
        return
    session.execute(
        text(f"DELETE FROM {TABLE} WHERE rowid BETWEEN :first AND :last"),
        {
            "first": row_id(meeting.serial, first_position),
            "last": row_id(meeting.serial + 1, 0) - 1,
        },
    )


def meetings_with(session: Session, match: str) -> list[int]:
    """Serials of the meetings in which anything matches, oldest first.

    Each step looks up the first match behind the meeting found last, so that a common word costs
    a step a meeting, not one a place. Forwards, because FTS5 walks backwards ten times as slowly.
    """
    first = f"SELECT rowid >> {POSITION_BITS} FROM {TABLE} WHERE {TABLE} MATCH :match"
    rows = session.execute(
        text(
            "WITH RECURSIVE found(serial) AS ("
            f"SELECT ({first} ORDER BY rowid LIMIT 1) UNION ALL"
            f" SELECT ({first} AND rowid >= ((found.serial + 1) << {POSITION_BITS})"
            " ORDER BY rowid LIMIT 1) FROM found WHERE found.serial IS NOT NULL)"
            " SELECT serial FROM found WHERE serial IS NOT NULL"
        ),
        {"match": match},
    )
    return [serial for (serial,) in rows]


def counts(session: Session, match: str) -> dict[int, int]:
    """How many segments of each meeting match, by serial; gathers all places once."""
    rows = session.execute(
        text(
            f"SELECT rowid >> {POSITION_BITS}, count(*) FROM {TABLE}"
            f" WHERE {TABLE} MATCH :match GROUP BY 1"
        ),
        {"match": match},
    )
    return {serial: count for serial, count in rows}


def first_places(
    session: Session, match: str, serials: Collection[int], limit: int
) -> dict[int, list[int]]:
    """Positions of the first matches in each of these meetings; gathers all places once."""
    found: dict[int, list[int]] = {serial: [] for serial in serials}
    if not found:
        return found
    rows = session.execute(
        text(
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :match"
            " AND rowid BETWEEN :first AND :last ORDER BY rowid"
        ),
        {"match": match, "first": row_id(min(found), 0), "last": row_id(max(found) + 1, 0) - 1},
    )
    for (row,) in rows:
        serial, position = place_of(row)
        positions = found.get(serial)
        if positions is not None and len(positions) < limit:
            positions.append(position)
    return found


def count_in(session: Session, match: str, serial: int) -> int:
    """How many segments of one meeting match."""
    counted = text(
        f"SELECT count(*) FROM {TABLE} WHERE {TABLE} MATCH :match"
        " AND rowid BETWEEN :first AND :last"
    )
    return int(session.scalar(counted, {"match": match, **_range(serial)}) or 0)


def places(
    session: Session, match: str, serial: int | None, limit: int, offset: int
) -> list[tuple[int, int]]:
    """Serial and position of segments that match; of one meeting in order, else newest first."""
    within, order, span = "", "DESC", {}
    if serial is not None:
        within, order = " AND rowid BETWEEN :first AND :last", "ASC"
        span = _range(serial)
    rows = session.execute(
        text(
            f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :match{within}"
            f" ORDER BY rowid {order} LIMIT :limit OFFSET :offset"
        ),
        {"match": match, "limit": limit, "offset": offset, **span},
    )
    return [place_of(row) for (row,) in rows]


def _range(serial: int) -> dict[str, int]:
    return {"first": row_id(serial, 0), "last": row_id(serial + 1, 0) - 1}
