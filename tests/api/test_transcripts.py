"""The transcript as the meeting's page fetches it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from meetcore.api import transcripts
from meetcore.records import MeetingState, Segment, Speaker, Stage, Transcript, Turn
from meetcore.store.meetings import open_store
from tests.pages.fake_backend import FakeService, conversation, meeting, segment

ADDRESS = "/api/meetings/d1/transcript"


def test_columns_hold_each_word_with_its_time() -> None:
    said = conversation()
    said = (replace(said[0], machine=said[1].words), *said[1:])
    turns = (Turn(0.0, 2.0, "S1"), Turn(1.0, 3.0, "S9"))
    found = transcripts.columns(
        meeting("x", "X", MeetingState.DONE), Transcript(said, (Speaker("S1"),)), turns
    )
    assert found["labels"] == ["S1", "S2", "S3", "S9"]
    assert sum(found["count"]) == len(found["text"]) == len(found["at"])
    assert found["speaker"][5] == -1 and found["at"][0] == 60
    assert found["machine"] == {"0": said[1].text}
    assert found["turns"]["speaker"] == [0, 3]


def test_other_words_or_names_are_another_version(service: FakeService) -> None:
    known = service.store.transcripts
    first = versions(service)
    assert versions(service) == first
    changed = (segment("S1", "Something else", 0.6), *conversation()[1:])
    known["d1"] = replace(known["d1"], segments=changed)
    second = versions(service)
    known["d1"] = replace(known["d1"], speakers=(Speaker("S1", "Somebody else"),))
    for kind in zip(first, second, versions(service), strict=True):
        assert len(set(kind)) == 3


def versions(service: FakeService) -> tuple[str, str]:
    """The version that the page compares, and the one that the answer has."""
    store = service.store
    page = transcripts.page_version(store.transcript("d1"), store.turns("d1"))
    return page, transcripts.transcript_body(store, "d1").etag


def test_a_page_that_has_the_version_is_not_sent_it_again(client: TestClient) -> None:
    answer = client.get(ADDRESS)
    assert answer.json()["text"][0] == " Hello,"
    assert answer.headers["ETag"] == f'"{answer.json()["etag"]}"'
    again = client.get(ADDRESS, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    missing = client.get("/api/meetings/nothing/transcript")
    assert missing.status_code == 404 and missing.json()["trouble"]
    assert client.get("/api/meetings/d1/changes").json() == [None] * len(conversation())


def people(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(ADDRESS).json()["people"]
    return found


def test_people_and_what_can_be_undone_come_with_the_words(client: TestClient) -> None:
    assert people(client)[0]["name"] == "Ada Lovelace"
    body = client.get(ADDRESS).json()
    assert (body["undo"], body["redo"]) == ("Correction of a word", None)


def test_a_voice_that_was_recognised_shows_how_alike_it_is(
    client: TestClient, service: FakeService
) -> None:
    names = (Speaker("S1", "Ana", 0.874, "p1"), Speaker("S2"))
    service.store.transcripts["d1"] = Transcript(conversation(), names, Stage.FINAL)
    assert [person["similarity"] for person in people(client)[:2]] == [87, None]


def test_what_people_typed_arrives_as_it_is(client: TestClient, service: FakeService) -> None:
    attack = '<img src=x onerror="alert(1)">'
    names = (Speaker("S1", attack),)
    service.store.transcripts["d1"] = Transcript(conversation(), names, Stage.FINAL)
    assert people(client)[0]["name"] == attack


def test_new_speakers_have_the_labels_that_the_store_chooses(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'meetcore.db'}")
    made = store.create_meeting("Any").id
    store.replace_transcript(made, Transcript(conversation(), (), Stage.FINAL))
    store.ensure_speakers(made, ["S5"])
    expected = json.loads(transcripts.transcript_body(store, made).body)["new_people"]
    chosen = [store.edits.assign(made, [0]), store.edits.assign(made, [1])]
    assert chosen == [person["label"] for person in expected][:2] == ["S4", "S6"]
    assert (expected[0]["name"], expected[0]["colour"]) == ("Speaker 4", 3)
    store.close()


def test_the_page_gets_the_names_of_languages_where_they_change() -> None:
    def said(text: str, code: str) -> Segment:
        made = segment("S1", text, 0.0)
        return replace(made, words=tuple(replace(word, language=code) for word in made.words))

    one = (said("Good morning.", "en"), said("Fine.", "en"))
    assert transcripts.language_names(one) == {}
    several = (*one, said("Guten Tag.", "de"), said("Hello.", "en"))
    assert transcripts.language_names(several) == {"3": "German", "5": "English"}
