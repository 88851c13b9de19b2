"""What passes through a transaction: the database's errors are translated, no others."""

from __future__ import annotations

import pytest

from meetcore.store.meetings import MeetingStore

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
