"""The page of one meeting: what its element is given, what it asks for, and each state."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from meetcore.api import transcripts
from meetcore.errors import EnrollmentTooShortError, MeetingStateError
from meetcore.records import (
    JobOptions,
    JobStage,
    JobState,
    MeetingState,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Turn,
)
from pages.meeting import editor
from pages.shared import actions, process, state
from tests.pages.conftest import Show
from tests.pages.fake_backend import FakeService, conversation, meeting, segment
from tests.pages.fake_library import job


def test_the_element_is_given_all_but_the_words(show: Show) -> None:
    data = show("meeting/page.py", id="d1", t="12.5").data("final-d1")
    assert data["at"] == 12.5 and data["audio"] is None and data["editable"]
    assert data["people"][0]["name"] == "Ada Lovelace"
    assert data["undo"] == "Correction of a word" and data["redo"] is None
    assert data["address"] == f"/meetings/d1/transcript.json?v={data['version']}"
    assert "Hello" not in json.dumps(data)


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


def test_a_new_word_is_a_new_version() -> None:
    one = meeting("x", "X", MeetingState.DONE)
    first = transcripts.prepare(one, Transcript(conversation()), ())
    assert transcripts.prepare(one, Transcript(conversation()), ()).version == first.version
    changed = (segment("S1", "Something else", 0.6), *conversation()[1:])
    assert transcripts.prepare(one, Transcript(changed), ()).version != first.version


def test_a_page_that_has_the_version_is_not_sent_it_again(service: FakeService) -> None:
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    client = TestClient(Starlette(routes=transcripts.routes(lambda: service)))
    answer = client.get("/meetings/d1/transcript.json")
    assert answer.json()["text"][0] == " Hello,"
    again = client.get(
        "/meetings/d1/transcript.json", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304 and not again.content
    assert client.get("/meetings/nothing/transcript.json").status_code == 404
    assert client.get("/meetings/d1/changes.json").json() == [None] * len(conversation())


@pytest.mark.parametrize(
    ("asked", "call"),
    [
        ({"kind": "merge", "label": "S2", "into": "S1"}, ("merge_speakers", "d1", "S2", "S1")),
        ({"kind": "assign", "position": 3, "label": None}, ("assign", "d1", [3], None)),
        ({"kind": "split", "position": 1, "word": 4, "label": "S3"}, ("split", "d1", 1, 4, "S3")),
        (
            {"kind": "correct", "position": 1, "text": "New", "expected": "Old"},
            ("correct", "d1", 1, "New", "Old"),
        ),
        (
            {"kind": "correct_word", "position": 1, "word": 2, "text": "New", "expected": "Old"},
            ("correct_word", "d1", 1, 2, "New", "Old"),
        ),
        ({"kind": "undo"}, ("undo", "d1")),
        ({"kind": "redo"}, ("redo", "d1")),
        ({"kind": "rename", "label": "S1", "name": " Ada "}, ("rename", "d1", "S1", "Ada")),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_each_edit_reaches_the_store(
    service: FakeService, monkeypatch: pytest.MonkeyPatch, asked: dict, call: tuple
) -> None:
    monkeypatch.setattr(process, "service", lambda: service)
    actions.handle(asked, editor.handlers("d1"))
    assert service.store.edits.calls == [call]
    assert service.calls == []


def test_a_ticked_box_remembers_the_voice(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "service", lambda: service)
    asked = {"kind": "rename", "label": "S1", "name": "Ada", "enroll": True}
    actions.handle(asked, editor.handlers("d1"))
    assert service.calls == [("enroll", "d1", "S1", "Ada")]


@pytest.mark.parametrize("error", [EnrollmentTooShortError, MeetingStateError])
def test_what_is_refused_is_told(
    service: FakeService, monkeypatch: pytest.MonkeyPatch, error: type
) -> None:
    service.store.edits.refusal = error("It was refused. Try something else.")
    told: list[str | None] = []
    monkeypatch.setattr(process, "service", lambda: service)
    monkeypatch.setattr(state, "note_trouble", told.append)
    actions.handle({"kind": "undo"}, editor.handlers("d1"))
    assert told[-1] == "It was refused. Try something else."


def test_a_voice_that_was_recognised_shows_how_alike_it_is(
    show: Show, service: FakeService
) -> None:
    names = (Speaker("S1", "Ana", 0.874, "p1"), Speaker("S2"))
    service.store.transcripts["d1"] = Transcript(conversation(), names, Stage.FINAL)
    people = show("meeting/page.py", id="d1").data("final-d1")["people"]
    assert [person["similarity"] for person in people[:2]] == [87, None]


def test_work_shows_its_stage_and_remaining_time(show: Show, service: FakeService) -> None:
    shown = show("meeting/page.py", id="p1")
    (bar,) = shown.app.get("progress")
    assert bar.proto.value == 40 and bar.proto.text == "Recognizing: 40%, about 3 min left"
    shown.app.button(key="cancel-p1").click().run()
    assert ("cancel", "p1") in service.calls


def test_words_of_a_draft_are_shown_and_cannot_be_corrected(
    show: Show, service: FakeService
) -> None:
    service.store.transcripts["p1"] = Transcript(conversation(), (), Stage.DRAFT)
    data = show("meeting/page.py", id="p1").data("final-p1")
    assert not data["editable"] and data["undo"] is None


def test_a_failed_meeting_says_why_and_can_be_tried_again(show: Show, service: FakeService) -> None:
    shown = show("meeting/page.py", id="f1")
    assert shown.app.error[0].value.startswith("The recording could not be read.")
    shown.app.button(key="finish-f1").click().run()
    assert service.calls == [("finalize", "f1")]


def test_speakers_can_be_found_later(show: Show, service: FakeService) -> None:
    said: tuple[Segment, ...] = tuple(replace(each, speaker=None) for each in conversation())
    service.store.transcripts["d1"] = Transcript(said, (), Stage.FINAL)
    service.store.update("d1", detail="No diarizer could be loaded.")
    service.store.jobs.put(job("d1", JobState.DONE, JobStage.ATTRIBUTING))
    shown = show("meeting/page.py", id="d1")
    assert any("No diarizer could be loaded." in each.value for each in shown.app.caption)
    shown.app.number_input(key="speakers-of-d1").set_value(3).run()
    shown.app.button(key="find-speakers-d1").click().run()
    assert service.calls == [("retry", "d1", JobStage.DIARIZING, JobOptions(n_speakers=3))]


def test_all_can_be_run_again_with_other_options(show: Show, service: FakeService) -> None:
    shown = show("meeting/page.py", id="d1")
    shown.app.button(key="again-d1").click().run()
    assert service.calls == [("retry", "d1", JobStage.RECOGNIZING, JobOptions())]


def test_held_back_text_can_be_seen(show: Show, service: FakeService) -> None:
    held = (RejectedText(3.0, 4.0, "Thank <b>you</b>", "no speech"),)
    service.store.transcripts["d1"] = Transcript(conversation(), (), Stage.FINAL, held)
    shown = show("meeting/page.py", id="d1")
    assert "Thank &lt;b&gt;you&lt;/b&gt;" in shown.html


def test_a_silent_meeting_is_an_answer(show: Show) -> None:
    shown = show("meeting/page.py", id="e1")
    assert shown.data("final-e1")["people"] == []
    assert not shown.app.error
