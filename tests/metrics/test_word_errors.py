"""WER and cpWER agree with meeteval on any words, and on the real conversation."""

import importlib.util
from pathlib import Path

import meeteval
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.benchmarks.tables import percent
from meetcore.metrics.cpwer import cp_word_errors, pair_texts
from meetcore.metrics.wer import WordErrors, align, count_errors, normalise, word_errors
from meetcore.records import Segment, Transcript
from meetcore.transcript.attribution import make_segment
from meetcore.transcript.formats import stm

texts = st.lists(st.sampled_from("abcde"), max_size=15)
voices = st.dictionaries(st.sampled_from(["x", "y", "z", "w"]), texts, max_size=4)


def sample_stm() -> Transcript:
    (package,) = importlib.util.find_spec("pyannote").submodule_search_locations
    return stm.loads(Path(package, "audio", "sample", "sample.stm").read_text())


@given(texts, texts)
def test_counts_equal_meeteval(reference: list[str], hypothesis: list[str]) -> None:
    ours = count_errors(reference, hypothesis)
    theirs = meeteval.wer.wer.siso.siso_word_error_rate(" ".join(reference), " ".join(hypothesis))
    assert (ours.errors, ours.reference_words) == (theirs.errors, theirs.length)


@settings(deadline=None)
@given(voices, voices)
def test_cpwer_equals_meeteval(reference: dict, hypothesis: dict) -> None:
    ours = pair_texts(reference, hypothesis)
    theirs = meeteval.wer.wer.cp.cp_word_error_rate(
        {name: " ".join(words) for name, words in (reference or {"x": []}).items()},
        {name: " ".join(words) for name, words in (hypothesis or {"x": []}).items()},
    )
    assert (ours.errors, ours.reference_words) == (theirs.errors, theirs.length)


@given(texts, texts)
def test_an_alignment_walks_through_both_lists(left: list[str], right: list[str]) -> None:
    edits = align(left, right)
    assert [e.reference for e in edits if e.reference is not None] == list(range(len(left)))
    assert [e.hypothesis for e in edits if e.hypothesis is not None] == list(range(len(right)))
    for edit in edits:
        if edit.reference is not None and edit.hypothesis is not None:
            assert edit.equal == (left[edit.reference] == right[edit.hypothesis])


def test_the_real_conversation_scores_as_meeteval_scores_it() -> None:
    reference = sample_stm().segments
    hypothesis = _garbled(reference)
    ours = cp_word_errors(reference, hypothesis)
    theirs = meeteval.wer.wer.cp.cp_word_error_rate(_by_voice(reference), _by_voice(hypothesis))
    assert ours.errors == theirs.errors > 0
    assert ours.reference_words == theirs.length
    whole = word_errors(" ".join(s.text for s in reference), " ".join(s.text for s in hypothesis))
    assert 0 < whole.errors < ours.errors


def _garbled(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Every fifth word lost, one segment given to the other speaker, one to none."""
    speakers = {3: "Sheila", 8: None}
    return tuple(
        make_segment(
            [word for n, word in enumerate(segment.words) if n % 5 != 4],
            speakers.get(position, segment.speaker),
        )
        for position, segment in enumerate(segments)
    )


def _by_voice(segments: tuple[Segment, ...]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for segment in segments:
        name = segment.speaker or "unknown"
        texts[name] = f"{texts.get(name, '')} {segment.text}"
    return {name: " ".join(normalise(text)) for name, text in texts.items()}


def test_normalisation_forgives_case_punctuation_and_contractions() -> None:
    assert word_errors("I'm Sheila, OKAY?", "i am sheila okay").errors == 0


def test_counts_add_up_over_recordings() -> None:
    pooled = WordErrors(1, 0, 0, 10) + WordErrors(0, 1, 1, 30)
    assert pooled == WordErrors(1, 1, 1, 40)
    assert WordErrors(0, 2, 0, 0).rate == float("inf")
    assert WordErrors().rate == 0.0


@pytest.mark.parametrize(
    ("language", "reference", "said", "errors", "units"),
    [
        ("ja", "今日は会議です。", "今日、会議です", 1, 7),
        ("zh", "今天 开会。", "今天开会", 0, 4),
        ("th", "วันนี้ประชุม", "วันนี้ประชม", 1, 12),
        ("zh", "今天开会", "", 4, 4),
    ],
)
def test_characters_are_counted_where_words_have_no_spaces(
    language: str, reference: str, said: str, errors: int, units: int
) -> None:
    found = word_errors(reference, said, language)
    assert found.of_characters and found.errors == errors
    assert found.reference_words == units
    assert percent(found).endswith(" % CER")


@pytest.mark.parametrize(
    ("language", "reference", "said", "errors"),
    [
        ("de", "Die Äpfel sind süß.", "die äpfel sind süß", 0),
        ("de", "Die Äpfel sind süß.", "die apfel sind süß", 1),
        ("ru", "Так, да!", "так да", 0),
        ("ko", "오늘 회의입니다.", "오늘 회의 입니다", 2),
        ("hi", "हम बजट पर चर्चा करेंगे।", "हम बजट पर चर्चा करेगे", 1),
        ("en", "I'm OKAY", "i am okay", 0),
    ],
)
def test_words_are_counted_elsewhere(language: str, reference: str, said: str, errors: int) -> None:
    found = word_errors(reference, said, language)
    assert not found.of_characters and found.errors == errors
    assert "CER" not in percent(found)
