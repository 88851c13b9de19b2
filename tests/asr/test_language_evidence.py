"""The languages of a recording: few candidates, confirmed changes, a first piece that is short."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.asr.language import among, language_evidence
from meetcore.asr.offline.chunking import Piece, SpeechWindow
from meetcore.asr.offline.languages import split_by_language
from meetcore.asr.recognizer import RecognizerInfo
from meetcore.asr.vad.activity import Region
from meetcore.records import SAMPLE_RATE, Samples
from tests.asr.fakes import ScriptedRecognizer

GERMAN = {"de": 0.97, "nl": 0.02, "en": 0.01}
DUTCH = {"nl": 0.7, "de": 0.25, "en": 0.05}
LEVELS = {0.1: DUTCH, 0.5: GERMAN}


class Ears(ScriptedRecognizer):
    """Gives the probabilities for a level of the samples: one for a short look, one for a long."""

    def __init__(
        self,
        short: Mapping[float, Mapping[str, float]],
        long: Mapping[float, Mapping[str, float]],
    ) -> None:
        super().__init__(None, RecognizerInfo("ears", "fake", "cpu", "float32", ("de", "nl", "en")))
        self.short, self.long = short, long
        self.contexts: list[float] = []

    def language_probabilities(
        self, samples: Samples, context: float = 30.0
    ) -> Mapping[str, float]:
        self.contexts.append(context)
        looked_at = self.long if context == 30.0 else self.short
        return looked_at[round(float(samples.max()), 1)]


def speech(level: float, seconds: float) -> Samples:
    return np.full(round(seconds * SAMPLE_RATE), level, np.float32)


def piece(start: float, *stretches: tuple[float, float]) -> Piece:
    """A piece of stretches (level, seconds) with a second of silence after each."""
    parts, regions, place = [], [], 0
    for level, seconds in stretches:
        parts += [speech(level, seconds), speech(0.0, 1.0)]
        regions.append(Region(place, place + parts[-2].shape[0]))
        place += parts[-2].shape[0] + SAMPLE_RATE
    samples = np.concatenate(parts)
    begin = round(start * SAMPLE_RATE)
    window = SpeechWindow(begin, np.ones(samples.shape[0] // 512 + 1, np.float32))
    return Piece(begin, samples, tuple(regions), window, -20.0)


@given(
    st.dictionaries(st.sampled_from(["de", "en", "fr", "nl"]), st.floats(1e-9, 1.0), min_size=1),
    st.lists(st.sampled_from(["de", "en", "xx"]), min_size=1, unique=True),
)
def test_a_few_candidates_share_all_the_probability(
    found: dict[str, float], few: list[str]
) -> None:
    narrowed = among(found, few)
    assert set(narrowed) == set(few) and sum(narrowed.values()) == pytest.approx(1.0)
    known = [code for code in few if code in found]
    assert sorted(known, key=narrowed.__getitem__) == sorted(known, key=found.__getitem__)


def test_a_short_stretch_that_would_change_the_language_is_looked_at_again() -> None:
    ears = Ears({0.5: {"nl": 0.9, "de": 0.001}}, {0.5: GERMAN})
    assert language_evidence(speech(0.5, 1.6), ears, (), "de").likeliest == "de"
    assert ears.contexts == [5.0, 30.0]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 1.6, 3.0])
def test_one_that_keeps_it_is_not(seconds: float) -> None:
    ears = Ears({0.5: GERMAN}, {0.5: DUTCH})
    assert language_evidence(speech(0.5, seconds), ears, (), "de").likeliest == "de"
    assert ears.contexts == [5.0]


def test_the_first_language_is_decided_by_five_seconds_together() -> None:
    """Alone, the first piece would be Dutch."""
    ears = Ears(LEVELS, LEVELS)
    pieces = [piece(0, (0.1, 1.8)), piece(5, (0.5, 4.0)), piece(12, (0.1, 1.0))]
    found = list(split_by_language(pieces, ears))
    assert [each.stretches[0].language for each in found] == ["de", "de", "de"]
    assert [each.whole for each in found] == pieces
    alone = list(split_by_language(pieces[:1], ears))
    assert [each.stretches[0].language for each in alone] == ["nl"]
    resumed = list(split_by_language(pieces[2:], ears, ("de",)))
    assert resumed[0].stretches[0].language == "de"


def test_only_candidates_are_found() -> None:
    ears = Ears(LEVELS, LEVELS)
    pieces = [piece(0, (0.1, 4.0), (0.5, 4.0)), piece(12, (0.1, 6.0))]
    for few in (("de", "en"), ("en",)):
        found = list(split_by_language(pieces, ears, (), few))
        assert {part.language for each in found for part in each.stretches} <= set(few)
