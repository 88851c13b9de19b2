"""Frames are placed by their time stamps: holes are silent, nothing is heard twice or lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
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


def skipped(starts: list[float]) -> float:
    """How much of frames of 20 ms at these times is dropped."""
    timeline, position, dropped = Timeline(0.0, 1e6), 0.0, 0.0
    for start in starts:
        place = timeline.place(start, position)
        assert place.silence_s >= 0 and place.skip_s >= 0
        position += place.silence_s + max(0.0, FRAME_S - place.skip_s)
        dropped += min(place.skip_s, FRAME_S)
    return dropped


def on_arrival(lateness: list[float]) -> list[float]:
    """Times of frames that come in order, each late by so much."""
    starts: list[float] = []
    for index, late in enumerate(lateness):
        starts.append(max(index * FRAME_S + late, starts[-1] + 1e-3 if starts else 0.0))
    return starts


@given(lateness=st.lists(st.floats(0.0, 9.0), min_size=1, max_size=400))
def test_frames_stamped_on_arrival_are_all_kept(lateness: list[float]) -> None:
    starts = on_arrival(lateness)
    assert skipped(starts) == 0.0
    length = len(starts) * FRAME_S
    assert length - 1e-6 <= placed([*starts]) <= length + max(lateness) + 0.4


@settings(deadline=None)
@example(mean_s=0.01, seed=40131380)
@given(mean_s=st.sampled_from([0.01, 0.02, 0.04, 0.08, 0.3]), seed=st.integers(0, 2**32 - 1))
def test_a_long_call_with_jitter_is_not_stretched_more_and_more(mean_s: float, seed: int) -> None:
    lateness = np.random.default_rng(seed).exponential(mean_s, 5_000)
    starts = on_arrival([*map(float, lateness)])
    assert skipped(starts) == 0.0
    assert placed([*starts]) <= len(starts) * FRAME_S + float(lateness.max()) + 0.11


def test_a_pause_takes_back_what_jitter_added() -> None:
    late = on_arrival([0.0] * 50 + [0.5] + [0.0] * 100)
    assert placed([*late]) == pytest.approx(len(late) * FRAME_S + 0.5, abs=0.051)
    after = steady(50, late[-1] + 3.0)
    assert placed([*late, *after]) == pytest.approx(after[-1] + FRAME_S, abs=0.051)


@pytest.mark.parametrize("hole_s", [0.0, 0.5, 3.0, 9.0])
@pytest.mark.parametrize("back_s", [0.06, 0.3, 0.9])
def test_what_was_heard_is_dropped_after_any_hole(hole_s: float, back_s: float) -> None:
    """Two recordings that overlap, the first of them with a hole shortly before its end."""
    first = [*steady(50, 5.0), *steady(50, 6.0 + hole_s)]
    end = first[-1] + FRAME_S
    assert placed([*first, *steady(100, end - back_s)]) == pytest.approx(
        end - back_s + 2.0, abs=0.051
    )


@given(starts=st.lists(st.floats(0.0, 2.0), max_size=100))
def test_nothing_is_dropped_where_no_audio_comes_twice(starts: list[float]) -> None:
    timeline, position = Timeline(0.0, 1e6, drops_overlaps=False), 0.0
    for start in starts:
        place = timeline.place(start, position)
        assert place.skip_s == 0.0
        position += place.silence_s + FRAME_S


def test_a_repeated_time_after_a_small_gap_drops_nothing() -> None:
    timeline = Timeline(0.0, 60.0)
    timeline.place(0.0, 0.0)
    assert timeline.place(0.104, 0.064) == Placement()
    assert timeline.place(0.104, 0.084) == Placement()
