"""Names from anywhere become safe names of one length; sizes read the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.text.names import LONGEST_TITLE, file_stem, shown_name, title_of
from meetcore.text.sizes import size_text


def test_a_long_name_keeps_its_ending() -> None:
    name = shown_name("x" * 300 + ".opus")
    assert len(name) <= LONGEST_TITLE and name.endswith("x.opus")


@given(st.text())
def test_a_shown_name_is_one_line_without_a_path(name: str) -> None:
    shown = shown_name(name)
    assert 0 < len(shown) <= LONGEST_TITLE
    assert not set(shown) & set("/\\\n\r\0\u202e")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("v1.5 notes", "v1.5 notes"),
        ("v1.5 notes.m4a", "v1.5 notes"),
        ("Board 3.12.2026", "Board 3.12.2026"),
        ("talk.WAV", "talk"),
        ("talk.tar.gz", "talk.tar.gz"),
        ("Dr. No", "Dr. No"),
        (".opus", ".opus"),
        ("می\u200cخواهم.mp3", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧 call.mp4", "👩\u200d👩\u200d👧 call"),
        ("🏴\U000e0067\U000e0062\U000e007f.wav", "🏴\U000e0067\U000e0062\U000e007f"),
        ("\U0001fae9 new.wav", "\U0001fae9 new"),
        ("a\u202e\u2066\u200f\u0007b.wav", "ab"),
        ("x .wav", "x"),
    ],
)
def test_only_a_media_ending_is_no_part_of_the_title(name: str, title: str) -> None:
    assert title_of(name) == title


DEVICES = ("CON", "prn", "Aux", "NUL", "COM1", "com9", "LPT5", "COM¹", "CONIN$")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("more", ["", ".notes", " .x", "...", " "])
def test_no_file_has_the_name_of_a_device(device: str, more: str) -> None:
    stem = file_stem(device + more)
    assert not is_reserved(stem) and device in stem


def is_reserved(stem: str) -> bool:
    first = stem.split(".")[0].strip().upper().translate(str.maketrans("¹²³", "123"))
    numbered = [f"{port}{n}" for port in ("COM", "LPT") for n in range(10)]
    return first in {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *numbered}


@given(st.one_of(st.text(), st.sampled_from(DEVICES).flatmap(lambda d: st.text().map(d.__add__))))
def test_a_file_can_have_any_title(title: str) -> None:
    stem = file_stem(title)
    assert 0 < len(stem.encode("utf-8")) <= 120
    assert not is_reserved(stem)
    assert not set(stem) & set('/\\:*?"<>|\n\0\u202e\u2066\u200f\u061c')
    assert stem == stem.strip(" .") and not stem.startswith("-")


@pytest.mark.parametrize("size", [999, 999_499, 999_500, 999_999, 999_999_999, 10**12])
def test_a_size_is_never_written_with_an_exponent(size: int) -> None:
    assert "e+" not in size_text(size)
