"""A damaged row costs its meeting a sentence; the library goes on, and nothing spoken is quoted."""

from __future__ import annotations

import logging
import random
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetcore.errors import MeetcoreError, StoreError
from meetcore.records import (
    Job,
    JobStage,
    JobState,
    LibraryQuery,
    MeetingState,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Turn,
    VoiceClip,
    Word,
)
from meetcore.store.damage import DamagedRowError
from meetcore.store.meetings import MeetingStore, open_store

SECRETS = ("xylophone", "quarterly", "Zebedee", "margarine")
"""What was said, typed and named; none of it may stand in an error or the log."""
SEEDS = [
    *range(8),
    *(pytest.param(seed, marks=pytest.mark.long) for seed in range(8, 40)),
]
TABLES = (
    "meetings",
    "speakers",
    "segments",
    "rejected",
    "jobs",
    "turns",
    "edits",
    "edit_requests",
    "profiles",
    "clips",
)


def fill(store: MeetingStore) -> None:
    """Two meetings with everything that can be stored."""
    for number, meeting_id in enumerate(("m1", "m2")):
        store.create_meeting("quarterly", meeting_id=meeting_id, state=MeetingState.DONE)
        words = tuple(
            Word(f" {said}", float(place), place + 0.5, 0.9)
            for place, said in enumerate(["xylophone", "and", "margarine"] * 20)
        )
        segments = tuple(
            Segment(float(place), place + 5.0, f"S{place % 2 + 1}", words) for place in range(8)
        )
        speakers = (Speaker("S1", "Zebedee"), Speaker("S2"))
        rejected = (RejectedText(0.0, 1.0, "xylophone", "noise"),)
        store.replace_transcript(meeting_id, Transcript(segments, speakers, Stage.FINAL, rejected))
        store.replace_turns(meeting_id, [Turn(0.0, 5.0, "S1"), Turn(5.0, 9.0, "S2")])
        store.edits.for_request(f"key-{number}-12345").correct(meeting_id, 1, "margarine margarine")
        store.edits.rename(meeting_id, "S2", "Zebedee")
        store.jobs.put(Job(meeting_id, JobState.DONE, JobStage.ATTRIBUTING))
        embedding = np.full(8, 0.35, np.float32)
        store.profiles.add("Zebedee", "campplus", embedding, 9.0, VoiceClip(meeting_id, 0.0, 5.0))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a database with everything."""
    path = tmp_path_factory.mktemp("filled") / "meetcore.db"
    store = open_store(f"sqlite:///{path}")
    fill(store)
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    return path.read_bytes()


def reads(store: MeetingStore) -> dict[str, Callable[[], Any]]:
    """All that pages, routes and the start ask of a store."""
    of_each: dict[str, Callable[[], Any]] = {}
    for meeting_id in ("m1", "m2"):
        of_each |= {
            f"get {meeting_id}": lambda each=meeting_id: store.get(each),
            f"transcript {meeting_id}": lambda each=meeting_id: store.transcript(each),
            f"turns {meeting_id}": lambda each=meeting_id: store.turns(each),
            f"speakers {meeting_id}": lambda each=meeting_id: store.speakers(each),
            f"job {meeting_id}": lambda each=meeting_id: store.jobs.get(each),
            f"edits {meeting_id}": lambda each=meeting_id: store.edits.state(each),
            f"undo {meeting_id}": lambda each=meeting_id: store.edits.undo(each),
            f"correct {meeting_id}": lambda each=meeting_id: store.edits.correct(each, 3, "new"),
            f"hide {meeting_id}": lambda each=meeting_id: store.hide(each),
        }
    return {
        "list": store.list_meetings,
        "find": lambda: store.library.find(LibraryQuery()),
        "search": lambda: store.library.find(LibraryQuery(text=SECRETS[0])),
        "hits": lambda: store.library.hits(SECRETS[3]),
        "people": store.library.people,
        "counts": store.library.counts,
        "jobs": store.jobs.list,
        "profiles": store.profiles.list,
        "hidden": store.hidden,
        **of_each,
        "interrupted": lambda: store.mark_interrupted(),
    }


def errors_of(store: MeetingStore) -> dict[str, MeetcoreError]:
    """Our own error of each read that fails; any other error fails the test."""
    found: dict[str, MeetcoreError] = {}
    for name, read in reads(store).items():
        try:
            read()
        except MeetcoreError as error:
            found[name] = error
    return found


def quoted(error: BaseException | None, log: str) -> list[str]:
    """Words of the meetings in an error, in all that it carries, or in the log."""
    text = log
    while error is not None:
        text += "".join(traceback.format_exception(error, chain=False))
        text += repr(error) + repr(error.args) + repr(vars(error))
        text += repr(getattr(error, "doc", "")) + repr(getattr(error, "object", ""))
        error = error.__cause__ or error.__context__
    return [secret for secret in SECRETS if secret in text]


def columns() -> list[tuple[str, str]]:
    from meetcore.store.schema import Base

    return [
        (table, column.name)
        for table in TABLES
        for column in Base.metadata.tables[table].columns
        if column.name not in ("meeting_id", "id", "serial", "profile_id", "stage", "key")
    ]


BAD_VALUES: tuple[Any, ...] = (
    '[[" xylophone", 0.0, ',
    '{"xylophone": 1}',
    '[[" xylophone"]]',
    "xylophone",
    b"xylophone \xff\xfe",
    "[" * 100_000,
    float("inf"),
    -7,
    "",
)


@pytest.mark.parametrize("place, table, column", [(n, *each) for n, each in enumerate(columns())])
def test_a_damaged_value_is_a_sentence_without_content(
    filled: bytes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    place: int,
    table: str,
    column: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    for number, bad in enumerate(BAD_VALUES[place % 4 :: 4]):
        path = tmp_path / f"{number}.db"
        path.write_bytes(filled)
        with closing(sqlite3.connect(path)) as connection, connection:
            chosen = "rowid = (SELECT min(rowid) FROM " + table + ")"
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE {chosen}", (bad,))
        store = open_store(f"sqlite:///{path}")
        try:
            failed = errors_of(store)
        finally:
            store.close()
        for name, error in failed.items():
            assert not quoted(error, caplog.text), name
        for name in ("list", "find", "search", "hits", "people", "counts", "jobs", "profiles"):
            assert name not in failed, (name, bad)
        for name in ("get m2", "transcript m2", "turns m2", "job m2", "speakers m2"):
            assert name not in failed, (name, bad)
        for name, error in failed.items():
            if name.split()[0] in ("transcript", "turns", "speakers", "job"):
                assert "m1" in str(error) and "check --repair" in str(error)


BAD_CHANGES = (
    '{"segments": 3}',
    '{"segments": {"xylophone": {"at": 0, "old": [], "new": []}}}',
    '{"segments": {"final": {"at": "x", "old": [], "new": []}}}',
    '{"segments": {"final": {"at": 0, "old": [["xylophone"]], "new": []}}}',
    '{"turns": {"at": 0, "old": [["xylophone"]]}}',
    '{"speakers": {"at": 0, "old": [], "new": [[1]]}}',
    "[]",
)


@pytest.mark.parametrize("change", BAD_CHANGES)
def test_a_damaged_edit_is_not_undone(filled: bytes, tmp_path: Path, change: str) -> None:
    path = tmp_path / "meetcore.db"
    path.write_bytes(filled)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE edits SET change = ? WHERE meeting_id = 'm1'", (change,))
    store = open_store(f"sqlite:///{path}")
    before = store.transcript("m1")
    with pytest.raises(DamagedRowError, match="m1") as raised:
        store.edits.undo("m1")
    assert not quoted(raised.value, "")
    assert store.transcript("m1") == before
    store.close()


def test_a_damaged_meeting_is_still_listed_and_says_so(filled: bytes, tmp_path: Path) -> None:
    path = tmp_path / "meetcore.db"
    path.write_bytes(filled)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meetings SET state = 'x', created_at = 'y' WHERE id = 'm1'")
    store = open_store(f"sqlite:///{path}")
    rows = {row.meeting.id: row.meeting for row in store.library.find(LibraryQuery()).rows}
    assert set(rows) == {"m1", "m2"}
    assert rows["m1"].state is MeetingState.FAILED and "damaged" in rows["m1"].detail
    assert rows["m1"].title == "quarterly" and rows["m2"].state is MeetingState.DONE
    store.close()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield tmp_path_factory.mktemp("scratch")


def check_file(path: Path, log: pytest.LogCaptureFixture) -> None:
    """Every read of a damaged file ends, in a StoreError at worst, which quotes nothing."""
    try:
        store = open_store(f"sqlite:///{path}")
    except StoreError as error:
        assert not quoted(error, log.text)
        return
    try:
        failed = errors_of(store)
    finally:
        store.close()
    for name, error in failed.items():
        assert not quoted(error, log.text), name
        assert str(error).endswith((".", "`.")), name


@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_bits_in_the_database(
    filled: bytes, scratch: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    caplog.set_level(logging.DEBUG)
    chosen = random.Random(seed)
    content = bytearray(filled)
    for _ in range(20):
        content[chosen.randrange(100, len(content))] ^= 1 << chosen.randrange(8)
    path = scratch / f"flipped-{seed}.db"
    path.write_bytes(content)
    check_file(path, caplog)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_truncated_database(
    filled: bytes, scratch: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    caplog.set_level(logging.DEBUG)
    path = scratch / f"cut-{seed}.db"
    path.write_bytes(filled[: random.Random(seed).randrange(len(filled))])
    check_file(path, caplog)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_damaged_write_ahead_log(
    scratch: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    """What was committed before the damage is read; the rest is not there."""
    caplog.set_level(logging.DEBUG)
    source, path = scratch / f"wal-{seed}-source.db", scratch / f"wal-{seed}.db"
    store = open_store(f"sqlite:///{source}")
    fill(store)
    wal = bytearray(source.with_name(source.name + "-wal").read_bytes())
    content = source.read_bytes()
    store.close()
    chosen = random.Random(seed)
    if seed % 2:
        del wal[chosen.randrange(len(wal)) :]
    else:
        for _ in range(20):
            wal[chosen.randrange(len(wal))] ^= 1 << chosen.randrange(8)
    path.write_bytes(content)
    path.with_name(path.name + "-wal").write_bytes(wal)
    check_file(path, caplog)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=st.text() | st.binary())
def test_any_words_column_is_read_or_refused(filled: bytes, scratch: Path, words: Any) -> None:
    path = scratch / "words.db"
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    path.write_bytes(filled)
    with closing(sqlite3.connect(path)) as connection, connection:
        try:
            connection.execute("UPDATE segments SET words = ? WHERE meeting_id = 'm1'", (words,))
        except UnicodeEncodeError:
            return
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="The transcript of the meeting m1 cannot be read"):
        store.transcript("m1")
    assert len(store.transcript("m2").segments) == 8
    store.close()
