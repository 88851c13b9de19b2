"""Names from anywhere become safe names of one length; sizes read the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.text.names import LONGEST_TITLE, shown_name
from meetcore.text.sizes import size_text


def test_a_long_name_keeps_its_ending() -> None:
    name = shown_name("x" * 300 + ".opus")
    assert len(name) <= LONGEST_TITLE and name.endswith("x.opus")


@given(st.text())
def test_a_shown_name_is_one_line_without_a_path(name: str) -> None:
    shown = shown_name(name)
    assert 0 < len(shown) <= LONGEST_TITLE
    assert not set(shown) & set("/\\\n\r\0\u202e")


@pytest.mark.parametrize("size", [999, 999_499, 999_500, 999_999, 999_999_999, 10**12])
def test_a_size_is_never_written_with_an_exponent(size: int) -> None:
    assert "e+" not in size_text(size)
