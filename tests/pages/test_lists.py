"""Upload, Meetings and Speakers: what their elements are given to draw."""

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
)
from pages.meetings import library
from pages.shared import job_options
from pages.upload import jobs
from tests.pages.conftest import Show
from tests.pages.fake_backend import FakeService, FakeStore, conversation, meeting
from tests.pages.fake_library import job

ATTACK = '<img src=x onerror="alert(1)">'


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


def test_the_drop_zone_gets_its_address_and_options(show: Show) -> None:
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
    assert job_options.options_from("", None, how, 3, " Ada ") == expected


def test_more_jobs_are_shown_when_asked(show: Show, service: FakeService) -> None:
    for number in range(jobs.SHOWN + 5):
        one = f"j{number}"
        service.store.meetings[one] = meeting(one, one, MeetingState.DONE)
        service.store.jobs.put(job(one, JobState.DONE, JobStage.ATTRIBUTING))
    data = show("upload/page.py").data("jobs")
    assert (len(data["rows"]), data["shown"], data["step"]) == (20, 20, 20)
    assert data["rest"] == 8


def test_the_list_is_newest_first_with_people_and_states(show: Show) -> None:
    rows = show("meetings/page.py").data("library")["rows"]
    titles = [row["title"] for row in rows]
    known = ("Spring budget", "Design review", "Hiring", "Broken one", "Silence")
    places = [titles.index(title) for title in known]
    assert places == sorted(places)
    by_id = {row["id"]: row for row in rows}
    assert by_id["d1"]["people"][0]["name"] == "Ada Lovelace"
    assert by_id["i1"]["finish"] == "Finish" and by_id["f1"]["finish"] == "Try again"


def test_an_empty_list_differs_from_a_search_without_hits(show: Show, service: FakeService) -> None:
    assert show("meetings/page.py").data("library")["all"] > 0
    service.store = FakeStore()
    data = show("meetings/page.py").data("library")
    assert (data["all"], data["rows"], data["pages"]) == (0, [], 1)


def test_a_search_shows_where_it_was_said(service: FakeService) -> None:
    store = service.store
    store.transcripts["d1"] = Transcript(conversation(), (Speaker("S1", "Ada"),), Stage.FINAL)
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


def test_what_was_asked_for_comes_back_with_its_answer(show: Show) -> None:
    data = show("meetings/page.py").data("library")
    assert data["asked"] == "{}" and data["query"] == {"page": 0}


def test_voices_are_fetched_by_their_script(show: Show) -> None:
    assert show("speakers/page.py").data("voices") == {"address": "/api/profiles"}
