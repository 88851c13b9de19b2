"""The second pass over speakers of a recording that still grows, on synthetic voices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.diarization.diarizer import GrowingDiarizer
from meetcore.diarization.embedding import Embeddings, Masks
from meetcore.diarization.offline.diarize_recording import diarize
from meetcore.diarization.offline.growing_recording import GrowingDiarization
from meetcore.diarization.open_diarizer import OpenDiarizer
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.segmentation import Activity
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples
from tests.diarization.synthetic import (
    LEVEL,
    SyntheticEmbedding,
    SyntheticSegmentation,
    conversation,
    said,
)

stretches = st.lists(
    st.tuples(st.integers(0, 4), st.floats(0.2, 8.0)), min_size=1, max_size=14
).map(lambda parts: conversation(*parts))


class CountingSegmentation(SyntheticSegmentation):
    """Counts the samples that windows hold."""

    heard = 0

    def activity(self, windows: Samples) -> Activity:
        self.heard += windows.size
        return super().activity(windows)


def growing(samples: Samples) -> GrowingDiarization:
    return GrowingDiarization(
        lambda start, stop: samples[start:stop], SyntheticSegmentation(), SyntheticEmbedding()
    )


def whole(samples: Samples, wanted: DiarizeOptions | None = None) -> object:
    return _comparable(
        diarize(
            lambda start, stop: samples[start:stop],
            len(samples),
            SyntheticSegmentation(),
            SyntheticEmbedding(),
            wanted,
        )
    )


def _comparable(found: object) -> object:
    """The result with voices that can be compared exactly."""
    return (
        found.turns,  # type: ignore[attr-defined]
        found.exclusive_turns,  # type: ignore[attr-defined]
        found.speakers_found,  # type: ignore[attr-defined]
        {k: (v.total.tobytes(), v.duration) for k, v in found.voices.items()},  # type: ignore[attr-defined]
    )


@settings(deadline=None, max_examples=40)
@given(stretches, st.lists(st.integers(0, 300_000), max_size=12), st.sampled_from([None, 1, 3]))
def test_any_steps_of_growth_give_what_the_whole_recording_gives(
    samples: Samples, steps: list[int], speakers: int | None
) -> None:
    wanted = DiarizeOptions(n_speakers=speakers)
    recording = growing(samples)
    position = 0
    for step in steps:
        position = min(position + step, len(samples))
        recording.advance(position)
        recording.result(wanted)
        recording.result(wanted, final=step % 2 == 0)
    recording.advance(len(samples))
    assert _comparable(recording.result(wanted, final=True)) == whole(samples, wanted)
    assert _comparable(recording.result(wanted, final=True)) == whole(samples, wanted)


@pytest.mark.parametrize("frames", [588, 589, 590, 736, 883, 884])
def test_recordings_that_end_with_a_window(frames: int) -> None:
    samples = conversation((1, 6), (2, 6), (1, 6))[: (frames - 1) * 270 + 991]
    recording = growing(samples)
    for position in range(0, len(samples), 8_000):
        recording.advance(position)
    recording.advance(len(samples))
    assert _comparable(recording.result(final=True)) == whole(samples)


def test_a_result_in_between_covers_what_is_settled() -> None:
    samples = conversation(*[(1 + n % 2, 4.0) for n in range(15)])
    recording = growing(samples)
    for second in range(0, 61, 5):
        recording.advance(second * SAMPLE_RATE)
        found = recording.result()
        covered = recording.settled_until
        assert covered <= second and covered >= min(second - 18, 45)
        assert all(turn.end <= covered + 1e-6 for turn in found.turns)
        heard = [said(found.exclusive_turns, at) for at in np.arange(2.0, covered, 4.0)]
        assert heard == [f"S{1 + n % 2}" for n in range(len(heard))]


def test_a_second_costs_the_same_however_long_the_recording_is() -> None:
    who = np.random.default_rng(3).integers(0, 4, size=1_200)

    def read(start: int, stop: int) -> Samples:
        assert stop - start <= 15 * SAMPLE_RATE
        return (who[np.arange(start, stop) // SAMPLE_RATE] * LEVEL).astype(np.float32)

    segmentation, embedding = CountingSegmentation(), SyntheticEmbedding()
    recording = GrowingDiarization(read, segmentation, embedding)
    costs = []
    for minute in range(1, 21):
        before = segmentation.heard, embedding.seconds
        recording.advance(minute * 60 * SAMPLE_RATE)
        after = segmentation.heard, embedding.seconds
        costs.append((after[0] - before[0], after[1] - before[1]))
        recording.result()
        assert (segmentation.heard, embedding.seconds) == after
    windows, speech = np.array(costs)[1:].T
    assert windows.max() <= windows.min() + 10 * SAMPLE_RATE
    assert speech.max() <= 75


class FailsOnce(SyntheticSegmentation):
    """Fails at one window, then works."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def activity(self, windows: Samples) -> Activity:
        self.left -= 1
        if self.left == 0:
            raise InferenceError("out of memory")
        return super().activity(windows)


class EmbeddingFailsOnce(SyntheticEmbedding):
    """Fails at one block, then works."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
        self.left -= 1
        if self.left == 0:
            raise InferenceError("out of memory")
        return super().embed(samples, masks)


@pytest.mark.parametrize("at", [1, 2, 4, 7])
@pytest.mark.parametrize("failing", ["segmentation", "embedding"])
def test_a_window_that_failed_is_tried_again(failing: str, at: int) -> None:
    samples = conversation(*[(1 + n % 3, 3.0) for n in range(16)])
    recording = GrowingDiarization(
        lambda start, stop: samples[start:stop],
        FailsOnce(at) if failing == "segmentation" else SyntheticSegmentation(),
        EmbeddingFailsOnce(at) if failing == "embedding" else SyntheticEmbedding(),
    )
    failures = 0
    for position in [*range(0, len(samples), 40_000), len(samples), len(samples)]:
        try:
            recording.advance(position)
        except InferenceError:
            failures += 1
    for _ in range(2):
        try:
            found = recording.result(final=True)
        except InferenceError:
            failures += 1
    assert failures == 1
    assert _comparable(found) == whole(samples)


def test_what_progress_raises_ends_the_call_and_the_next_one_goes_on() -> None:
    samples = conversation(*[(1 + n % 3, 3.0) for n in range(16)])
    recording = growing(samples)

    def cancel(part: float) -> None:
        if part > 0.4:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        recording.advance(len(samples), cancel)
    recording.advance(len(samples))
    assert _comparable(recording.result(final=True)) == whole(samples)


def test_the_open_diarizer_offers_it() -> None:
    samples = conversation((1, 8), (2, 8))
    diarizer = OpenDiarizer(SyntheticSegmentation(), SyntheticEmbedding())
    assert isinstance(diarizer, GrowingDiarizer)
    recording = diarizer.open_growing(lambda start, stop: samples[start:stop])
    recording.advance(len(samples))
    assert _comparable(recording.result(final=True)) == whole(samples)
