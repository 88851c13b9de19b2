"""Where Meetcore cannot run at all, its pages say why; nothing stands in for the real service."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from meetcore.store.meetings import open_store
from pages.shared import process
from tests.pages.conftest import NAVIGATION

RESOURCES = (process.settings, process.service, process.startup_error, process.examiner)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a server that has just begun; nothing slow is looked at."""
    monkeypatch.setattr("meetcore.diagnostics.examiner.deep_facts", lambda facts, between: facts)
    clear()
    yield
    process.examiner().close()
    clear()


def clear() -> None:
    for resource in RESOURCES:
        resource.clear()


def text_of_the_page() -> str:
    """Everything the start page says, once the examiner has looked."""
    process.examiner().refresh()
    end = time.monotonic() + 10
    while process.examiner().snapshot().pending and time.monotonic() < end:
        time.sleep(0.02)
    app = AppTest.from_file(str(NAVIGATION), default_timeout=20).run()
    assert not app.exception, app.exception
    assert not app.get("page_link"), "there is nowhere to go"
    html = [each.proto.body for each in app.get("html")]
    return "\n".join([*(one.value for one in app.title), *(one.value for one in app.error), *html])


def test_a_data_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(tmp_path / "file" / "below"))
    text = text_of_the_page()
    assert "cannot run here yet" in text and "set MEETCORE_DATA_DIR" in text
    assert 'id="rule-folder-unwritable"' in text


def test_a_setting_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEETCORE_GRACE_S", "soon")
    text = text_of_the_page()
    assert "MEETCORE_GRACE_S" in text and 'id="rule-settings"' in text


def test_a_database_of_a_newer_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3
    from contextlib import closing

    open_store(f"sqlite:///{tmp_path / 'meetcore.db'}").close()
    with closing(sqlite3.connect(tmp_path / "meetcore.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    monkeypatch.setenv("MEETCORE_DATA_DIR", str(tmp_path))
    text = text_of_the_page()
    assert "made by a newer Meetcore" in text and 'id="rule-database-newer"' in text
