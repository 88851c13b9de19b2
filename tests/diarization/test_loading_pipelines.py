"""Pipelines from a folder or the hub: the call that loads them, and the error messages."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pyannote.core import Annotation, Segment

from meetcore.diarization import pyannote_loading
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.pyannote_loading import load_pipeline
from meetcore.diarization.pyannote_pipeline import PyannotePipelineDiarizer
from meetcore.diarization.registry import load_diarizer
from meetcore.errors import ModelUnavailableError
from meetcore.records import Turn
from tests.diarization.synthetic import SyntheticEmbedding, conversation, voice_of

HUB = "pyannote/speaker-diarization-community-1"


class Loader:
    """Stands for Pipeline.from_pretrained: keeps its calls, gives or raises one thing."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((args, kwargs))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def failure(name: str, status: int | None = None, message: str = "no") -> Exception:
    """An error as the hub's client raises it."""
    error = type(name, (Exception,), {})(message)
    if status is not None:
        error.response = SimpleNamespace(status_code=status)
    return error


def test_a_hub_pipeline_is_asked_for_with_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def download(*request: Any) -> None:
        asked.append(request)

    monkeypatch.setattr(pyannote_loading, "_download", download)
    with pytest.raises(ModelUnavailableError, match="gave nothing"):
        load_pipeline(f"{HUB}@v1", "hf_secret", from_pretrained=Loader(object()))
    assert asked == [("hf_secret", HUB, "config.yaml", "v1")]


@pytest.mark.parametrize(
    ("outcome", "token", "reason", "remedy"),
    [
        (None, None, "gave nothing", "Set HF_TOKEN"),
        (None, "hf_x", "gave nothing", "Accept the conditions"),
        (failure("GatedRepoError", 403), "hf_x", "gated", "Accept the conditions"),
        (failure("HfHubHTTPError", 403), "hf_x", "gated", "Accept the conditions"),
        (failure("HfHubHTTPError", 401), None, "without a token", "Set HF_TOKEN"),
        (failure("HfHubHTTPError", 401), "key", "HF_TOKEN", "does not begin with hf_"),
        (failure("RepositoryNotFoundError", 404), "hf_x", "has no", "MEETCORE_DIARIZER"),
        (failure("LocalEntryNotFoundError"), "hf_x", "cannot be reached", "internet"),
        (ConnectionError("down"), "hf_x", "cannot be reached", "internet"),
        (KeyError("introspection"), "hf_x", "another generation", "community-1"),
        (ValueError("odd"), "hf_x", "ValueError: odd", "Download it again"),
    ],
)
def test_every_failure_has_a_reason_and_a_remedy(
    outcome: Any, token: str | None, reason: str, remedy: str
) -> None:
    with pytest.raises(ModelUnavailableError) as caught:
        load_pipeline(HUB, token, from_pretrained=Loader(object()), fetch=Loader(outcome))
    assert reason in str(caught.value)
    assert remedy in str(caught.value)
    assert "MEETCORE_DIARIZER=open" in str(caught.value)
    assert "hf_x" not in str(caught.value)


def test_a_folder_without_a_config_and_a_path_to_nothing(tmp_path: Path) -> None:
    loader = Loader(object())
    with pytest.raises(ModelUnavailableError, match=r"no config\.yaml"):
        load_pipeline(str(tmp_path), None, from_pretrained=loader)
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        load_pipeline(str(tmp_path / "gone"), None, from_pretrained=loader)
    assert loader.calls == []


def test_off_is_a_reason_of_its_own() -> None:
    with pytest.raises(ModelUnavailableError, match="switched off"):
        load_diarizer("off", SimpleNamespace())


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelUnavailableError, match=r"No diarizer is called 'opne'.* open, a pip"):
        load_diarizer("opne", SimpleNamespace())


class Pipeline:
    """Answers as pyannote 4's pipelines do, and calls the hook."""

    def __call__(self, file: dict[str, Any], *, hook: Any, **asked: Any) -> Any:
        self.asked = {**asked, "shape": tuple(file["waveform"].shape)}
        hook("segmentation", None, completed=1, total=2)
        hook("embeddings", None, completed=2, total=2)
        whole, exclusive = Annotation(), Annotation()
        whole[Segment(0, 4)], whole[Segment(3, 6)] = "SPEAKER_01", "SPEAKER_00"
        exclusive[Segment(0, 4)], exclusive[Segment(4, 6)] = "SPEAKER_01", "SPEAKER_00"
        return SimpleNamespace(
            speaker_diarization=whole,
            exclusive_speaker_diarization=exclusive,
        )


def test_a_pipelines_answer_in_our_records() -> None:
    pipeline, seen = Pipeline(), []
    live = SimpleNamespace(name="open", embedding=SyntheticEmbedding())
    diarizer = PyannotePipelineDiarizer(HUB, pipeline, live)
    talk = conversation((1, 3), (0, 1), (2, 2))
    found = diarizer.diarize(
        lambda start, stop: talk[start:stop],
        96_000,
        DiarizeOptions(max_speakers=4),
        progress=seen.append,
    )
    assert pipeline.asked == {"num_speakers": None, "max_speakers": 4, "shape": (1, 96_000)}
    assert found.turns == (Turn(0, 4, "S1"), Turn(3, 6, "S2"))
    assert found.exclusive_turns == (Turn(0, 4, "S1"), Turn(4, 6, "S2"))
    # The voices are those of the live models, heard where one speaks alone, so that they compare.
    assert {label: voice.duration for label, voice in found.voices.items()} == {"S1": 3, "S2": 2}
    assert found.voices["S2"].direction @ voice_of(2) > 0.7
    assert seen == [0.25, 1.0]


def test_a_pipeline_stops_when_asked() -> None:
    diarizer = PyannotePipelineDiarizer(HUB, Pipeline(), SimpleNamespace(name="open"))

    def stop(part: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        diarizer.diarize(
            lambda start, stop: np.zeros(stop - start, np.float32), 16_000, progress=stop
        )
