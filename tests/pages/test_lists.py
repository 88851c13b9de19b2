"""Upload, Meetings and Speakers: what they draw, and what a wish in them asks of the service."""

from __future__ import annotations

from datetime import datetime

import pytest

from meetcore.records import (
    JobOptions,
    JobStage,
    JobState,
    LibraryQuery,
    MeetingState,
    Order,
    Speaker,
    Stage,
    Transcript,
    VoiceClip,
)
from pages.meetings import library
from pages.shared import actions, job_options, process, state
from pages.speakers import voices
from pages.upload import jobs
from tests.pages.conftest import Show
from tests.pages.fake_backend import FakeService, FakeStore, conversation, meeting
from tests.pages.fake_library import job, profile

ATTACK = '<img src=x onerror="alert(1)">'


@pytest.fixture
def pressed(service: FakeService, monkeypatch: pytest.MonkeyPatch) -> FakeService:
    """The service that callbacks act on, outside a page's run."""
    monkeypatch.setattr(process, "service", lambda: service)
    kept: dict[str, object] = {}
    monkeypatch.setattr(state, "remember", kept.__setitem__)
    monkeypatch.setattr(state, "remembered", lambda name, default=None: kept.get(name, default))
    monkeypatch.setattr(state, "note_trouble", lambda text: None)
    return service


def test_jobs_newest_first_in_words(show: Show, service: FakeService) -> None:
    store = service.store
    store.jobs.jobs.clear()
    queue = (
        ("j1", job("j1", JobState.RUNNING, JobStage.RECOGNIZING, progress=0.4, remaining_s=200.0)),
        ("j2", job("j2", JobState.QUEUED, JobStage.DECODING)),
        ("j3", job("j3", JobState.FAILED, JobStage.DECODING, detail="broken.mp3 is not media.")),
    )
    for meeting_id, one in queue:
        store.meetings[meeting_id] = meeting(meeting_id, ATTACK, MeetingState.FINALIZING)
        store.jobs.put(one)
    rows = show("upload/page.py").data("jobs")["rows"][:3]
    assert [row["words"] for row in rows] == ["Failed", "Waiting, 1 before it", "Recognizing"]
    assert rows[0]["trouble"] == "broken.mp3 is not media."
    assert rows[2]["remaining"] == "about 3 min" and rows[2]["progress"] == 0.4
    assert rows[1]["remaining"] == "", "nothing is said while nobody can tell"
    assert ATTACK not in show("upload/page.py").html


def test_the_drop_zone_is_told_where_to_send_what(show: Show) -> None:
    data = show("upload/page.py").data("upload")
    assert data["address"] == "/uploads/" and data["options"] == {} and data["summary"] == ""


@pytest.mark.parametrize(
    "how, expected",
    [
        (job_options.AUTO, JobOptions(prompt="Ada")),
        (job_options.EXACTLY, JobOptions(n_speakers=3, prompt="Ada")),
        (job_options.AT_MOST, JobOptions(max_speakers=3, prompt="Ada")),
        (job_options.NONE, JobOptions(speakers=False, prompt="Ada")),
    ],
)
def test_choices_become_options(how: str, expected: JobOptions) -> None:
    assert job_options.chosen("", None, how, 3, " Ada ") == expected


def test_a_job_is_cancelled_and_tried_again(pressed: FakeService) -> None:
    actions.handle({"kind": "cancel", "meeting": "j1"}, jobs.handlers())
    actions.handle({"kind": "retry", "meeting": "j1"}, jobs.handlers())
    actions.handle({"kind": "nonsense"}, jobs.handlers())
    assert pressed.calls == [("cancel", "j1"), ("retry", "j1")]


def test_the_list_is_newest_first_with_people_and_states(show: Show) -> None:
    rows = show("meetings/page.py").data("library")["rows"]
    titles = [row["title"] for row in rows]
    known = ("Spring budget", "Design review", "Hiring", "Broken one", "Silence")
    places = [titles.index(title) for title in known]
    assert places == sorted(places)
    by_id = {row["id"]: row for row in rows}
    assert by_id["d1"]["people"][0]["name"] == "Ada Lovelace"
    assert by_id["i1"]["finish"] == "Finish" and by_id["f1"]["finish"] == "Try again"


