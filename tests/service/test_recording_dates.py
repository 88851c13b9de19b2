"""The date of an upload: its own, else that of its last change, else now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.audio.probe import Probe
from meetcore.service.uploads import EARLIEST, recording_date

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
STATED = datetime(2025, 3, 4, 5, 6, tzinfo=UTC)
CHANGED = datetime(2025, 5, 1, tzinfo=UTC)
FUTURE = NOW + timedelta(minutes=1)
ZERO_MP4, ZERO_UNIX = datetime(1904, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)
DAY = datetime(2025, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "stated, changed, expected",
    [
        (STATED, CHANGED, STATED),
        (None, CHANGED, CHANGED),
        (STATED, None, STATED),
        (None, None, NOW),
        (FUTURE, CHANGED, CHANGED),
        (ZERO_MP4, CHANGED, CHANGED),
        (ZERO_UNIX, ZERO_UNIX, NOW),
        (FUTURE, FUTURE, NOW),
        (None, NOW, NOW),
    ],
)
def test_which_date_is_taken(
    stated: datetime | None, changed: datetime | None, expected: datetime
) -> None:
    assert recording_date(Probe(recorded_at=stated), changed, NOW) == expected


def test_a_day_gets_its_time_from_the_last_change_on_that_day() -> None:
    on_the_day = DAY + timedelta(hours=9)
    assert recording_date(Probe(recorded_at=DAY, day_only=True), on_the_day, NOW) == on_the_day
    later = DAY + timedelta(days=3)
    assert recording_date(Probe(recorded_at=DAY, day_only=True), later, NOW) == DAY


moments = st.none() | st.datetimes(timezones=st.timezones())


@given(stated=moments, changed=moments, day_only=st.booleans())
def test_no_date_is_before_1980_or_in_the_future(
    stated: datetime | None, changed: datetime | None, day_only: bool
) -> None:
    found = recording_date(Probe(recorded_at=stated, day_only=day_only), changed, NOW)
    assert EARLIEST <= found <= NOW and found.tzinfo is UTC
