"""An option of `transcribe` wins over the setting of the same name."""

from __future__ import annotations

from typing import Any

import pytest

from meetcore.cli import transcribe
from meetcore.cli.main import main
from meetcore.cli.transcribe_batch import BatchRequest
from meetcore.jobs.submission import JobSubmission
from meetcore.settings import Settings

BASE = {"MEETCORE_RECOGNIZER": "base"}


@pytest.fixture
def languages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str | None, str]]:
    """The language and the weight of each job that would have been queued."""
    taken: list[tuple[str | None, str]] = []

    def take(settings: Settings, request: BatchRequest) -> int:
        nothing: Any = None
        options = JobSubmission(nothing, settings, nothing, nothing).checked(request.options)
        taken.append((options.language, options.recognizer or settings.recognizer))
        return 0

    monkeypatch.setattr(transcribe, "transcribe_batch", take)
    return taken


@pytest.mark.parametrize(
    ("setting", "more", "words", "expected"),
    [
        ("de", BASE, "", ("de", "base")),
        ("de", BASE, "--language auto", (None, "base")),
        ("de", BASE, "--language English", ("en", "base")),
        ("de", BASE, "--language en --recognizer base.en", ("en", "base.en")),
        ("de", BASE, "--recognizer tiny.en", (None, "tiny.en")),
        ("de", {}, "--language en", ("en", "base.en")),
        ("de", {}, "--language auto", (None, "base.en")),
        ("de", {}, "--recognizer base", ("de", "base")),
        ("de", {}, "--recognizer base --language es", ("es", "base")),
        ("de", {}, "--recognizer tiny.en", (None, "tiny.en")),
        ("auto", BASE, "--language de", ("de", "base")),
        ("", {}, "--language auto", (None, "base.en")),
        ("de", {}, "", ("de", "base.en")),
        ("de", {}, "--language fr", ("fr", "base.en")),
        ("de,en", BASE, "", ("de,en", "base")),
        ("", BASE, "--language German,en", ("de,en", "base")),
    ],
)
def test_the_option_wins_over_the_setting(
    languages: list[tuple[str | None, str]],
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    more: dict[str, str],
    words: str,
    expected: tuple[str | None, str],
) -> None:
    for name, value in {"MEETCORE_LANGUAGE": setting, **more}.items():
        monkeypatch.setenv(name, value)
    assert main(["transcribe", "a.wav", *words.split()]) == 0
    assert languages == [expected]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("--language de,xx", 2, "'xx' is no language code"),
        ("--language de,en,fr,es,it,pt", 2, "6 languages are too many"),
        ("--recognizer huge", 2, "tiny.en"),
    ],
)
def test_what_is_no_language_is_refused_before_any_work(
    languages: list[tuple[str | None, str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv("MEETCORE_LANGUAGE", "de")
    try:
        found = main(["transcribe", "a.wav", *words.split()])
    except SystemExit as stopped:
        found = int(str(stopped.code))
    assert (found, languages) == (status, [])
    assert said in capsys.readouterr().err