def test_an_empty_list_is_told_apart_from_a_search_without_hits(
    show: Show, service: FakeService
) -> None:
    assert show("meetings/page.py").data("library")["all"] > 0
    service.store = FakeStore()
    data = show("meetings/page.py").data("library")
    assert (data["all"], data["rows"], data["pages"]) == (0, [], 1)


def test_a_search_shows_where_it_was_said(pressed: FakeService) -> None:
    store = pressed.store
    store.transcripts["d1"] = Transcript(conversation(), (Speaker("S1", "Ada"),), Stage.FINAL)
    state.remember(library.KEY, {"text": "venue"})
    summary = store.library.find(LibraryQuery(text="venue")).rows[0]
    drawn = library.row(summary, Order.NEWEST, datetime.now().astimezone())
    assert drawn["hits"][0]["snippet"][1] == ["venue", True]
    assert drawn["hits"][0]["at"] > 0


def test_fields_become_a_query_and_nonsense_asks_for_nothing() -> None:
    query = library.query_of(
        {"text": " a ", "since": "2026-11-01", "until": "2026-11-02", "state": "failed", "page": 2}
    )
    assert query.text == "a" and query.offset == 2 * library.PER_PAGE
    assert query.since is not None and query.until is not None
    assert (query.until - query.since).days == 2, "the last day counts whole"
    assert query.states == frozenset({MeetingState.FAILED})
    odd = library.query_of({"since": "x", "state": "y", "order": "z", "page": "no"})
    assert odd == LibraryQuery(limit=library.PER_PAGE)


def test_what_a_list_asks_is_done(pressed: FakeService) -> None:
    handlers = library.handlers()
    for asked in (
        {"kind": "rename", "meeting": "d1", "name": "  Autumn  "},
        {"kind": "rename", "meeting": "d1", "name": "  "},
        {"kind": "delete", "meeting": "d1"},
        {"kind": "undo", "meeting": "d1"},
        {"kind": "finish", "meeting": "i1"},
    ):
        actions.handle(asked, handlers)
    assert pressed.store.meetings["d1"].title == "Autumn"
    assert pressed.calls == [("delete", "d1"), ("restore", "d1"), ("finalize", "i1")]


def test_a_failed_job_is_tried_again_where_it_failed(pressed: FakeService) -> None:
    pressed.store.jobs.put(job("f1", JobState.FAILED, JobStage.DIARIZING))
    library.finish("f1")
    assert pressed.calls == [("retry", "f1")]


def test_voices_by_name_without_their_vectors(show: Show, service: FakeService) -> None:
    known = service.store.profiles.profiles
    known["p2"] = profile("p2", "zoe", VoiceClip("gone", 1.0, 5.0))
    known["p1"] = profile("p1", ATTACK)
    shown = show("speakers/page.py")
    data = shown.data("voices")["voices"]
    assert [voice["name"] for voice in data] == [ATTACK, "zoe"]
    assert data[1]["clip"] is None, "the meeting it was heard in is gone"
    assert all("embedding" not in voice for voice in data)
    assert ATTACK not in shown.html


def test_voices_are_renamed_merged_and_forgotten(pressed: FakeService) -> None:
    known = pressed.store.profiles
    known.profiles = {name: profile(name, name) for name in ("p1", "p2")}
    for asked in (
        {"kind": "rename", "voice": "p1", "name": "Ana"},
        {"kind": "merge", "voice": "p2", "into": "p1"},
        {"kind": "delete", "voice": "p1"},
    ):
        actions.handle(asked, voices.handlers())
    assert known.calls == [("rename", "p1", "Ana")]
    assert pressed.calls == [("merge_voices", "p2", "p1"), ("forget_voice", "p1")]
