"""Tags of one language are one language, tags of two are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.text.language_tags import language_of_tag
from meetcore.text.languages import NAMES

PAIRS = (
    "alb:sqi arm:hye baq:eus bur:mya chi:zho cze:ces dut:nld fre:fra geo:kat ger:deu gre:ell"
    " ice:isl mac:mkd mao:mri may:msa per:fas rum:ron slo:slk tib:bod wel:cym"
)
"""The codes of ISO 639-2 for bibliographies and for terms, where they differ."""


def test_all_pairs_are_one_language() -> None:
    pairs = [pair.split(":") for pair in PAIRS.split()]
    assert len(pairs) == 20
    languages = {language_of_tag(one) for one, _ in pairs}
    assert len(languages) == 20 and languages <= set(NAMES)
    assert all(language_of_tag(one) == language_of_tag(two) for one, two in pairs)


@given(code=st.sampled_from(sorted(NAMES)), region=st.sampled_from(["", "-US", "_at", "-Hant-TW"]))
def test_case_and_region_change_nothing(code: str, region: str) -> None:
    for tag in (code, code.upper(), NAMES[code]):
        assert language_of_tag(f" {tag}{region}") == code


@pytest.mark.parametrize(
    "tag", [None, "", " ", "und", "UND", "mul", "mis", "zxx", "qaa", "qtz", "und-Latn", "-", "1"]
)
def test_no_language(tag: str | None) -> None:
    assert language_of_tag(tag) == ""


@given(tag=st.text(max_size=12))
def test_any_tag_has_one_answer(tag: str) -> None:
    assert language_of_tag(language_of_tag(tag)) == language_of_tag(tag)


def test_languages_that_whisper_lacks_are_kept_apart() -> None:
    assert language_of_tag("gsw") == "gsw" != language_of_tag("deu")
