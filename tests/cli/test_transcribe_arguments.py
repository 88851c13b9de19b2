"""The arguments of `transcribe`: what they request, and what is refused."""

from __future__ import annotations

import io
from typing import Any

import pytest

from meetcore.cli import transcribe
from meetcore.cli.main import main
from meetcore.cli.transcribe_batch import BatchRequest
from meetcore.records import JobOptions


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[BatchRequest]:
    """The requests that would have been carried out."""
    taken: list[BatchRequest] = []

    def take(_settings: Any, request: BatchRequest) -> int:
        taken.append(request)
        return 0

    monkeypatch.setattr(transcribe, "transcribe_batch", take)
    return taken


def test_a_file_alone_takes_the_defaults(requests: list[BatchRequest]) -> None:
    assert main(["transcribe", "a.wav"]) == 0
    assert requests == [BatchRequest(("a.wav",))]
    assert requests[0].options == JobOptions()


def test_every_option_reaches_the_job(requests: list[BatchRequest]) -> None:
    words = (
        "transcribe a.wav --format srt --output out --max-speakers 4 --language DE"
        " --recognizer base --title Plan --no-keep -q --prompt"
    )
    assert main([*words.split(), "Ana, Ben"]) == 0
    assert requests == [
        BatchRequest(
            items=("a.wav",),
            format_name="srt",
            output="out",
            options=JobOptions("de", "base", True, None, 4, "Ana, Ben"),
            title="Plan",
            keep=False,
            quiet=True,
        )
    ]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("--speakers 2", JobOptions(n_speakers=2)),
        ("--no-speakers", JobOptions(speakers=False)),
        ("--language auto", JobOptions("auto")),
    ],
)
def test_people_and_languages(
    requests: list[BatchRequest], words: str, options: JobOptions
) -> None:
    assert main(["transcribe", "a.wav", "b.wav", *words.split()]) == 0
    assert requests[0].options == options


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "FILE"),
        ("a --format pdf", "invalid choice"),
        ("a --format audio", "invalid choice"),
        ("a --speakers 0", "at least 1"),
        ("a --speakers 2 --max-speakers 3", "not allowed with"),
        ("a --speakers two", "invalid int"),
        ("a --language klingon", "no language code that Whisper knows"),
        ("a --language de,klingon", "no language code that Whisper knows"),
        ("a --recognizer huge", "tiny.en"),
        ("a b --title Plan", "--title"),
        ("a b --format json", "--output"),
        ("a b --output x.srt --format srt", "one file"),
    ],
)
def test_wrong_usage_is_two_and_nothing_is_done(
    requests: list[BatchRequest], capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["transcribe", *words.split()])
    assert stopped.value.code == 2
    seen = capsys.readouterr()
    assert said in seen.err and seen.out == "" and requests == []


def test_help_tells_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["transcribe", "--help"])
    assert stopped.value.code == 0
    assert "130 interrupted" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("- a.wav", ""),
        ("- -", "read once"),
        ("- --resume", "ids of meetings"),
        ("- --output x.docx", ""),
        ("a.wav --output x.docx --format srt", "does not end as"),
        ("a.wav --output x.wav", "no name for a transcript"),
        ("a.wav b.wav --output x.srt", "one file"),
    ],
)
def test_standard_input_and_endings_are_checked_before_any_work(
    requests: list[BatchRequest],
    words: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("x"))
    if not said:
        assert main(["transcribe", *words.split()]) == 0
        assert requests[0].format_name == ("docx" if "docx" in words else "txt")
        return
    with pytest.raises(SystemExit):
        main(["transcribe", *words.split()])
    assert said in capsys.readouterr().err and not requests


def test_a_keyboard_is_no_standard_input(
    requests: list[BatchRequest],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    keyboard = io.StringIO()
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", keyboard)
    with pytest.raises(SystemExit):
        main(["transcribe", "-"])
    assert "pipe one in" in capsys.readouterr().err and not requests
