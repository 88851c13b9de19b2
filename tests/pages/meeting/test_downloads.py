"""Every format and the recording are offered, and each is made when it is asked for."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from streamlit.testing.v1 import AppTest

from meetcore.api import recordings
from meetcore.records import Turn
from meetcore.transcript.formats.registry import FORMATS, get_format
from pages.meeting import downloads
from pages.shared import process
from tests.pages.fake_backend import FakeService

pytestmark = pytest.mark.usefixtures("show")


def page() -> None:
    """What a meeting's page shows of it; run by Streamlit."""
    from pages.meeting import downloads
    from pages.shared import process

    downloads.downloads(process.service().store.get("d1"))


def labels() -> list[str]:
    app = AppTest.from_function(page).run()
    assert not app.exception, app.exception
    return [
        element.proto.label
        for kind in ("download_button", "link_button")
        for element in app.get(kind)
    ]


def test_a_meeting_without_recording_has_its_formats() -> None:
    assert labels() == [known.label for known in FORMATS]


def recorded(service: FakeService, folder: Path, title: str) -> None:
    path = folder / "recordings" / "d1" / "audio.flac"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"fLaC")
    meeting = replace(service.store.meetings["d1"], audio_path="d1/audio.flac", title=title)
    service.store.meetings["d1"] = meeting


def test_a_recording_is_offered_as_a_file(service: FakeService, tmp_path: Path) -> None:
    recorded(service, tmp_path, "Budget: café?")
    assert labels()[-1] == "Audio, as recorded"
    address = recordings.download_address(service.store.meetings["d1"], tmp_path / "recordings")
    assert address == "/recordings/d1?download"
    response = answered(service, "download")
    assert response.headers["content-type"] == "audio/flac"
    assert "attachment" in response.headers["content-disposition"]
    assert "Budget-%20caf%C3%A9.flac" in response.headers["content-disposition"]
    assert "content-disposition" not in answered(service, "").headers


def answered(service: FakeService, query: str) -> Response:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/recordings/d1",
        "headers": [],
        "query_string": query.encode(),
        "path_params": {"meeting_id": "d1"},
    }
    return recordings.answer(lambda: service, Request(scope))


def test_what_a_button_gives_is_the_meeting_in_that_format(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (Turn(0.0, 5.0, "S1"), Turn(4.0, 6.0, "S2"))
    monkeypatch.setattr(service.store, "turns", lambda meeting_id: turns, raising=False)
    meeting = service.store.meetings["d1"]
    assert process.service() is service
    said = service.store.transcripts["d1"].segments[0].text
    for known in FORMATS:
        written = downloads.written(meeting, known)
        if known.is_text and known.name not in ("rttm", "srt", "vtt", "md", "json"):
            assert said in written.decode(), known.name
    lines = downloads.written(meeting, get_format("rttm")).decode()
    assert " 0.000 5.000 <NA> <NA> S1 " in lines and " 4.000 2.000 <NA> <NA> S2 " in lines
    document = docx.Document(io.BytesIO(downloads.written(meeting, get_format("docx"))))
    assert document.paragraphs[0].text == meeting.title
    assert said in document.paragraphs[2].text
