"""Other packages add formats by an entry point; a broken one harms nothing but itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from meetcore.errors import FormatError
from meetcore.transcript.formats.registry import (
    FORMATS,
    Export,
    format_of_file,
    formats,
    get_format,
)
from tests.transcript.random_transcripts import TWO_VOICES

SOURCE = """
from meetcore.errors import FormatError
from meetcore.transcript.formats.registry import Export, Format

def write(export: Export) -> bytes:
    return " ".join(segment.text for segment in export.transcript.segments).upper().encode()

def fail(export: Export) -> bytes:
    raise ZeroDivisionError("by zero")

LOUD = Format("loud", "Loud text", "loud", "text/plain", write)
FAILS = Format("fails", "Fails", "fails", "text/plain", fail)
TEXT = Format("text", "No bytes", "text", "text/plain", lambda export: "text")
MINE = Format("txt", "Not ours", "txt", "text/plain", fail)
NOTHING = None
"""
POINTS = """[meetcore.formats]
loud = loudness:LOUD
fails = loudness:FAILS
text = loudness:TEXT
txt = loudness:MINE
nothing = loudness:NOTHING
misnamed = loudness:LOUD
absent = no_such_module:FORMAT
missing = loudness:MISSING
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that adds formats, good ones and bad ones."""
    info = tmp_path / "loudness-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: loudness\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (tmp_path / "loudness.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "loudness", raising=False)
    return tmp_path


@pytest.mark.usefixtures("package")
def test_a_format_of_another_package_is_offered_and_written() -> None:
    assert [known.name for known in formats()] == [
        *(known.name for known in FORMATS), "fails", "loud", "text",
    ]  # fmt: skip
    written = get_format("loud").write(Export(TWO_VOICES))
    assert written == b"OH, HELLO. I DIDN'T KNOW YOU WERE THERE. ME?"
    assert format_of_file("talk.loud").name == "loud"


@pytest.mark.usefixtures("package")
def test_our_own_formats_are_not_replaced() -> None:
    assert get_format("txt") is FORMATS[0]


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("name", ["nothing", "misnamed", "absent", "missing"])
def test_a_format_that_does_not_load_is_one_sentence_when_asked_for(name: str) -> None:
    with pytest.raises(FormatError, match=f"plug-in {name} of the package loudness") as raised:
        get_format(name)
    assert "\n" not in str(raised.value)


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("name", "why"), [("fails", "ZeroDivisionError"), ("text", "str instead")])
def test_a_format_that_fails_to_write_is_one_sentence(name: str, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        get_format(name).write(Export(TWO_VOICES))


def test_without_the_package_nothing_is_left_of_it() -> None:
    assert formats() == FORMATS
    with pytest.raises(FormatError, match="Choose one of: txt"):
        get_format("loud")
