"""Where results are written, and the names of their files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.cli.output import OutputError, Result, ResultWriter
from meetcore.cli.output_place import asked_format, refusal
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
    result = Result("audio", "y", "wav", sound, b"RIFF")
    with pytest.raises(OutputError, match="--force"):
        ResultWriter(str(target)).write(result)
    assert target.read_bytes() == b"older and longer"
    assert ResultWriter(str(target), force=True).write(result) == target
    assert target.read_bytes() == b"RIFF12"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audio.pcm", "x.wav"]


@pytest.mark.parametrize("output", ["folder", "folder/", "a.docx", "plain", "new.docx", "new"])
@pytest.mark.parametrize("name", [None, "txt", "docx", "seglst"])
@pytest.mark.parametrize("force", [True, False])
def test_nothing_that_exists_is_replaced_unasked(
    tmp_path: Path, output: str, name: str | None, force: bool
) -> None:
    """Every combination of place, format and force: refused, numbered or replaced."""
    (tmp_path / "folder").mkdir()
    before = {"folder/plan.txt": b"1", "folder/plan.docx": b"2", "a.docx": b"3", "plain": b"4"}
    for path, data in before.items():
        (tmp_path / path).write_bytes(data)
    place = f"{tmp_path}/{output}"
    chosen = asked_format(name, place)
    assert chosen == (name or ("docx" if output.endswith(".docx") else "txt"))
    reason = refusal(place, chosen, 1, False, force)
    disagrees = output == "plain" or (output.endswith(".docx") and chosen != "docx")
    exists = output == "a.docx" and not force
    assert bool(reason) is (disagrees or exists)
    if reason:
        return
    result = Result(chosen, "plan", "seglst.json" if chosen == "seglst" else chosen, b"new")
    written = ResultWriter(place, force=force).write(result)
    assert written is not None and written.read_bytes() == b"new"
    for path, data in before.items():
        kept = (tmp_path / path).read_bytes() == data
        assert kept or (force and written == tmp_path / path)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("output", "name", "said"),
    [
        ("out.txt", "docx", "name it out.docx"),
        ("out.docx", "txt", "name it out.txt"),
        ("out.seglst.json", "seglst", ""),
        ("out.json", "seglst", ""),
        ("out.md", "json", "name it out.json"),
        ("out.wav", "audio", ""),
        ("out.txt", "audio", "name it out.flac"),
        ("notes.pdf", "txt", "no format here"),
        ("talk.mp3", "txt", "no format here"),
        ("notes.pdf/", "txt", ""),
        ("v1.5", "txt", ""),
        ("/dev/null", "txt", "neither"),
    ],
)
def test_an_ending_and_a_format_agree(output: str, name: str, said: str) -> None:
    reason = refusal(output, name, 1, False)
    assert (said in reason) if said else reason == ""


def test_a_recording_has_the_ending_that_it_is(tmp_path: Path) -> None:
    writer = ResultWriter(str(tmp_path / "x.wav"))
    with pytest.raises(OutputError, match=r"x\.flac"):
        writer.write(Result("audio", "y", "flac", b"fLaC"))
    assert not list(tmp_path.iterdir())


def test_two_commands_at_once_write_two_files(tmp_path: Path) -> None:
    one, other = ResultWriter(str(tmp_path)), ResultWriter(str(tmp_path))
    result = Result("txt", "plan", "txt", b"x")
    names = [writer.write(result).name for writer in (one, other, one, other)]  # type: ignore[union-attr]
    assert names == ["plan.txt", "plan-2.txt", "plan-3.txt", "plan-4.txt"]


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
