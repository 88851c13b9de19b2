"""Requests that change something: what they ask of the service, and which are refused."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from meetcore.api.change_endpoints import LARGEST_BODY_BYTES
from meetcore.api.idempotency import RecentAnswers
from meetcore.api.responses import Answer
from meetcore.api.routes import api_routes
from meetcore.errors import (
    EnrollmentTooShortError,
    MeetingStateError,
    StoreError,
    StoreUnavailableError,
)
from meetcore.records import JobStage, JobState, Stage, Transcript
from meetcore.store.meetings import open_store
from tests.pages.fake_backend import FakeLive, FakeService
from tests.pages.fake_library import job, profile
from tests.store.test_library import said

EDITS = "/api/meetings/d1/edits"
KEY = {"Idempotency-Key": "0123456789abcdef"}


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
        ({"kind": "rename", "label": "S1", "name": " "}, ("rename", "d1", "S1", None)),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)
def test_each_edit_reaches_the_store(
    client: TestClient, service: FakeService, asked: dict[str, Any], call: tuple[Any, ...]
) -> None:
    answer = client.post(EDITS, json=asked)
    assert answer.status_code == 200, answer.text
    assert service.store.edits.calls == [call]
    assert service.calls == []


def test_the_store_chooses_the_label_of_a_new_speaker(client: TestClient) -> None:
    answer = client.post(EDITS, json={"kind": "assign", "position": 3, "label": None})
    assert answer.json() == {"label": "S4"}


def test_a_voice_is_remembered_where_asked(client: TestClient, service: FakeService) -> None:
    asked = {"kind": "rename", "label": "S1", "name": "Ada", "remember": True}
    assert client.post(EDITS, json=asked).status_code == 200
    assert service.calls == [("enroll", "d1", "S1", "Ada")]


def test_a_voice_that_cannot_be_remembered_leaves_its_name_saved(
    client: TestClient, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enroll(*about: str) -> None:
        raise EnrollmentTooShortError("Too little speech.")

    monkeypatch.setattr(service, "enroll", enroll)
    asked = {"kind": "rename", "label": "S1", "name": "Ada", "remember": True}
    answer = client.post(EDITS, json=asked)
    assert (answer.status_code, answer.json()["saved"]) == (409, True)
    assert service.store.edits.calls == [("rename", "d1", "S1", "Ada")]
    monkeypatch.setattr(service.store.edits, "refusal", MeetingStateError("Gone."))
    assert "saved" not in client.post(EDITS, json=asked).json()


def test_a_speaker_of_a_running_meeting_is_named(client: TestClient, service: FakeService) -> None:
    live = service.lives["m1"] = FakeLive("m1", "Budget")
    asked = {"kind": "rename", "label": "S2", "name": "Bo"}
    assert client.post("/api/meetings/m1/edits", json=asked).status_code == 200
    assert live.calls == [("rename", "S2", "Bo")]
    assert not service.store.edits.calls


def test_a_request_that_is_sent_again_counts_once(client: TestClient, service: FakeService) -> None:
    asked = {"kind": "assign", "position": 3, "label": None}
    answers = [client.post(EDITS, json=asked, headers=KEY) for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"label": "S4"}] * 3
    assert len(service.store.edits.calls) == 1
    client.post("/api/meetings/d2/edits", json=asked, headers=KEY)
    assert len(service.store.edits.calls) == 2, "a key counts within its address"


def test_a_refusal_is_repeated_and_a_failure_is_tried_again(
    client: TestClient, service: FakeService
) -> None:
    edits = service.store.edits
    edits.refusal = MeetingStateError("It has changed. Look at it again.")
    first = client.post(EDITS, json={"kind": "undo"}, headers=KEY)
    edits.refusal = None
    again = client.post(EDITS, json={"kind": "undo"}, headers=KEY)
    assert first.status_code == again.status_code == 409
    assert first.json() == again.json() == {"trouble": str(first.json()["trouble"]), "rule": ""}
    assert not edits.calls

    other = {"Idempotency-Key": "fedcba9876543210"}
    edits.refusal = RuntimeError("a fault of ours")
    failed = client.post(EDITS, json={"kind": "undo"}, headers=other)
    assert failed.status_code == 500 and "a fault of ours" not in failed.text
    edits.refusal = None
    assert client.post(EDITS, json={"kind": "undo"}, headers=other).status_code == 200
    assert edits.calls == [("undo", "d1")]


@pytest.mark.parametrize("wanted", ["undo", "rename"])
def test_a_database_that_is_locked_is_asked_again(
    client: TestClient, service: FakeService, wanted: str
) -> None:
    edits = service.store.edits
    asked = {"kind": wanted} if wanted == "undo" else {"kind": wanted, "label": "S1", "name": "A"}
    edits.refusal = StoreUnavailableError("The database refused a write (it is locked).")
    assert client.post(EDITS, json=asked, headers=KEY).status_code == 503
    edits.refusal = None
    assert client.post(EDITS, json=asked, headers=KEY).status_code == 200
    other = {"Idempotency-Key": "fedcba9876543210"}
    edits.refusal = StoreError("A voice needs a name. Type one.")
    assert client.post(EDITS, json=asked, headers=other).status_code == 409


def test_a_request_waits_for_the_one_with_its_key() -> None:
    answers, begun, go_on = RecentAnswers(), threading.Event(), threading.Event()
    calls = []

    def slow() -> Answer:
        calls.append(1)
        begun.set()
        assert go_on.wait(10)
        return Answer({"label": "S4"})

    with ThreadPoolExecutor() as pool:
        first = pool.submit(answers.once, "key", slow)
        assert begun.wait(10)
        second = pool.submit(answers.once, "key", slow)
        go_on.set()
        assert first.result(10) == second.result(10) == Answer({"label": "S4"})
    assert len(calls) == 1


def test_a_request_that_waits_too_long_for_the_one_with_its_key_may_be_sent_again() -> None:
    answers, begun, go_on = RecentAnswers(wait_s=0.05), threading.Event(), threading.Event()

    def stuck() -> Answer:
        begun.set()
        assert go_on.wait(10)
        return Answer({"label": "S4"})

    with ThreadPoolExecutor() as pool:
        first = pool.submit(answers.once, "key", stuck)
        assert begun.wait(10)
        second = answers.once("key", stuck)
        go_on.set()
        assert second.status == 503 and second.body["trouble"]
        assert first.result(10).status == 200
    assert answers.once("key", stuck).body == {"label": "S4"}


def test_an_edit_is_made_once_when_the_server_restarts_before_its_answer(
    service: FakeService, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'meetcore.db'}"
    answers = []
    store = open_store(url)
    meeting_id = store.create_meeting("Any").id
    store.replace_transcript(meeting_id, Transcript((said(0, "one two three"),), stage=Stage.FINAL))
    for _ in range(2):
        service.store = store  # type: ignore[assignment]
        client = TestClient(Starlette(routes=api_routes(lambda: service)))
        asked = {"kind": "split", "position": 0, "word": 1}
        answers.append(client.post(f"/api/meetings/{meeting_id}/edits", json=asked, headers=KEY))
        store.close()
        store = open_store(url)
    assert [answer.json() for answer in answers] == [{"label": "S2"}] * 2
    assert store.edits.state(meeting_id).edits == 1
    store.close()


def test_a_request_whose_browser_left_is_answered_without_a_traceback(
    service: FakeService,
) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": EDITS,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(Starlette(routes=api_routes(lambda: service))(scope, receive, send))
    assert sent[0]["status"] == 400
    assert not service.store.edits.calls


def test_a_request_that_stops_midway_is_refused(
    service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetcore.api.request_body.SILENCE_S", 0.05)
    sent: list[Message] = []
    pieces: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Message:
        if pieces:
            return pieces.pop()
        await asyncio.sleep(10)
        raise AssertionError("the route waits for ever")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": EDITS,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    asyncio.run(Starlette(routes=api_routes(lambda: service))(scope, receive, send))
    assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    "address", ["/api/meetings/d1/transcript", "/api/meetings/d1/changes", "/api/profiles"]
)
def test_a_service_that_cannot_start_says_so(address: str) -> None:
    def broken() -> FakeService:
        raise StoreError("The database cannot be read (OperationalError).")

    client = TestClient(Starlette(routes=api_routes(broken)))
    answer = client.get(address)
    assert answer.status_code == 503 and answer.json()["trouble"].startswith("The database")
    recording = client.get("/recordings/d1")
    assert recording.status_code == 503 and recording.text.startswith("The database")
    assert client.post(EDITS, json={"kind": "undo"}).status_code == 503


def test_the_oldest_answers_are_forgotten() -> None:
    answers = RecentAnswers(kept=2)
    count = 0

    def counted() -> Answer:
        nonlocal count
        count += 1
        return Answer({"count": count})

    for key in ("a", "b", "c", "c", "a"):
        last = answers.once(key, counted)
    assert last.body == {"count": 4}


@pytest.mark.parametrize(
    "error",
    [
        EnrollmentTooShortError("Too little was heard. Try a longer meeting."),
        StoreError("The database cannot be read (OperationalError)."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_says_why_and_which_rule_explains_it(
    client: TestClient, service: FakeService, error: Exception
) -> None:
    service.store.edits.refusal = error
    answer = client.post(EDITS, json={"kind": "undo"})
    assert answer.status_code == 409
    rule = "database" if isinstance(error, StoreError) else ""
    assert answer.json() == {"trouble": str(error), "rule": rule}


def test_other_pages_cannot_send(client: TestClient, service: FakeService) -> None:
    """A form or a script of another origin may send text/plain without asking, JSON never."""
    plain = {"content-type": "text/plain"}
    answer = client.post(EDITS, content=b'{"kind": "undo"}', headers=plain)
    assert answer.status_code == 415
    assert client.delete("/api/meetings/d1").status_code == 415
    asked = client.options(EDITS, headers={"origin": "http://elsewhere.example"})
    assert "access-control-allow-origin" not in asked.headers
    assert not service.store.edits.calls and not service.calls


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"no json", 400),
        (b"[]", 400),
        (b'{"kind": "nonsense"}', 400),
        (b'{"kind": "assign", "position": "3"}', 400),
        (b'{"kind": "assign", "position": -1}', 400),
        (b'{"kind": "undo", "more": 1}', 400),
        (b'{"kind": "rename", "label": "S1", "name": "' + b"x" * 61 + b'"}', 400),
        (b'"' + b"x" * LARGEST_BODY_BYTES + b'"', 413),
    ],
)
def test_nonsense_is_refused_in_one_sentence(
    client: TestClient, service: FakeService, body: bytes, status: int
) -> None:
    answer = client.post(EDITS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["trouble"].endswith(".") and "\n" not in answer.json()["trouble"]
    assert not service.store.edits.calls


def test_a_key_of_another_kind_is_refused(client: TestClient) -> None:
    answer = client.post(EDITS, json={"kind": "undo"}, headers={"Idempotency-Key": "a b"})
    assert answer.status_code == 400


def test_a_meeting_is_renamed_deleted_and_taken_back(
    client: TestClient, service: FakeService
) -> None:
    assert client.patch("/api/meetings/d1", json={"title": "  Autumn "}).status_code == 200
    assert service.store.meetings["d1"].title == "Autumn"
    assert client.patch("/api/meetings/d1", json={"title": "  "}).status_code == 409
    assert client.patch("/api/meetings/d1", json={}).status_code == 409
    body = {"began": "2024-03-04T05:06:07+01:00"}
    assert client.patch("/api/meetings/d1", json=body).status_code == 200
    assert service.store.meetings["d1"].created_at.isoformat() == body["began"]
    for wrong in ("2199-01-01T00:00:00Z", "1979-12-31T00:00:00Z", "2024-03-04T05:06:07", "x", 3):
        answer = client.patch("/api/meetings/d1", json={"began": wrong})
        assert answer.status_code in (400, 409), wrong
    assert service.store.meetings["d1"].created_at.isoformat() == body["began"]
    assert client.request("DELETE", "/api/meetings/d1", json={}).status_code == 200
    assert client.post("/api/meetings/d1/restore", json={}).status_code == 200
    assert service.calls == [("delete", "d1"), ("restore", "d1")]


def test_what_does_not_exist_is_not_found(client: TestClient) -> None:
    answer = client.patch("/api/meetings/none", json={"title": "Autumn"})
    assert answer.status_code == 404 and answer.json()["trouble"]


def test_a_job_is_cancelled_tried_again_and_finished(
    client: TestClient, service: FakeService
) -> None:
    service.store.jobs.put(job("f1", JobState.FAILED, JobStage.DIARIZING))
    for meeting_id, action in (
        ("p1", "cancel"),
        ("f1", "retry"),
        ("i1", "finish"),
        ("f1", "finish"),
    ):
        answer = client.post(f"/api/meetings/{meeting_id}/job", json={"action": action})
        assert answer.status_code == 200, answer.text
    assert service.calls == [("cancel", "p1"), ("retry", "f1"), ("finalize", "i1"), ("retry", "f1")]
    assert client.post("/api/meetings/p1/job", json={"action": "dance"}).status_code == 400


def test_voices_are_renamed_merged_and_forgotten(client: TestClient, service: FakeService) -> None:
    known = service.store.profiles
    known.profiles = {name: profile(name, name) for name in ("p1", "p2")}
    assert client.patch("/api/profiles/p1", json={"name": "Ana"}).status_code == 200
    assert client.post("/api/profiles/p2/merge", json={"into": "p1"}).status_code == 200
    assert client.request("DELETE", "/api/profiles/p1", json={}).status_code == 200
    assert known.calls == [("rename", "p1", "Ana")]
    assert service.calls == [("merge_voices", "p2", "p1"), ("forget_voice", "p1")]
