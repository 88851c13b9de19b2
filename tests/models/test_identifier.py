"""Each rung with models that fail to load: what still runs, and the reason given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.asr.recognizer import Recognizer, RecognizerInfo
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.errors import InferenceError, ModelUnavailableError, WeightUnavailableError
from meetcore.models import weight_sizes
from meetcore.models.identifier import (
    FallbackSpeakerIdentifier,
    Loaders,
    SpeakerIdentifier,
    create_speaker_identifier,
)
from meetcore.models.rungs import load_final_recognizer, loaders_for
from meetcore.records import SAMPLE_RATE, Mode
from meetcore.settings import Settings
from meetcore.text.languages import is_english_only
from meetcore.weights.resolver import WeightResolver
from tests.asr.fakes import ScriptedRecognizer
from tests.support.stand_ins import until

SettingsFor = Callable[..., Settings]


class NamedRecognizer(ScriptedRecognizer):
    """A recognizer with a name, which counts how often it was closed."""

    def __init__(self, weight: str, threads: int, languages: tuple[str, ...] = ("en",)) -> None:
        super().__init__()
        self.weight, self.threads, self.languages = weight, threads, languages
        self.closed = 0
        self.device = "cpu"

    @property
    def info(self) -> RecognizerInfo:
        name = Path(self.weight).stem if "/" in self.weight else self.weight
        return RecognizerInfo(name, "fake", self.device, "int8", self.languages)

    def close(self) -> None:
        self.closed += 1


class NamedDiarizer:
    def __init__(self, name: str) -> None:
        self.name = name

    def open_live(self, max_speakers: int | None = None) -> Any:
        raise AssertionError("no meeting is opened in these tests")


class FakeLoaders:
    """Loaders of fakes; those named in `broken` raise. Keeps what was loaded."""

    def __init__(
        self,
        broken: dict[str, Exception] | None = None,
        step: float = 0.1,
        languages: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.broken = broken or {}
        self.languages_of = languages or {}
        self.step = step
        self.loaded: list[NamedRecognizer] = []
        self.asked: list[str] = []
        self.languages: tuple[str, ...] | None = None
        """Of every weight; None for those that its name says."""
        self.device = "cpu"

    def recognizer(self, weight: str, threads: int) -> NamedRecognizer:
        self._maybe_break(f"{weight}@{threads}")
        self._maybe_break(weight)
        named = ("en",) if is_english_only(weight) else ("en", "de", "fr")
        languages = self.languages_of.get(weight, self.languages or named)
        self.loaded.append(NamedRecognizer(weight, threads, languages))
        self.loaded[-1].device = self.device
        return self.loaded[-1]

    def diarizer(self, setting: str) -> Any:
        if setting == "off":
            raise ModelUnavailableError("Speakers are switched off.")
        self._maybe_break(setting)
        return NamedDiarizer(f"diarizer {setting}")

    def step_seconds(self, recognizer: Recognizer) -> float:
        self._maybe_break("measuring")
        return self.step

    def loaders(self) -> Loaders:
        return Loaders(self.recognizer, self.diarizer, self.step_seconds)

    def _maybe_break(self, name: str) -> None:
        self.asked.append(name)
        if name in self.broken:
            raise self.broken[name]


def missing(name: str) -> WeightUnavailableError:
    return WeightUnavailableError(f"The weight {name} could not be had from anywhere.")


@pytest.fixture
def create(settings_for: SettingsFor, tmp_path: Path) -> Callable[..., FallbackSpeakerIdentifier]:
    def build(loaders: FakeLoaders, **changes: Any) -> FallbackSpeakerIdentifier:
        return create_speaker_identifier(settings_for(tmp_path, **changes), loaders.loaders())

    return build


Create = Callable[..., FallbackSpeakerIdentifier]


def test_everything_there_is_the_full_rung(create: Create) -> None:
    found = create(FakeLoaders())
    assert isinstance(found, SpeakerIdentifier)
    models = found.models
    assert (models.mode, models.rungs_left) == (Mode.FULL, ())
    assert models.reason == "moonshine-base writes live, base.en the final transcript."
    assert models.live_recognizer == "moonshine-base · fake · cpu int8"
    assert models.final_recognizer == "base.en · fake · cpu int8"
    assert models.diarizer == "diarizer auto"


def test_live_recognizer_runs_on_one_thread(create: Create) -> None:
    loaders = FakeLoaders()
    create(loaders)
    assert [(item.weight, item.threads) for item in loaders.loaded] == [
        ("base.en", 0),
        ("moonshine-base", 1),
    ]


@pytest.mark.parametrize("name", ["remote", "better"])
def test_live_words_are_written_by_one_weight_of_this_machine(create: Create, name: str) -> None:
    loaders = FakeLoaders()
    models = create(loaders, recognizer=name, live_recognizer=name, remote_url="http://x/v1").models
    assert {item.weight for item in loaders.loaded} == {"base.en", "moonshine-base"}
    assert models.live_recognizer.startswith("moonshine-base ")
    assert models.replaced_settings == ()


def test_on_a_gpu_one_copy_writes_live_and_the_final_transcript(create: Create) -> None:
    loaders = FakeLoaders()
    loaders.device = "cuda"
    models = create(loaders, recognizer="turbo").models
    assert [item.weight for item in loaders.loaded] == ["turbo"]
    assert models.live_recognizer == models.final_recognizer == "turbo · fake · cuda int8"


def test_missing_base_is_replaced_by_tiny_with_a_note(create: Create) -> None:
    models = create(FakeLoaders({"base.en": missing("base.en")})).models
    assert models.mode is Mode.FULL
    assert models.live_recognizer.startswith("tiny.en")
    assert models.final_recognizer.startswith("tiny.en")
    assert models.reason == f"{missing('base.en')} tiny.en is used instead."
    assert models.rungs_left == ()


def test_slow_machine_writes_live_with_a_smaller_weight(create: Create) -> None:
    loaders = FakeLoaders(step=0.5)
    models = create(loaders).models
    assert models.live_recognizer.startswith("moonshine-tiny")
    assert models.final_recognizer.startswith("base.en")
    assert models.reason == (
        f"moonshine-base would take 0.50 s for every {StreamingOptions().step:g} s of talk on this"
        " machine, so moonshine-tiny writes live and base.en the final transcript."
    )
    slow = loaders.loaded[1]
    assert (slow.weight, slow.threads, slow.closed) == ("moonshine-base", 1, 1)


def test_slow_machine_without_the_smaller_weight_keeps_the_other_with_a_note(
    create: Create,
) -> None:
    lost = missing("moonshine-tiny")
    models = create(FakeLoaders({"moonshine-tiny": lost}, step=5.0)).models
    assert models.live_recognizer.startswith("moonshine-base")
    assert models.reason == f"moonshine-base is slow here, and {lost}"


def test_speed_that_cannot_be_measured_changes_nothing(create: Create) -> None:
    models = create(FakeLoaders({"measuring": InferenceError("The engine failed.")})).models
    assert models.mode is Mode.FULL
    assert models.live_recognizer.startswith("moonshine-base")


NO_MOONSHINE = {name: missing(name) for name in ("moonshine-base", "moonshine-tiny")}


@pytest.mark.parametrize(("step", "live"), [(0.1, "base.en"), (5.0, "tiny.en")])
def test_without_moonshine_whisper_writes_live_with_a_note(
    create: Create, step: float, live: str
) -> None:
    found = create(FakeLoaders(NO_MOONSHINE, step=step))
    assert found.models.mode is Mode.FULL
    assert found.models.live_recognizer.startswith(f"{live} ")
    assert found.models.final_recognizer.startswith("base.en ")
    assert f"{live} writes live" in found.models.reason


@pytest.mark.parametrize("step", [0.1, 5.0])
def test_a_larger_english_weight_writes_live_where_the_machine_keeps_up(
    create: Create, step: float
) -> None:
    loaders = FakeLoaders(step=step)
    models = create(loaders, recognizer="small.en").models
    assert models.final_recognizer.startswith("small.en ")
    expected = ["small.en", "small.en"]
    if step > 1.0:
        expected += ["moonshine-base", "moonshine-tiny"]
    assert [each.weight for each in loaders.loaded] == expected
    assert models.live_recognizer.startswith(f"{expected[-1]} ")
    assert [each.closed for each in loaders.loaded[1:-1]] == [1] * (len(expected) - 2)


def test_second_copy_that_does_not_load_is_replaced_by_the_first(create: Create) -> None:
    """The live copy of the weight may not fit into memory any more."""
    full = ModelUnavailableError("There is no memory left.")
    broken = NO_MOONSHINE | {"base.en@1": full, "tiny.en": missing("tiny.en")}
    found = create(FakeLoaders(broken))
    assert found.models.mode is Mode.FULL
    assert found.models.live_recognizer.startswith("base.en")
    assert "There is no memory left." in found.models.reason


def test_recognizer_given_as_a_path_is_loaded_by_its_path_twice(create: Create) -> None:
    loaders = FakeLoaders()
    create(loaders, recognizer="/models/mine.pt")
    assert [item.weight for item in loaders.loaded] == ["/models/mine.pt", "/models/mine.pt"]


def test_a_multilingual_weight_is_kept_however_slow(create: Create) -> None:
    loaders = FakeLoaders(step=5.0)
    loaders.languages = ("en", "de")
    models = create(loaders, recognizer="base").models
    assert models.live_recognizer.startswith("base ")
    assert models.languages == ("en", "de")


def test_a_slow_machine_writes_live_with_the_smaller_multilingual_weight(create: Create) -> None:
    loaders = FakeLoaders(step=5.0)
    loaders.languages = ("en", "de")
    models = create(loaders, recognizer="small").models
    assert models.live_recognizer.startswith("base ")
    assert models.final_recognizer.startswith("small ")
    assert "so base writes live and small the final transcript" in models.reason


@pytest.mark.parametrize(
    ("cuda", "pulled", "changes", "expected"),
    [
        (False, True, {}, "base.en"),
        (False, True, {"recognizer": "auto", "language": "en"}, "base.en"),
        (False, False, {"recognizer": "auto", "language": "de"}, "base"),
        (True, True, {}, "turbo"),
        (True, True, {"recognizer": "auto"}, "turbo"),
        (True, True, {"recognizer": "auto", "device": "cuda", "language": "de"}, "turbo"),
        (True, True, {"recognizer": "base.en"}, "base.en"),
        (True, True, {"device": "cpu"}, "base.en"),
        (True, False, {}, "base.en"),
        (True, False, {"recognizer": "auto", "language": "fr"}, "base"),
    ],
)
def test_auto_takes_turbo_on_a_gpu_where_it_was_pulled(
    create: Create,
    monkeypatch: pytest.MonkeyPatch,
    cuda: bool,
    pulled: bool,
    changes: dict[str, Any],
    expected: str,
) -> None:
    monkeypatch.setattr(weight_sizes, "has_cuda", lambda: cuda)
    monkeypatch.setattr(WeightResolver, "cached", lambda self, name: Path(name) if pulled else None)
    loaders = FakeLoaders()
    models = create(loaders, **changes).models
    live = "moonshine-base" if expected == "base.en" else expected
    assert {each.weight for each in loaders.loaded} == {expected, live}
    assert models.live_recognizer.startswith(f"{live} ")
    assert models.replaced_settings == ()


@pytest.mark.parametrize(
    ("weight", "languages", "language", "lighter"),
    [
        ("base.en", ("en",), None, "moonshine-tiny"),
        ("base.en", ("en",), "en", "moonshine-tiny"),
        ("base.en", ("en",), "de", None),
        ("base", ("en", "de"), "en", "moonshine-base"),
        ("base", ("en", "de"), None, None),
        ("base", ("en", "de"), "de", None),
        ("small", ("en", "de"), "de", "base"),
        ("turbo", ("en", "de"), None, "base"),
        ("turbo", ("en", "de"), "en", "moonshine-base"),
        ("small.en", ("en",), None, "moonshine-base"),
        ("own", (), None, None),
        ("own", ("de",), None, None),
        ("own", (), "en", "moonshine-base"),
        ("tiny", ("en", "de"), "en", None),
        ("tiny.en", ("en",), "en", None),
    ],
)
def test_a_busy_machine_steps_down_to_what_surely_writes_the_language(
    create: Create,
    weight: str,
    languages: tuple[str, ...],
    language: str | None,
    lighter: str | None,
) -> None:
    loaders = FakeLoaders()
    loaders.languages = languages
    found = create(loaders, recognizer=weight)
    before = len(loaders.loaded)
    found.open_lighter_words(language)
    until(lambda: (found.open_lighter_words(language) is None) == (lighter is None))
    assert [each.weight for each in loaders.loaded[before:]] == ([lighter] if lighter else [])
    found.close()


def test_live_recognizer_of_the_settings_is_taken(create: Create) -> None:
    models = create(FakeLoaders(step=5.0), live_recognizer="small.en").models
    assert models.live_recognizer.startswith("small.en")
    assert models.final_recognizer.startswith("base.en")


def test_live_recognizer_that_fails_leaves_no_rung(create: Create) -> None:
    broken = {name: missing(name) for name in ("small.en", "tiny.en")}
    models = create(FakeLoaders(broken), live_recognizer="small.en").models
    assert models.mode is Mode.FULL
    assert models.rungs_left == ()
    assert models.live_recognizer.startswith("base.en")
    assert str(missing("small.en")) in models.reason


def test_no_diarizer_leaves_one_rung_with_reason_and_remedy(create: Create) -> None:
    found = create(FakeLoaders({"auto": missing("campplus")}))
    assert not isinstance(found, SpeakerIdentifier)
    assert found.diarizer is None and found.recognizer is not None
    models = found.models
    assert models.mode is Mode.TRANSCRIPTION_ONLY
    (left,) = models.rungs_left
    assert (left.mode, left.reason) == (Mode.FULL, str(missing("campplus")))
    assert left.remedy == "python -m meetcore weights pull segmentation-3.0 campplus"
    assert models.reason == str(missing("campplus"))


def test_speakers_switched_off_says_how_to_switch_them_on(create: Create) -> None:
    models = create(FakeLoaders(), diarizer="off").models
    assert models.mode is Mode.TRANSCRIPTION_ONLY
    assert models.rungs_left[0].remedy == "MEETCORE_DIARIZER=auto"


def test_failing_pipeline_falls_to_open_weights_with_the_reason(create: Create) -> None:
    hub = "pyannote/speaker-diarization-community-1"
    refused = ModelUnavailableError(f"{hub} is gated: set HF_TOKEN.")
    loaders = FakeLoaders({hub: refused})
    models = create(loaders, diarizer=hub).models
    assert models.mode is Mode.FULL
    assert models.diarizer == "diarizer open"
    assert models.reason == f"{refused} Open weights tell speakers apart instead."
    assert models.rungs_left == ()


def test_pipeline_and_open_weights_failing_names_both(create: Create) -> None:
    broken = {
        "/pipeline": ModelUnavailableError("/pipeline has no config.yaml."),
        "open": missing("campplus"),
    }
    models = create(FakeLoaders(broken), diarizer="/pipeline").models
    assert models.mode is Mode.TRANSCRIPTION_ONLY
    assert models.rungs_left[0].reason == f"/pipeline has no config.yaml. {missing('campplus')}"


def test_no_recognizer_leaves_both_rungs_with_the_same_reason(create: Create) -> None:
    broken = {name: missing(name) for name in ("base.en", "tiny.en")}
    found = create(FakeLoaders(broken))
    why = f"{missing('base.en')} {missing('tiny.en')}"
    models = found.models
    assert (models.mode, models.reason) == (Mode.RECORDING_ONLY, why)
    assert [(left.mode, left.reason) for left in models.rungs_left] == [
        (Mode.FULL, why),
        (Mode.TRANSCRIPTION_ONLY, why),
    ]
    assert all(
        left.remedy == "python -m meetcore weights pull tiny.en" for left in models.rungs_left
    )
    assert found.recognizer is None and found.diarizer is None


def test_reason_is_the_recognizers_however_late_the_diarizer_fails(
    settings_for: SettingsFor, tmp_path: Path
) -> None:
    """Both load at once: the order in which they fail must not choose the sentence."""
    recognizer_failed = threading.Event()

    def recognizer(weight: str, threads: int) -> Recognizer:
        if weight == "tiny.en":
            recognizer_failed.set()
        raise missing(weight)

    def diarizer(setting: str) -> Any:
        recognizer_failed.wait(5)
        threading.Event().wait(0.2)
        raise missing("campplus")

    loaders = Loaders(recognizer, diarizer, lambda recognizer: 0.1)
    models = create_speaker_identifier(settings_for(tmp_path), loaders).models
    assert models.reason == f"{missing('base.en')} {missing('tiny.en')}"
    assert str(missing("campplus")) in models.rungs_left[0].reason


@pytest.mark.parametrize("part", ["auto", "base.en", "moonshine-base"])
@pytest.mark.parametrize(
    "error", [ImportError("libcudart"), OSError(28, "full"), RuntimeError("x")]
)
def test_half_installed_library_is_a_sentence_and_no_crash(
    create: Create, part: str, error: Exception
) -> None:
    models = create(FakeLoaders({part: error})).models
    assert type(error).__name__ in models.reason
    assert models.mode is (Mode.TRANSCRIPTION_ONLY if part == "auto" else Mode.FULL)
    if part == "auto":
        assert type(error).__name__ in models.rungs_left[0].reason


def test_loading_leaves_no_thread(create: Create) -> None:
    before = set(threading.enumerate())
    create(FakeLoaders())
    create(FakeLoaders({"auto": missing("campplus")}))
    assert set(threading.enumerate()) <= before


def test_close_frees_both_recognizers_however_often(create: Create) -> None:
    loaders = FakeLoaders()
    found = create(loaders)
    found.close()
    found.close()
    assert all(item.closed for item in loaders.loaded)


def test_session_without_recognizer_has_no_segments(create: Create) -> None:
    broken = {name: missing(name) for name in ("base.en", "tiny.en")}
    session = create(FakeLoaders(broken)).open_session("m")
    assert session.process_audio_chunk(np.ones(SAMPLE_RATE, dtype=np.float32), 0.0) == ()
    assert session.flush() == () and session.step == 0.0
    assert session.processed_samples == SAMPLE_RATE
    session.close()


@pytest.mark.model
def test_offline_and_empty_cache_is_recording_only(tmp_path: Path) -> None:
    """The real loaders with nothing to load: a sentence for every rung, no exception."""
    settings = Settings(
        _env_file=None, data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True
    )
    models = create_speaker_identifier(settings).models
    assert models.mode is Mode.RECORDING_ONLY
    assert [left.mode for left in models.rungs_left] == [Mode.FULL, Mode.TRANSCRIPTION_ONLY]
    assert "base.en" in models.reason and "tiny.en" in models.reason


@pytest.mark.model
def test_real_weights_give_the_full_rung(resolver: WeightResolver, tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, recognizer="tiny.en")
    found = create_speaker_identifier(settings, loaders_for(settings, resolver))
    assert isinstance(found, SpeakerIdentifier)
    assert found.models.live_recognizer.startswith("tiny.en")
    assert found.models.diarizer == "segmentation-3.0 + campplus"
    found.close()
    found.close()


@pytest.mark.parametrize(
    ("weight", "language", "stand_in"),
    [
        ("/models/mine.pt", None, "base"),
        ("/models/mine.pt", "de", "base"),
        ("/models/mine.pt", "en", "tiny.en"),
        ("/models/mine.en.pt", None, "tiny.en"),
        ("small", None, "base"),
        ("small", "fr", "base"),
        ("small", "en", "tiny.en"),
        ("base.en", None, "tiny.en"),
        ("turbo", None, "base"),
    ],
)
def test_a_weight_that_fails_is_replaced_by_one_that_writes_the_language(
    create: Create, weight: str, language: str | None, stand_in: str
) -> None:
    """An English weight would write words that nobody said where another language is spoken."""
    loaders = FakeLoaders({weight: missing(weight)})
    models = create(loaders, recognizer=weight, language=language).models
    assert models.final_recognizer.startswith(f"{stand_in} ")
    assert models.replaced_settings == ("recognizer",)
    assert str(missing(weight)) in models.reason


@pytest.mark.parametrize("language", ["de", "en,de"])
def test_another_weight_writes_a_meeting_that_the_usual_one_cannot(
    create: Create, language: str
) -> None:
    loaders = FakeLoaders(languages={"base": ("en", "de")})
    found = create(loaders)
    assert found.models_for("en") is found.models and found.models_for(None) is found.models
    models = found.models_for(language)
    assert models.live_recognizer.startswith("base ") and models.languages == ("en", "de")
    assert models.reason == "moonshine-base writes English only, not German. base writes instead."
    found.models_for(language)
    assert [each.weight for each in loaders.loaded].count("base") == 1
    found.close()
    assert all(each.closed for each in loaders.loaded)


def test_a_weight_that_cannot_be_had_is_one_sentence_and_not_tried_at_each_step(
    create: Create,
) -> None:
    loaders = FakeLoaders({"base": missing("base")})
    found = create(loaders)
    for _ in range(3):
        with pytest.raises(WeightUnavailableError, match="The weight base could not be had"):
            found.models_for("de")
    assert loaders.asked.count("base") == 1


@pytest.mark.parametrize(
    ("weight", "known", "language", "loaded", "why"),
    [
        ("base.en", ("en",), "de", "base", "base.en writes English only, not German."),
        ("base.en", ("en",), "de,en", "base", "base.en writes English only, not German."),
        ("/models/mine.pt", ("en",), "de", "base", "mine.pt writes English only, not German."),
        ("/models/mine.pt", ("en", "de"), "de", "/models/mine.pt", ""),
        ("turbo", None, "de", "base", "The weight turbo could not be had from anywhere."),
        ("base.en", ("en",), "en", "base.en", ""),
        ("base.en", ("en",), None, "base.en", ""),
    ],
)
def test_a_weight_steps_aside_for_one_that_writes_the_languages(
    weight: str, known: tuple[str, ...] | None, language: str | None, loaded: str, why: str
) -> None:
    broken: dict[str, Exception] = {} if known else {weight: missing(weight)}
    loaders = FakeLoaders(broken, languages={weight: known or (), "base": ("en", "de")})
    found = load_final_recognizer(weight, loaders.loaders(), language=language)
    assert (found.name, found.reasons_text.replace("/models/", "")) == (loaded, why)
    others = [each for each in loaders.loaded if each is not found.model]
    assert all(each.closed for each in others)


def test_both_recognizers_write_the_language_of_the_settings(create: Create) -> None:
    loaders = FakeLoaders(languages={"base": ("en", "de")})
    found = create(loaders, language="de", live_recognizer="tiny.en")
    assert {each.weight for each in loaders.loaded} == {"base"}
    assert found.models.languages == ("en", "de")
    assert "base.en writes English only, not German. base is used instead." in found.models.reason
    assert "tiny.en writes English only, not German. base writes live" in found.models.reason
    found.close()
