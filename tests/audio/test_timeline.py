"""Frames are placed by their time stamps: holes are silent, nothing is heard twice or lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.audio.timeline import Placement, Timeline

FRAME_S = 0.02


def placed(starts: list[float | None], zero_s: float = 0.0, longest_s: float = 3600.0) -> float:
    """Length of the audio after frames of 20 ms at these times."""
    timeline, position = Timeline(zero_s, longest_s), 0.0
    for start in starts:
        place = timeline.place(start, position)
        assert place.silence_s >= 0 and place.skip_s >= 0
        position += place.silence_s + max(0.0, FRAME_S - place.skip_s)
    return position


def steady(n_frames: int, start: float = 0.0) -> list[float]:
    return [start + index * FRAME_S for index in range(n_frames)]


@pytest.mark.parametrize(
    ("starts", "length"),
    [
        (steady(50), 1.0),
        (steady(50, 4.0), 5.0),
        ([*steady(50), *steady(50, 11.0)], 12.0),
        ([*steady(50), *steady(50, 0.6)], 1.6),
        ([*steady(50), *steady(25, 0.4)], 1.0),
        ([*steady(50), 0.98, 0.98, *steady(49, 1.0)], 1.98),
        ([*steady(500), *steady(50, -20.0)], 11.0),
        ([*steady(50), *[1.0] * 50], 1.0 + 47 * FRAME_S),
        ([None] * 50, 1.0),
        ([*steady(50), *steady(50, 1e9)], 2.0),
        (steady(50, -5.0), 1.0),
        ([*steady(200), *steady(200)], 8.0),
        (steady(50, 0.04), 1.0),
    ],
    ids=[
        "whole",
        "late",
        "hole",
        "overlap",
        "all heard before",
        "repeated frames",
        "clock begins anew",
        "clock stands still",
        "no times",
        "impossibly far",
        "negative",
        "joined recordings",
        "below the shortest gap",
    ],
)
def test_table(starts: list[float | None], length: float) -> None:
    assert placed(starts) == pytest.approx(length, abs=0.051)


@given(
    starts=st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), max_size=200),
    longest_s=st.floats(1.0, 1e5),
)
def test_no_time_stamps_fill_more_than_the_longest_length(
    starts: list[float | None], longest_s: float
) -> None:
    assert placed(starts, longest_s=longest_s) <= longest_s + len(starts) * FRAME_S + 1e-6


@given(jitter=st.lists(st.floats(-0.015, 0.015), min_size=1, max_size=300))
def test_jitter_loses_and_adds_nothing(jitter: list[float]) -> None:
    starts = [index * FRAME_S + shake for index, shake in enumerate(jitter)]
    ordered = sorted(starts)
    assert placed([*ordered]) == pytest.approx(len(jitter) * FRAME_S, abs=0.051)


def test_an_untroubled_frame_is_left_alone() -> None:
    assert Timeline(1.5, 60.0).place(1.5, 0.0) == Placement()
