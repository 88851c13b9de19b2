"""A given number of speakers is kept, on real voices."""

from __future__ import annotations

import numpy as np
import pytest

from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.open_diarizer import OpenDiarizer
from meetcore.diarization.options import DiarizeOptions
from meetcore.records import SAMPLE_RATE, Samples

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def four_voices(sample_audio: Samples) -> Samples:
    """The sample's two people, and both again at another pitch: four voices in a minute."""
    higher = np.interp(
        np.arange(0, len(sample_audio), 1.25), np.arange(len(sample_audio)), sample_audio
    )
    pause = np.zeros(SAMPLE_RATE // 2, np.float32)
    return np.concatenate([sample_audio, pause, higher.astype(np.float32)])


def found_in(diarizer: OpenDiarizer, audio: Samples, wanted: DiarizeOptions) -> Diarization:
    return diarizer.diarize(lambda start, stop: audio[start:stop], len(audio), wanted)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_exactly_as_many_as_asked_for(
    diarizer: OpenDiarizer, sample_audio: Samples, count: int
) -> None:
    found = found_in(diarizer, sample_audio, DiarizeOptions(n_speakers=count))
    labels = {f"S{number}" for number in range(1, count + 1)}
    assert {turn.speaker for turn in found.turns} == labels
    assert {turn.speaker for turn in found.exclusive_turns} == labels
    assert set(found.voices) == labels
    assert found.speakers_found == count


def test_never_more_than_asked_for(diarizer: OpenDiarizer, four_voices: Samples) -> None:
    free = found_in(diarizer, four_voices, DiarizeOptions())
    assert free.speakers_found == 4
    for most, count in ((3, 3), (2, 2)):
        found = found_in(diarizer, four_voices, DiarizeOptions(max_speakers=most))
        assert {turn.speaker for turn in found.turns} == {f"S{n}" for n in range(1, count + 1)}


def test_more_speakers_than_can_be_separated_is_no_error(
    diarizer: OpenDiarizer, sample_audio: Samples
) -> None:
    second = sample_audio[8 * SAMPLE_RATE : 10 * SAMPLE_RATE]
    found = found_in(diarizer, second, DiarizeOptions(n_speakers=20))
    assert 1 <= found.speakers_found <= 20
