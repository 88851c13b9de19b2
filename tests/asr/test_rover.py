"""Votes of several recognizers over the words of one window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.asr.offline.rover import slots, spelling, voted
from meetcore.asr.recognizer import (
    Recognition,
    RecognizedWord,
    RecognizeOptions,
    Recognizer,
    RecognizerInfo,
)
from meetcore.errors import ModelUnavailableError
from meetcore.metrics.wer import count_errors
from meetcore.models.loaders import loaders_for
from meetcore.models.voting_recognizer import VotingRecognizer
from meetcore.records import Samples
from meetcore.settings import Settings
from meetcore.weights.names import BETTER, VOTERS
from meetcore.weights.resolver import WeightResolver
from tests.asr.fakes import ScriptedRecognizer, spoken

EQUAL = (1.0, 1.0, 1.0)


def said(text: str, probability: float = 0.8, length: float = 0.4) -> list[RecognizedWord]:
    """The words one after the other; "_" is a pause of one word."""
    return [
        RecognizedWord(f" {each}", length * at, length * (at + 1), probability, ())
        for at, each in enumerate(text.split())
        if each != "_"
    ]


def text_of(words: tuple[RecognizedWord, ...]) -> str:
    return "".join(word.text for word in words).strip()


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (["I need to go", "I need to go", "I need to stay"], "I need to go"),
        (["I need to stay", "I need to go", "I need to go"], "I need to go"),
        (["the cat sat down", "the _ sat down", "the _ sat down"], "the sat down"),
        (["the _ sat down", "the cat sat down", "the cat sat down"], "the cat sat down"),
        (["Well, yes.", "well yes", "Well yes!"], "Well, yes."),
        (["", "", ""], ""),
        (["", "oh yes", "oh yes"], "oh yes"),
        (["oh yes", "", ""], ""),
        (["a b c d", "b c d", "b c d"], "b c d"),
        (["a b c", "a b c d", "a b c d"], "a b c d"),
    ],
)
def test_most_recognizers_are_believed(heard: list[str], expected: str) -> None:
    assert text_of(voted([said(each) for each in heard], EQUAL)) == expected


def test_where_all_disagree_the_surest_is_believed() -> None:
    heard = [said("cat", 0.3), said("hat", 0.9), said("mat", 0.5)]
    assert text_of(voted(heard, EQUAL)) == "hat"
    assert text_of(voted(heard[:2], (1.2, 1.0))) == "hat"
    assert text_of(voted([said("cat", 0.85), said("hat", 0.9)], (1.2, 1.0))) == "cat"


def test_the_same_word_said_twice_is_matched_by_its_time() -> None:
    once = said("_ _ _ _ _ _ no")
    twice = said("no _ _ _ _ _ no")
    assert text_of(voted([twice, once, once], EQUAL)) == "no"
    assert voted([twice, once, once], EQUAL)[0].start == pytest.approx(2.4)
    assert text_of(voted([once, twice, twice], EQUAL)) == "no no"


words = st.lists(
    st.builds(
        lambda text, gap, probability: (text, gap, probability),
        st.sampled_from([" a", " b,", " C.", " don't", " –", " Ä"]),
        st.floats(0.0, 1.0),
        st.floats(0.0, 1.0),
    ),
    max_size=7,
)


def timed(found: list[tuple[str, float, float]]) -> list[RecognizedWord]:
    position, result = 0.0, []
    for text, gap, probability in found:
        result.append(RecognizedWord(text, position, position + gap, probability, ()))
        position += gap
    return result


@given(words, words, words)
def test_slots_keep_each_recognizers_words_in_order(
    first: list[tuple[str, float, float]],
    second: list[tuple[str, float, float]],
    third: list[tuple[str, float, float]],
) -> None:
    heard = [timed(first), timed(second), timed(third)]
    found = slots(heard)
    for number, hypothesis in enumerate(heard):
        assert [slot[number] for slot in found if slot[number]] == hypothesis
    result = voted(heard, EQUAL)
    starts = [word.start for word in result]
    assert starts == sorted(starts) and all(word.end >= word.start for word in result)
    known = {word.text for hypothesis in heard for word in hypothesis}
    assert {word.text for word in result} <= known


@given(words)
def test_recognizers_that_agree_change_nothing(found: list[tuple[str, float, float]]) -> None:
    hypothesis = timed(found)
    assert list(voted([hypothesis] * 3, EQUAL)) == hypothesis
    two = voted([timed([]), hypothesis, hypothesis], EQUAL)
    sure = [each for each in hypothesis if spelling(each)]
    assert count_errors([each.text for each in sure], [each.text for each in two]).deletions == 0


def speaking(text: str, **changes: object) -> ScriptedRecognizer:
    """A recognizer that always hears the same."""

    def say(_: Samples, __: RecognizeOptions, ___: list[RecognizedWord]) -> Recognition:
        return replace(Recognition(tuple(said(text)), -0.3, 0.1, 1.0, "en"), **changes)

    return ScriptedRecognizer(say, RecognizerInfo(text[:3], "fake", "cpu", "int8"))


def test_each_recognizer_gets_the_window_and_the_names_in_its_own_tokens() -> None:
    parts = [speaking("one two three"), speaking("one too three"), speaking("one too three")]
    both = VotingRecognizer(BETTER, parts)
    tokens = both.tokens_of(" Ana Zoë.")
    found = both.recognize(spoken([0.1], 1.0), RecognizeOptions("en", prompt_tokens=tokens))
    assert found.text == " one too three"
    assert found.average_log_probability == -0.3
    for each in parts:
        ((n_samples, options),) = each.calls
        assert n_samples == 16_000
        assert options.prompt_tokens == tuple(map(ord, "Ana Zoë."))
    assert str(both.info) == "better · one+one+one · cpu int8"
    both.close()


def test_scores_are_those_of_a_recognizer_that_heard_something() -> None:
    parts = [speaking("", average_log_probability=-9.0), speaking("yes"), speaking("yes")]
    found = VotingRecognizer(BETTER, parts).recognize(spoken([0.1], 1.0), RecognizeOptions())
    assert (found.text, found.average_log_probability) == (" yes", -0.3)


def test_one_that_does_not_load_closes_the_others(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, resolver: WeightResolver
) -> None:
    loaded: list[ScriptedRecognizer] = []

    def load(weight: str, *_: object, **__: object) -> Recognizer:
        if weight == VOTERS[-1]:
            raise ModelUnavailableError("It is not here.")
        loaded.append(speaking(weight))
        return loaded[-1]

    monkeypatch.setattr("meetcore.models.loaders.load_recognizer", load)
    loaders = loaders_for(Settings(_env_file=None), resolver)
    with pytest.raises(ModelUnavailableError, match="not here"):
        loaders.recognizer(BETTER, 1)
    assert [each.closed for each in loaded] == [True] * (len(VOTERS) - 1)


@pytest.mark.model
def test_three_real_weights_vote_on_a_window(
    resolver: WeightResolver, sample_audio: Samples
) -> None:
    both = loaders_for(Settings(_env_file=None), resolver).recognizer(BETTER, 1)
    window = sample_audio[200_000:352_000]
    tokens = both.tokens_of(" Chicago.")
    found = both.recognize(window, RecognizeOptions("en", prompt_tokens=tokens, beam_size=5))
    assert "Chicago" in found.text and len(found.words) > 15
    times = [time for word in found.words for time in (word.start, word.end)]
    assert all(0.0 <= time <= 9.5 for time in times)
    starts = [word.start for word in found.words]
    assert starts == sorted(starts)
    assert both.info.languages == ("en",) and both.info.weight == BETTER
    both.close()
