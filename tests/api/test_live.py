"""The routes of a running meeting: its state, stop, pause and resume."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from meetcore.records import LiveState, MeetingState
from tests.pages.fake_backend import FakeLive, FakeService, meeting

ROUTE = "/api/meetings/m1/live"


@pytest.fixture
def live(service: FakeService) -> FakeLive:
    """A running meeting that one tab records."""
    service.store.meetings["m1"] = meeting("m1", "Budget", MeetingState.LIVE)
    made = service.lives["m1"] = FakeLive("m1", "Budget", source="t1")
    return made


def test_pause_resume_and_stop(client: TestClient, live: FakeLive) -> None:
    for action, state in (
        ("pause", LiveState.PAUSED),
        ("resume", LiveState.LISTENING),
        ("stop", LiveState.STOPPED),
    ):
        assert client.post(f"{ROUTE}/{action}", json={}).json() == {}
        assert live.state is state


def test_the_tab_that_is_off_already_is_passed_on(client: TestClient, live: FakeLive) -> None:
    client.post(f"{ROUTE}/pause", json={"muted": "t1"})
    client.post(f"{ROUTE}/stop", json={"muted": None})
    assert live.calls == [("pause", "t1"), ("stop", None)]


def test_the_state_says_which_tab_records(client: TestClient, live: FakeLive) -> None:
    assert client.get(ROUTE).json() == {"state": "listening", "source": "t1"}
    assert client.get("/api/meetings/d1/live").json() == {"state": "ended", "source": None}


def test_a_stop_that_arrives_late_or_twice_is_no_error(client: TestClient, live: FakeLive) -> None:
    headers = {"Idempotency-Key": "12345678"}
    for _ in range(2):
        assert client.post(f"{ROUTE}/stop", json={}, headers=headers).status_code == 200
    assert client.post(f"{ROUTE}/stop", json={}).status_code == 200
    assert client.post("/api/meetings/d1/live/stop", json={}).status_code == 200


def test_a_meeting_that_ended_is_neither_paused_nor_resumed(client: TestClient) -> None:
    for action in ("pause", "resume"):
        answer = client.post(f"/api/meetings/d1/live/{action}", json={})
        assert answer.status_code == 409
        assert answer.json()["trouble"].startswith("This meeting has ended.")


def test_a_meeting_that_never_was_is_not_found(client: TestClient) -> None:
    assert client.post("/api/meetings/nothing/live/stop", json={}).status_code == 404


@pytest.mark.parametrize("muted", ["", "x" * 65, 3, {"a": 1}])
def test_a_tab_is_a_short_name(client: TestClient, live: FakeLive, muted: object) -> None:
    assert client.post(f"{ROUTE}/stop", json={"muted": muted}).status_code == 400
    assert live.calls == []
