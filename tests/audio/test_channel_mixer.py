"""Channels become one: no voice is lost to silence, noise, opposite phase or delay."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.audio.channel_mixer import ChannelMixer
from meetcore.records import SAMPLE_RATE, Samples
from tests.audio.media import Planar, loss_db, speech

VOICE = speech()
BLOCK = SAMPLE_RATE // 50
PIECE = SAMPLE_RATE // 4


def mixed(planar: Planar, size: int = SAMPLE_RATE) -> Samples:
    mixer = ChannelMixer(len(planar), BLOCK)
    parts = [planar[:, at : at + size] for at in range(0, planar.shape[1], size)]
    return np.concatenate([*(mixer.push(part) for part in parts), mixer.flush()])


def worst_loss_db(heard: Samples, voice: Samples) -> float:
    """The largest loss in any quarter of a second with voice in it."""
    pieces = range(0, voice.size - PIECE, PIECE)
    loud = [at for at in pieces if np.mean(voice[at : at + PIECE] ** 2) > 0.1 * np.mean(voice**2)]
    return max(loss_db(heard[at : at + PIECE], voice[at : at + PIECE]) for at in loud)


def noise(shape: tuple[int, ...], db: float, seed: int = 0) -> Planar:
    values = np.random.default_rng(seed).standard_normal(shape)
    return (values * 10 ** (db / 20)).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(
    n_channels=st.integers(1, 64),
    data=st.data(),
    noise_db=st.sampled_from([-200.0, -90.0, -60.0, -46.0]),
)
def test_a_voice_on_one_channel_keeps_its_level(
    n_channels: int, data: st.DataObject, noise_db: float
) -> None:
    channel = data.draw(st.integers(0, n_channels - 1))
    planar = noise((n_channels, VOICE.size), noise_db)
    planar[channel] += VOICE
    assert worst_loss_db(mixed(planar), VOICE) < 6.0


@settings(max_examples=60, deadline=None)
@given(
    scale=st.floats(0.3, 1.0),
    sign=st.sampled_from([-1, 1]),
    delay=st.integers(0, 480),
)
def test_two_channels_with_one_voice_do_not_cancel(scale: float, sign: int, delay: int) -> None:
    planar = np.stack([VOICE, np.float32(sign * scale) * np.roll(VOICE, delay)])
    assert loss_db(mixed(planar), VOICE) < 6.0


@settings(max_examples=20, deadline=None)
@given(n_channels=st.integers(2, 64), seed=st.integers(0, 999))
def test_many_microphones_in_one_room_do_not_cancel(n_channels: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    planar = np.stack(
        [np.roll(VOICE, rng.integers(0, 160)) * rng.choice([-1, 1]) for _ in range(n_channels)]
    ).astype(np.float32)
    assert loss_db(mixed(planar), VOICE) < 6.0


@settings(max_examples=25, deadline=None)
@given(
    n_channels=st.integers(1, 5),
    sizes=st.lists(st.integers(1, 5000), min_size=1, max_size=20),
    seed=st.integers(0, 99),
)
def test_any_chunking_gives_the_same_samples(n_channels: int, sizes: list[int], seed: int) -> None:
    planar = noise((n_channels, sum(sizes)), -20.0, seed)
    planar[0] *= np.float32(0.01)
    mixer = ChannelMixer(n_channels, BLOCK)
    edges = np.cumsum([0, *sizes])
    parts = [mixer.push(planar[:, a:b]) for a, b in itertools.pairwise(edges)]
    assert np.array_equal(np.concatenate([*parts, mixer.flush()]), mixed(planar))


def test_every_channel_that_carries_sound_is_heard() -> None:
    """Persons on channels of their own, one after the other and with levels 15 dB apart."""
    quiet = VOICE * np.float32(10 ** (-15 / 20))
    silent = np.zeros_like(VOICE)
    planar = np.stack(
        [np.concatenate(row) for row in ([VOICE, silent], [silent, quiet], [silent, silent])]
    )
    heard = mixed(planar)
    assert loss_db(heard[: VOICE.size], VOICE) < 1.0
    assert loss_db(heard[VOICE.size :], quiet) < 1.0


def test_plain_stereo_is_its_mean() -> None:
    planar = np.stack([VOICE, VOICE * np.float32(0.5)])
    difference = mixed(planar)[SAMPLE_RATE:] - 0.75 * VOICE[SAMPLE_RATE:]
    assert np.abs(difference).max() < 1e-3


def test_identical_channels_are_kept_bit_for_bit() -> None:
    assert np.array_equal(mixed(np.stack([VOICE, VOICE])), VOICE)


def test_a_dc_offset_is_no_sound() -> None:
    offset = np.full_like(VOICE, 0.2)
    heard = mixed(np.stack([offset, VOICE + noise(VOICE.shape, -70.0)]))
    assert loss_db(heard - heard.mean(), VOICE) == pytest.approx(0.0, abs=1.0)


def test_phase_that_turns_over_does_not_toggle_audibly() -> None:
    """A steady tone: a weight that jumps would be a click, far steeper than the tone itself."""
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    tone = (0.5 * np.sin(2 * np.pi * 200 * time)).astype(np.float32)
    second = tone * np.sign(np.sin(2 * np.pi * 0.25 * time + 0.1)).astype(np.float32)
    heard = mixed(np.stack([tone, second]))
    steepest = np.abs(np.diff(tone)).max()
    turns = np.abs(np.diff(second)).argsort()[-4:]
    calm = np.ones(heard.size - 1, bool)
    for turn in turns:
        calm[max(turn - 2, 0) : turn + 3] = False
    assert np.abs(np.diff(heard))[calm].max() < 1.3 * steepest
    assert loss_db(heard, tone) < 6.0
