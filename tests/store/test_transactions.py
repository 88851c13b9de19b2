"""What passes through a transaction: the database's errors are translated, no others."""

from __future__ import annotations

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError, OperationalError

from meetcore.errors import StoreUnavailableError
from meetcore.store.meetings import MeetingStore
from meetcore.store.store_errors import store_error

BUGS = (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, AttributeError)


@pytest.mark.parametrize("kind", [*BUGS, RecursionError])
def test_an_error_of_the_code_is_no_error_of_the_database(
    store: MeetingStore, kind: type[Exception]
) -> None:
    """It is not retried, and its words do not send the user to the database."""
    bug = kind("a bug")
    with pytest.raises(kind) as raised, store.together():
        store.create_meeting("Rolled back")
        raise bug
    assert raised.value is bug and bug.args == ("a bug",)
    assert store.list_meetings() == []


class DriverError(Exception):
    """An error of sqlite3, with the name that it gives."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.sqlite_errorname = name


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        *((name, True) for name in ("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED")),
        *((name, True) for name in ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_IOERR_WRITE")),
        *((name, False) for name in ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")),
    ],
)
def test_what_may_pass_is_told_apart_from_damage(name: str, passes: bool) -> None:
    error = OperationalError("statement", {}, DriverError(name))
    found = store_error("write", make_url("sqlite:///a.db"), error)
    assert isinstance(found, StoreUnavailableError) is passes


def test_an_entry_that_exists_already_is_final() -> None:
    error = IntegrityError("statement", {}, DriverError("SQLITE_CONSTRAINT_UNIQUE"))
    found = store_error("write", make_url("sqlite:///a.db"), error)
    assert not isinstance(found, StoreUnavailableError)
