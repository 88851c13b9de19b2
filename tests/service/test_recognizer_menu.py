"""The menu of recognizers: what is offered, its size, and how fast it is on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetcore.api.asked_options import asked_options
from meetcore.asr.recognizer import Recognition, RecognizeOptions
from meetcore.errors import InferenceError
from meetcore.jobs.remaining_time import Speeds
from meetcore.models.measured_speed import MeasuredSpeeds, expected_speed, work
from meetcore.records import JobStage, Samples
from meetcore.service.recognizer_menu import Offer, recognizer_menu, usual_offer
from meetcore.settings import Settings
from meetcore.weights.catalogue import Shape, load_catalogue
from meetcore.weights.resolver import WeightResolver
from tests.asr.fakes import ScriptedRecognizer

BASE, SMALL, TURBO = Shape(512, 6, 6), Shape(768, 12, 12), Shape(1280, 32, 4)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., tuple[Settings, WeightResolver]]:
    """Settings with folders of their own, and a resolver of an empty cache."""

    def build(**changes: Any) -> tuple[Settings, WeightResolver]:
        settings = Settings(
            _env_file=None,
            **{"data_dir": tmp_path / "data", "cache_dir": tmp_path / "cache", **changes},
        )
        settings.data_dir.mkdir(exist_ok=True)
        return settings, WeightResolver(settings.cache_dir, offline=True)

    return build


Make = Callable[..., tuple[Settings, WeightResolver]]


def by_name(settings: Settings, resolver: WeightResolver) -> dict[str, Offer]:
    return {each.name: each for each in recognizer_menu(settings, resolver)}


def test_the_menu_is_the_catalogue_from_quick_to_best(make: Make) -> None:
    offers = recognizer_menu(*make())
    known = load_catalogue().weights
    assert {each.name for each in offers} == {
        "better",
        *(name for name, each in known.items() if each.quality),
    }
    names = [each.name for each in offers]
    order = ["tiny.en", "base.en", "small.en", "medium.en", "large-v3", "better"]
    assert sorted(order, key=names.index) == order
    assert all(each.quality and each.languages and each.weights for each in offers)


def test_what_is_not_here_has_a_size_and_no_speed_before_a_measurement(make: Make) -> None:
    offers = by_name(*make())
    assert offers["base.en"].size_text == "145 MB"
    assert offers["turbo"].size_text == "about 1.6 GB"
    assert {each.speed_text for each in offers.values()} == {""}


def test_one_measurement_gives_an_estimate_of_all(make: Make) -> None:
    settings, resolver = make()
    settings.cache_dir.mkdir()
    (settings.cache_dir / "speeds.json").write_text(json.dumps({"base.en": 0.07, "x": "no"}))
    offers = by_name(settings, resolver)
    assert offers["base.en"].speed_text == "about 14 × real time here"
    assert offers["base.en"].is_measured
    assert offers["small"].speed_text == "about 4.6 × real time here (an estimate)"
    assert offers["large-v3"].speed_text.startswith("needs a GPU: about 0.8 × real time here")
    assert offers["better"].speed is not None
    assert offers["better"].speed < offers["base.en"].speed  # type: ignore[operator]


def test_the_speed_of_a_recording_that_was_transcribed_counts(make: Make) -> None:
    settings, resolver = make()
    Speeds(settings.data_dir / "speeds.json").record(JobStage.RECOGNIZING, "small", 60.0, 120.0)
    offers = by_name(settings, resolver)
    assert offers["small"].speed == pytest.approx(2.0) and offers["small"].is_measured
    assert offers["base"].speed == pytest.approx(2.0 * work(SMALL) / work(BASE))
    assert not offers["base"].is_measured


def test_estimates_fit_what_was_measured_here() -> None:
    """CPU seconds of an encoder pass and 90 tokens (beam 5), int8, one thread, AMD EPYC."""
    seconds = {BASE: 0.558 + 90 * 0.00875, SMALL: 1.756 + 90 * 0.02502, TURBO: 7.719 + 90 * 0.02319}
    for known, took in seconds.items():
        for other, expected in seconds.items():
            found = expected_speed(other, {known: took})
            assert found == pytest.approx(expected, rel=0.35)
    assert expected_speed(BASE, {}) is None


def test_a_server_is_offered_where_it_is_set_with_its_host(make: Make) -> None:
    assert "remote" not in by_name(*make())
    offer = by_name(*make(remote_url="https://asr.example.com/v1", remote_model="large"))["remote"]
    assert (offer.host, offer.weights, offer.to_fetch) == ("asr.example.com", "large", 0)


@pytest.mark.parametrize(
    ("recognizer", "quality", "weights", "languages"),
    [
        ("base.en", "Good", "base.en", 1),
        ("auto", "Good", "base.en", 1),
        ("better", "Better", "base.en, moonshine-base, tiny.en", 1),
        ("/models/my.en.pt", "", "my.en.pt", 1),
        ("/models/my.pt", "", "my.pt", 0),
    ],
)
def test_what_is_used_where_nothing_is_chosen(
    make: Make, recognizer: str, quality: str, weights: str, languages: int
) -> None:
    settings, resolver = make(recognizer=recognizer)
    found = usual_offer(recognizer_menu(settings, resolver), settings, resolver)
    assert (found.quality, found.weights) == (quality, weights)
    assert len(found.languages) == languages


def test_every_offer_is_accepted_as_an_option(make: Make) -> None:
    for offer in recognizer_menu(*make(remote_url="http://localhost:1/v1")):
        assert asked_options(recognizer=offer.name).recognizer == offer.name


def test_a_weight_is_timed_once_with_half_a_minute(tmp_path: Path) -> None:
    recognizer = ScriptedRecognizer()
    speeds = MeasuredSpeeds(tmp_path / "cache")
    for _ in range(2):
        speeds.measure_once(recognizer)
    ((n_samples, options),) = recognizer.calls
    assert n_samples == 28 * 16_000 and len(options.prefix_tokens) == 90
    assert set(speeds.read()) == {"scripted"}


def test_a_weight_that_cannot_be_timed_is_left_out(tmp_path: Path) -> None:
    def fail(*_: object) -> Recognition:
        raise InferenceError("It failed.")

    speeds = MeasuredSpeeds(tmp_path)
    speeds.measure_once(ScriptedRecognizer(fail))
    assert speeds.read() == {}
    for content in ("{", "[]", '{"a": NaN}', '{"a": -1}', '{"a": true, "b": 0.5}'):
        (tmp_path / "speeds.json").write_text(content)
        assert set(speeds.read()) <= {"b"}


@pytest.mark.model
def test_a_real_weight_is_timed(
    resolver: WeightResolver, tmp_path: Path, sample_audio: Samples
) -> None:
    from meetcore.asr.registry import load_recognizer

    recognizer = load_recognizer("tiny.en", resolver, device="cpu", threads=1)
    speeds = MeasuredSpeeds(tmp_path)
    speeds.measure_once(recognizer)
    assert 0.001 < speeds.read()["tiny.en"] < 3.0
    assert recognizer.recognize(sample_audio[:96_000], RecognizeOptions()).words
