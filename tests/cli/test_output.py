"""Where results are written, and the names of their files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.cli.output import OutputError, Result, ResultWriter, refusal
from meetcore.text.names import file_stem


@pytest.mark.parametrize(
    ("output", "name", "count", "to_terminal", "said"),
    [
        ("-", "txt", 3, True, ""),
        ("-", "stm", 3, False, ""),
        ("-", "docx", 1, False, ""),
        ("-", "docx", 1, True, "terminal"),
        ("-", "audio", 1, True, "terminal"),
        ("-", "json", 2, False, "--output"),
        ("-", "docx", 2, False, "--output"),
        ("out", "json", 2, True, ""),
        ("out.d", "json", 2, True, ""),
        ("out.json", "json", 1, True, ""),
        ("out.json", "json", 2, True, "one file"),
    ],
)
def test_what_cannot_go_there_is_said_before_any_work(
    output: str, name: str, count: int, to_terminal: bool, said: str
) -> None:
    reason = refusal(output, name, count, to_terminal)
    assert (said in reason) if said else reason == ""


def test_several_texts_follow_each_other_with_an_empty_line() -> None:
    stream = io.BytesIO()
    writer = ResultWriter("-", stream)
    for word in (b"one\n", b"two\n"):
        assert writer.write(Result("txt", "x", "txt", word)) is None
    assert stream.getvalue() == b"one\n\ntwo\n"


def test_a_folder_is_made_and_equal_names_get_numbers(tmp_path: Path) -> None:
    writer = ResultWriter(str(tmp_path / "new" / "folder"))
    paths = [writer.write(Result("srt", stem, "srt", stem.encode())) for stem in ("a", "A", "b")]
    assert [path.name for path in paths if path] == ["a.srt", "A-2.srt", "b.srt"]
    assert (tmp_path / "new" / "folder" / "A-2.srt").read_bytes() == b"A"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    sound = tmp_path / "audio.pcm"
    sound.write_bytes(b"12")
    target = tmp_path / "x.wav"
    target.write_bytes(b"older and longer")
    assert ResultWriter(str(target)).write(Result("audio", "y", "wav", sound, b"RIFF")) == target
    assert target.read_bytes() == b"RIFF12"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audio.pcm", "x.wav"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a file where a folder should be")
    writer = ResultWriter(str(tmp_path / "x" / "y"))
    with pytest.raises(OutputError, match="--output"):
        writer.prepare()
    with pytest.raises(OutputError, match="--output"):
        writer.write(Result("txt", "a", "txt", b""))


@given(st.text())
def test_any_title_is_a_name_for_a_file(title: str) -> None:
    stem = file_stem(title)
    assert 0 < len(stem.encode("utf-8")) <= 120
    assert not set(stem) & set('/\\:*?"<>|\n\0')
    assert stem not in {".", ".."} and stem == stem.strip(" .")


def test_what_a_killed_export_left_is_deleted_after_a_day(tmp_path: Path) -> None:
    import os

    stale, fresh, other = (tmp_path / name for name in (".a.txt.part", ".b.txt.part", ".c.part"))
    for path in (stale, fresh, other):
        path.write_bytes(b"x")
    os.utime(stale, (0, 0))
    os.utime(other, (0, 0))
    ResultWriter(str(tmp_path)).write(Result("txt", "talk", "txt", b"words"))
    assert {path.name for path in tmp_path.iterdir()} == {".b.txt.part", ".c.part", "talk.txt"}
