"""The menu of recognizers on the Upload page, and beside a meeting."""

from __future__ import annotations

from typing import Any

import pytest

from meetcore.settings import Settings
from pages.shared import process
from tests.pages.conftest import Show


def menu(shown: Any) -> Any:
    return next(each for each in shown.app.selectbox if each.label == "Accuracy")


def captions(shown: Any) -> str:
    return "\n".join(each.value for each in shown.app.caption).replace("\u2060", "")


def test_people_choose_by_quality_and_languages(show: Show) -> None:
    shown = show("upload/page.py")
    options = menu(shown).options
    assert options[0].startswith("Good · English")
    assert any(each.startswith("Best · 100 languages · about 3.07 GB to fetch") for each in options)
    assert not any("large-v3" in each or "whisper" in each.lower() for each in options)
    assert "base.en" in captions(shown)


def test_a_choice_is_sent_with_the_file_and_says_what_is_fetched(show: Show) -> None:
    shown = show("upload/page.py")
    shown.app.selectbox(key="upload-weight").set_value("large-v3").run()
    assert not shown.app.exception
    assert shown.data("upload")["options"] == {"recognizer": "large-v3"}
    assert shown.data("upload")["summary"].startswith("Best · 100 languages")
    assert "large-v3" in captions(shown)
    assert "It is fetched first: about 3.07 GB, once." in captions(shown)


def test_a_server_says_where_the_recording_goes(
    show: Show, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    settings = Settings(data_dir=tmp_path, remote_url="http://localhost:1/v1", _env_file=None)
    shown = show("upload/page.py")
    monkeypatch.setattr(process, "settings", lambda: settings)
    shown.app.run()
    shown.app.selectbox(key="upload-weight").set_value("remote").run()
    assert not shown.app.exception
    assert "The recording is sent to localhost:1." in captions(shown).replace("\\", "")
