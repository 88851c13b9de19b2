"""A meeting in a language that its English-only weight cannot write: said once, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.asr.registry import load_recognizer
from meetcore.audio.media_files import read_audio
from meetcore.live import heard_language
from meetcore.live.heard_language import HeardLanguage
from meetcore.models.spoken_languages import MultilingualRecognizer
from meetcore.records import SAMPLE_RATE, Mode, ModelsInUse, Samples, Segment, Word
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver

DATA = Path(__file__).parents[1] / "data"


@dataclass
class Meeting:
    """The parts of a session and an identifier that are asked; words begin at 1 s."""

    found: Mapping[str, float]
    languages: tuple[str, ...] = ("en",)
    processed_samples: int = 0
    asked: list[Samples] = field(default_factory=list)

    @property
    def models(self) -> ModelsInUse:
        return ModelsInUse(Mode.FULL, "tiny.en · x · cpu int8", languages=self.languages)

    def segments(self) -> tuple[Segment, ...]:
        if self.processed_samples < 2 * SAMPLE_RATE:
            return ()
        return (Segment(1.0, 1.5, None, (Word(" so", 1.0, 1.5),)),)

    def language_probabilities(self, samples: Samples) -> Mapping[str, float]:
        self.asked.append(samples)
        return self.found


def said(meeting: Any, language: str | None, has_weight: bool, seconds: float = 30.0) -> list[str]:
    """The sentences of a meeting of so many seconds."""
    sentences: list[str] = []
    heard = HeardLanguage(language, Settings(_env_file=None), sentences.append)
    read = lambda begin, end: np.zeros(end - begin, np.float32)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        cached = (lambda self, name: Path(name)) if has_weight else (lambda self, name: None)
        patch.setattr(heard_language.WeightResolver, "cached", cached)
        for second in range(round(seconds)):
            meeting.processed_samples = second * SAMPLE_RATE
            heard.look(meeting, meeting, read)
    if heard.thread is not None:
        heard.thread.join(60)
    return sentences


def test_another_language_is_named_once_with_the_next_step() -> None:
    meeting = Meeting({"de": 0.97, "en": 0.01})
    (sentence,) = said(meeting, None, has_weight=True)
    assert sentence.startswith("This sounds like German, and tiny.en writes English only: stop")
    (samples,) = meeting.asked
    assert samples.shape == (10 * SAMPLE_RATE,)


@pytest.mark.parametrize(
    ("found", "language", "languages", "has_weight", "seconds"),
    [
        ({"en": 0.9, "de": 0.1}, None, ("en",), True, 30),
        ({"de": 0.6, "nl": 0.3}, None, ("en",), True, 30),
        ({}, None, ("en",), True, 30),
        ({"de": 0.97}, "en", ("en",), True, 30),
        ({"de": 0.97}, None, ("en", "de"), True, 30),
        ({"de": 0.97}, None, ("en",), False, 30),
        ({"de": 0.97}, None, ("en",), True, 9),
    ],
)
def test_nothing_is_said_where_it_is_not_sure_or_not_asked(
    found: Mapping[str, float],
    language: str | None,
    languages: tuple[str, ...],
    has_weight: bool,
    seconds: float,
) -> None:
    assert said(Meeting(found, languages), language, has_weight, seconds) == []


@pytest.mark.model
@pytest.mark.parametrize(
    ("name", "language"),
    [("languages/it.ogg", "it"), ("languages/ru.ogg", "ru"), ("jfk.flac", "en")],
)
def test_real_speech_is_told_apart(resolver: WeightResolver, name: str, language: str) -> None:
    samples = read_audio(DATA / name)[: 10 * SAMPLE_RATE]
    recognizer = MultilingualRecognizer(lambda: load_recognizer("base", resolver))
    found = recognizer.language_probabilities(samples)
    assert max(found, key=found.__getitem__) == language
    assert found[language] >= heard_language.SURE
