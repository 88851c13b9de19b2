"""Every format and the recording are offered, and each is made when it is asked for."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path

import docx
from starlette.requests import Request

from meetcore.transcript.formats.registry import FORMATS, get_format
from pages.components import downloads, recordings, session
from tests.pages.conftest import Show
from tests.pages.fake_backend import FakeService


def labels_of(show: Show) -> list[str]:
    app = show("meeting.py", id="d1").app
    return [
        element.proto.label
        for kind in ("download_button", "link_button")
        for element in app.get(kind)
    ]


def test_a_meeting_without_recording_has_its_formats(show: Show) -> None:
    assert labels_of(show) == [known.label for known in FORMATS]


def recorded(service: FakeService, folder: Path, title: str) -> None:
    path = folder / "recordings" / "d1" / "audio.flac"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"fLaC")
    meeting = replace(service.store.meetings["d1"], audio_path="d1/audio.flac", title=title)
    service.store.meetings["d1"] = meeting


def test_a_recording_is_offered_as_a_file(show: Show, service: FakeService, tmp_path: Path) -> None:
    recorded(service, tmp_path, "Budget: café?")
    assert labels_of(show)[-1] == "Audio, as recorded"
    address = recordings.download_address(service.store.meetings["d1"])
    assert address == "/recordings/d1?download"
    response = answered("download")
    assert response.headers["content-type"] == "audio/flac"
    assert "attachment" in response.headers["content-disposition"]
    assert "Budget-%20caf%C3%A9.flac" in response.headers["content-disposition"]
    assert "content-disposition" not in answered("").headers


def answered(query: str):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/recordings/d1",
        "headers": [],
        "query_string": query.encode(),
        "path_params": {"meeting_id": "d1"},
    }
    return asyncio.run(recordings.serve(Request(scope)))


def test_what_a_button_gives_is_the_meeting_in_that_format(
    show: Show, service: FakeService
) -> None:
    meeting = service.store.meetings["d1"]
    assert session.service() is service
    said = service.store.transcripts["d1"].segments[0].text
    for known in FORMATS:
        written = downloads.written(meeting, known)
        if known.is_text and known.name not in ("rttm", "srt", "vtt", "md", "json"):
            assert said in written.decode(), known.name
    document = docx.Document(io.BytesIO(downloads.written(meeting, get_format("docx"))))
    assert document.paragraphs[0].text == meeting.title
    assert said in document.paragraphs[2].text
