"""Recognizers and diarizers of another installed package: found, listed, chosen and used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from meetcore.asr.offline.recognize_recording import recognize_recording
from meetcore.asr.registry import ENGINES, engine_names, load_recognizer
from meetcore.diarization.registry import diarizer_names, load_diarizer
from meetcore.errors import ModelUnavailableError
from meetcore.installation import PIP_INSTALL
from meetcore.models.identifier import SpeakerIdentifier, create_speaker_identifier
from meetcore.records import SAMPLE_RATE, Mode, Samples
from meetcore.settings import Settings
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver
from tests.asr.fakes import LevelActivity
from tests.models.throwaway import write_package

SettingsFor = Callable[..., Settings]


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The throw-away package, installed for the length of a test."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    write_package(folder)
    monkeypatch.syspath_prepend(folder)
    yield
    sys.modules.pop("throwaway_engines", None)


@pytest.fixture
def weight(tmp_path: Path) -> str:
    path = tmp_path / "tick.metronome"
    path.write_text("tick")
    return str(path)


@pytest.fixture
def empty_resolver(tmp_path: Path) -> WeightResolver:
    return WeightResolver(tmp_path / "cache", offline=True)


def speech(seconds: float) -> Samples:
    noise = np.random.default_rng(0).normal(0.0, 0.1, round(seconds * SAMPLE_RATE))
    return noise.astype(np.float32)


def test_both_are_listed_after_ours() -> None:
    own = [name for name in ENGINES if name != REMOTE]
    assert engine_names() == (*own, "metronome", "failing", "unnamed", "needy", "gone")
    assert diarizer_names() == ("open", "alternating", "failing", "gone")
    assert "throwaway_engines" not in sys.modules


def test_both_run_live_and_offline(settings_for: SettingsFor, tmp_path: Path, weight: str) -> None:
    settings = settings_for(
        tmp_path, cache_dir=tmp_path, recognizer=weight, engine="metronome", diarizer="alternating"
    )
    found = create_speaker_identifier(settings)
    assert isinstance(found, SpeakerIdentifier), found.models.reason
    assert found.models.mode is Mode.FULL
    assert found.models.final_recognizer == "tick · metronome · cpu none"
    assert found.models.diarizer == "alternating 1.0"
    assert (found.models.languages, found.models.replaced_settings) == (("de",), ())
    audio = speech(4.0)

    session = found.open_session("m")
    for start in range(0, len(audio), 4_000):
        session.process_audio_chunk(audio[start : start + 4_000], start / SAMPLE_RATE)
    session.flush()
    assert [(s.speaker, s.start) for s in session.segments()] == [
        ("S1", 0.0),
        ("S2", 1.0),
        ("S1", 2.0),
        ("S2", 3.0),
    ]
    assert session.errors.chunk_errors == 0
    assert set(session.voices()) == {"S1"}
    session.close()

    def read(start: int, stop: int) -> Samples:
        return audio[start:stop]

    assert found.recognizer is not None
    (piece,) = recognize_recording(read, len(audio), found.recognizer, LevelActivity())
    assert [word.text for word in piece.words] == [" tick"] * 4
    assert piece.language == "de"
    diarization = found.diarizer.diarize(read, len(audio))
    assert [turn.speaker for turn in diarization.turns] == ["S1", "S2", "S1", "S2"]
    found.close()


def test_the_format_of_a_weight_chooses_the_engine(
    empty_resolver: WeightResolver, weight: str
) -> None:
    assert load_recognizer(weight, empty_resolver).info.engine == "metronome"
    with pytest.raises(ModelUnavailableError, match="does not run on cuda"):
        load_recognizer(weight, empty_resolver, engine="metronome", device="cuda")


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        ("gone", "ModuleNotFoundError: No module named 'throwaway_missing'"),
        ("failing", "RuntimeError: no such chip"),
        ("unnamed", "TypeError: throwaway_engines:WithoutSpec has no class attribute `spec`"),
    ],
)
def test_a_broken_engine_is_one_sentence(
    empty_resolver: WeightResolver, weight: str, engine: str, reason: str
) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        load_recognizer(weight, empty_resolver, engine=engine)
    assert str(caught.value).startswith(
        f"The plug-in {engine} of the package throwaway-package does not work ({reason}"
    )


def test_what_an_engine_lacks_comes_with_the_package_that_added_it(
    empty_resolver: WeightResolver, weight: str
) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        load_recognizer(weight, empty_resolver, engine="needy")
    assert "needs the module no_such_module" in str(caught.value)
    assert f"{PIP_INSTALL} throwaway-package," in str(caught.value)


@pytest.mark.parametrize("name", ["gone", "failing"])
def test_a_broken_diarizer_is_one_sentence(name: str) -> None:
    with pytest.raises(ModelUnavailableError, match=f"The plug-in {name} of the package throwaway"):
        load_diarizer(name, SimpleNamespace())
