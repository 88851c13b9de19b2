"""What may be asked for from outside: names and numbers within ranges, never a path."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from meetcore.api import asked_options, uploads
from meetcore.api.asked_options import LONGEST_PROMPT, MOST_SPEAKERS
from meetcore.errors import MeetcoreError
from meetcore.records import JobOptions
from tests.api.test_uploads import sound
from tests.pages.fake_backend import FakeService

ADDRESS = "/uploads/" + "ab" * 16


def upload(client: TestClient, header: str) -> Any:
    kind = {"content-type": "application/octet-stream", uploads.HEADER: header}
    return client.post(ADDRESS, content=sound(0.1), headers=kind)


@pytest.mark.parametrize(
    "options",
    [
        {"recognizer": "/dev/zero"},
        {"recognizer": "/etc/passwd"},
        {"recognizer": "../../base.en"},
        {"recognizer": "base.en\x00"},
        {"recognizer": "campplus"},
        {"recognizer": 3},
        {"language": "../x"},
        {"language": "ENGLISH"},
        {"language": "de,"},
        {"language": "de,auto"},
        {"language": "de,en,fr,es,it,pt"},
        {"language": "e" * 300},
        {"n_speakers": 0},
        {"n_speakers": MOST_SPEAKERS + 1},
        {"n_speakers": 10**30},
        {"n_speakers": "2"},
        {"n_speakers": 2.5},
        {"n_speakers": True},
        {"max_speakers": -1},
        {"n_speakers": 2, "max_speakers": 3},
        {"speakers": "yes"},
        {"prompt": "x" * (LONGEST_PROMPT + 1)},
        {"prompt": None},
        {"source_path": "/etc/passwd"},
        [],
        None,
        "options",
    ],
)
def test_options_out_of_range_are_refused_with_nothing_kept(
    client: TestClient, service: FakeService, options: object
) -> None:
    answer = upload(client, quote(json.dumps({"name": "talk.mp4", "options": options})))
    assert answer.status_code == 422 and "reload" in answer.json()["trouble"]
    assert not service.calls and not list(service.uploads_dir.iterdir())


@pytest.mark.parametrize(
    "header",
    [
        "",
        "null",
        "{}",
        "[" * 20_000,
        quote('{"name": "a", "more": 1}'),
        quote('{"name": 1}'),
        quote(json.dumps({"name": "x" * 5000})),
        quote('{"name": "a", "options": {"n_speakers": NaN}}'),
        "%ff%fe",
        "%00",
    ],
)
def test_a_header_that_makes_no_sense_is_refused(client: TestClient, header: str) -> None:
    assert upload(client, header).status_code in (415, 422)


@pytest.mark.parametrize("size", ["9" * 5000, "-1", "1e9", "٣", "", "0x10", " 1"])
def test_a_size_that_is_no_number_is_refused(client: TestClient, size: str) -> None:
    assert 400 <= client.get(ADDRESS, params={"bytes": size}).status_code < 500


def test_all_recognizers_of_the_catalogue_may_be_asked_for(
    client: TestClient, service: FakeService
) -> None:
    names = asked_options.offered_recognizers()
    assert {"tiny.en", "base.en", "base"} <= names and not any("/" in name for name in names)
    options = {"recognizer": "base", "language": "de", "prompt": "Ada\r\n\x1b[31mHohenstein\x00"}
    answer = upload(client, quote(json.dumps({"name": "talk.mp4", "options": options})))
    assert answer.status_code == 200
    expected = JobOptions(language="de", recognizer="base", prompt="Ada\n[31mHohenstein")
    assert service.calls[0][3] == expected


@pytest.mark.parametrize("language", ["de", "de,en", "yue,haw,en,de,fr", "auto", None])
def test_one_language_or_a_few_may_be_asked_for(language: str | None) -> None:
    assert asked_options.asked_options(language=language) == JobOptions(language=language)


@pytest.mark.parametrize(
    ("said", "year"),
    [("1764115200000", 2025), ("-86400000", 1969), ("1e300", None), ("null", None)],
)
def test_the_time_of_a_file_is_a_time_or_nothing(said: str, year: int | None) -> None:
    found = asked_options.asked_upload(quote(f'{{"name": "a.wav", "modified": {said}}}'))
    assert (found.modified_at.year if found.modified_at else None) == year


def test_pages_choose_within_the_same_ranges() -> None:
    assert asked_options.asked_options(n_speakers=2) == JobOptions(n_speakers=2)
    for wrong in ({"recognizer": "/dev/zero"}, {"n_speakers": 99}, {"folder": "/"}):
        with pytest.raises(MeetcoreError, match="reload"):
            asked_options.asked_options(**wrong)


EDITS = "/api/meetings/d1/edits"


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "assign", "position": 2**70},
        {"kind": "assign", "position": 1.5},
        {"kind": "assign", "position": -1},
        {"kind": "merge", "label": "S1\n", "into": "S2"},
        {"kind": "merge", "label": "S1", "into": "S" * 30},
        {"kind": "rename", "label": "S1", "name": "x" * 61},
        {"kind": "rename", "label": "S1", "name": 3},
        {"kind": "correct", "position": 0, "text": "x" * 300_001},
        {"kind": "correct_word", "position": 0, "word": 0, "text": "x" * 1001},
        {"kind": "undo", "more": 1},
        {"kind": "x" * 2000},
        {"x" * 2000: 1, "kind": "undo"},
        [],
        "undo",
    ],
)
def test_edits_out_of_range_are_one_short_sentence(
    client: TestClient, service: FakeService, asked: object
) -> None:
    answer = client.post(EDITS, json=asked)
    assert answer.status_code == 400 and not service.store.edits.calls
    sentence = answer.json()["trouble"]
    assert len(sentence) < 420 and "\n" not in sentence


@pytest.mark.parametrize("tab", ["x" * 65, "a b", "\n", "../x", ""])
def test_the_name_of_a_tab_is_bounded(client: TestClient, tab: str) -> None:
    asked = client.get("/api/meetings/d1/live", params={"tab": tab})
    stopped = client.post("/api/meetings/d1/live/stop", json={"muted": tab})
    assert (asked.status_code, stopped.status_code) == (400, 400)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada\r\nLovelace", "Ada Lovelace"),
        ("A\x00\x1b[31mda", "A [31mda"),
        ("\u202eadA", "adA"),
        ("Zoë 👩\u200d🚀", "Zoë 👩\u200d🚀"),
        ("a\u2028b", "a b"),
    ],
)
def test_names_and_titles_are_one_line(
    client: TestClient, service: FakeService, typed: str, kept: str
) -> None:
    client.post(EDITS, json={"kind": "rename", "label": "S1", "name": typed})
    assert service.store.edits.calls == [("rename", "d1", "S1", kept)]
    assert client.patch("/api/meetings/d1", json={"title": typed}).json() == {"title": kept}
