"""Speech regions: joining, margins, the energy fallback, and Silero equal to its own network."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from meetcore.asr.offline.chunking import SPEECH_THRESHOLD
from meetcore.asr.vad.activity import (
    FRAME_SAMPLES,
    Activity,
    EnergyActivity,
    Region,
    frame_levels_db,
    regions_of,
)
from meetcore.asr.vad.silero import SileroActivity, load_activity, silero_weights
from meetcore.errors import ModelUnavailableError
from meetcore.records import SAMPLE_RATE, Samples


def frames(pattern: str) -> np.ndarray:
    return np.array([letter == "x" for letter in pattern])


def test_no_speech_has_no_regions() -> None:
    assert regions_of(frames("...."), 2048) == []
    assert regions_of(frames(""), 0) == []


def test_short_pauses_join_and_margins_stay_inside() -> None:
    pattern = "xx...xx" + "." * 20 + "x"
    regions = regions_of(frames(pattern), len(pattern) * FRAME_SAMPLES, pause=0.25, margin=0.1)
    assert regions == [
        Region(0, 7 * FRAME_SAMPLES + 1600),
        Region(27 * FRAME_SAMPLES - 1600, 28 * FRAME_SAMPLES),
    ]


def test_regions_never_overlap() -> None:
    pattern = "x" + "." * 4 + "x"
    regions = regions_of(frames(pattern), 6 * FRAME_SAMPLES, pause=0.05, margin=0.1)
    assert regions[0].end_sample <= regions[1].start_sample


def bursts() -> Samples:
    """Faint noise with two seconds of a loud tone at 3 s."""
    samples = np.random.default_rng(1).normal(0, 0.001, 8 * SAMPLE_RATE).astype(np.float32)
    tone = 0.2 * np.sin(np.arange(2 * SAMPLE_RATE) * 2 * np.pi * 220 / SAMPLE_RATE)
    samples[3 * SAMPLE_RATE : 5 * SAMPLE_RATE] += tone.astype(np.float32)
    return samples


def regions_in(samples: Samples, activity: Activity) -> list[Region]:
    speech = activity.speech_probabilities(samples) >= SPEECH_THRESHOLD
    return regions_of(speech, samples.shape[0])


def test_energy_finds_loud_regions() -> None:
    (region,) = regions_in(bursts(), EnergyActivity())
    assert region.start_sample / SAMPLE_RATE == pytest.approx(2.9, abs=0.05)
    assert region.end_sample / SAMPLE_RATE == pytest.approx(5.1, abs=0.05)


def test_energy_finds_no_speech_in_digital_silence() -> None:
    activity = EnergyActivity()
    assert not activity.speech_probabilities(np.zeros(16_000, dtype=np.float32)).any()
    assert activity.speech_probabilities(np.zeros(0, dtype=np.float32)).shape == (0,)


def test_levels_count_the_last_partial_frame() -> None:
    assert frame_levels_db(np.ones(513, dtype=np.float32)).shape == (2,)


def test_silero_gives_the_same_for_any_chunking(sample_audio: Samples) -> None:
    activity = load_activity()
    whole = activity.speech_probabilities(sample_audio)
    activity.reset()
    step = 7 * FRAME_SAMPLES
    parts = [
        activity.speech_probabilities(sample_audio[start : start + step])
        for start in range(0, sample_audio.shape[0], step)
    ]
    assert isinstance(activity, SileroActivity)
    assert np.abs(np.concatenate(parts) - whole).max() < 1e-5


def test_silero_finds_the_speech_of_the_sample(sample_audio: Samples) -> None:
    first, *rest = regions_in(sample_audio, SileroActivity(silero_weights()))
    assert first.start_sample / SAMPLE_RATE == pytest.approx(6.68, abs=0.2)
    assert rest[-1].end_sample == sample_audio.shape[0]


def test_a_damaged_weight_file_leaves_the_energy_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "silero_vad" / "data"
    data.mkdir(parents=True)
    (data / "silero_vad_16k.safetensors").write_bytes(b"damaged")
    spec = SimpleNamespace(submodule_search_locations=[str(tmp_path / "silero_vad")])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(ModelUnavailableError, match="cannot be read"):
        silero_weights()
    assert isinstance(load_activity(), EnergyActivity)


@pytest.mark.model
def test_silero_network_equals_the_published_program(sample_audio: Samples) -> None:
    """The package's TorchScript program has later weights: ours is run with those here."""
    import torch

    spec = importlib.util.find_spec("silero_vad")
    assert spec is not None and spec.origin is not None
    program = torch.jit.load(str(Path(spec.origin).parent / "data" / "silero_vad.jit")).eval()
    names = {
        "stft_conv.weight": "stft.forward_basis_buffer",
        **{
            f"conv{index + 1}.{kind}": f"encoder.{index}.reparam_conv.{kind}"
            for index in range(4)
            for kind in ("weight", "bias")
        },
        **{
            f"lstm_cell.{kind}": f"decoder.rnn.{kind}"
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        },
        "final_conv.weight": "decoder.decoder.2.weight",
        "final_conv.bias": "decoder.decoder.2.bias",
    }
    tensors = program._model.state_dict()
    ours = SileroActivity({name: tensors[key].numpy() for name, key in names.items()})
    audio = sample_audio[5 * SAMPLE_RATE : 5 * SAMPLE_RATE + 200 * FRAME_SAMPLES]
    program.reset_states()
    with torch.no_grad():
        reference = [
            float(program(torch.from_numpy(frame.copy())[None], SAMPLE_RATE))
            for frame in audio.reshape(-1, FRAME_SAMPLES)
        ]
    assert np.abs(ours.speech_probabilities(audio) - np.array(reference)).max() < 1e-3
