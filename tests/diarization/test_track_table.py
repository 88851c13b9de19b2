"""Local speakers of overlapping windows become tracks, in whatever order of columns."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from meetcore.diarization.binarize import active_runs, runs_of
from meetcore.diarization.track_table import TrackOptions, TrackTable, link


@given(st.permutations([0, 1, 2]), st.integers(0, 2**31))
def test_link_undoes_any_permutation(order: list[int], seed: int) -> None:
    owner = np.random.default_rng(seed).integers(0, 3, size=90)
    before = np.eye(3)[owner]
    assert link(before, before[:, order], 0.3) == {i: source for i, source in enumerate(order)}


def test_columns_that_share_no_time_stay_apart() -> None:
    before, after = np.zeros((40, 1)), np.zeros((40, 1))
    before[:20], after[20:] = 1.0, 1.0
    assert link(before, after, 0.3) == {}


@given(st.lists(st.permutations([0, 1]), min_size=2, max_size=3))
def test_tracks_do_not_depend_on_the_order_of_columns(orders: list[list[int]]) -> None:
    truth = np.zeros((100, 2))
    truth[:30, 0] = truth[30:70, 1] = truth[70:, 0] = 1.0
    table = TrackTable(TrackOptions())
    for step, order in enumerate(orders):
        table.add(step * 10, truth[step * 10 : step * 10 + 50][:, order])
    mean = table.mean()
    assert table.ids == (0, 1)
    first = int(np.argmax(mean[0]))
    assert np.array_equal(mean[:, first] > 0.5, truth[: len(mean), 0] > 0.5)


def test_a_track_that_is_no_longer_active_is_dropped() -> None:
    table = TrackTable(TrackOptions())
    scores = np.zeros((60, 3))
    scores[:20, 0] = scores[30:, 2] = 1.0
    table.add(0, scores)
    assert table.drop_before(25) == (0,)
    assert (table.start, table.ids, table.mean().shape) == (25, (1,), (35, 1))


def test_skipped_frames_are_silence_and_keep_the_count() -> None:
    table = TrackTable(TrackOptions())
    table.add(0, np.ones((30, 1)))
    table.add_silence(50)
    assert (table.mean()[30:] == 0).all()
    assert table.end == 50


def test_overlap_is_kept_in_active_runs_and_settled_in_exclusive_ones() -> None:
    mean = np.array([[0.9, 0.0], [0.9, 0.8], [0.6, 0.8], [0.0, 0.8]])
    assert [(r.start, r.stop, r.track) for r in runs_of(mean, 5, [7, 8], 0.5)] == [
        (5, 7, 7),
        (7, 9, 8),
    ]
    assert [(r.start, r.stop, r.track) for r in active_runs(mean, 5, [7, 8], 0.5)] == [
        (5, 8, 7),
        (6, 9, 8),
    ]
