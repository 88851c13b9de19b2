"""The list, and one meeting."""

from __future__ import annotations

from datetime import datetime, timedelta

from meetcore.records import MeetingState, Speaker, Stage, Transcript
from tests.pages.conftest import NAVIGATION, Show
from tests.pages.fake_backend import FakeService, FakeStore, conversation, meeting

ATTACK = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def test_the_list_is_newest_first_with_states(show: Show) -> None:
    rows = show("meetings/page.py").data("library")["rows"]
    titles = ["Spring budget", "Quarterly", "Design review", "Hiring", "Broken one", "Silence"]
    assert [row["title"].split(" planning")[0] for row in rows] == titles


def test_an_empty_list_is_an_answer(show: Show, service: FakeService) -> None:
    service.store = FakeStore()
    assert show("meetings/page.py").data("library")["rows"] == []


def test_every_format_can_be_downloaded(show: Show) -> None:
    labels = [
        button.label for button in show("meeting/page.py", id="d1").app.get("download_button")
    ]
    assert labels[0] == "Text" and len(labels) >= 3


def test_no_chosen_meeting_is_no_error(show: Show) -> None:
    assert show("meeting/page.py").app.info[0].value == "No meeting is chosen."


def test_a_new_title_reaches_the_store(show: Show, service: FakeService) -> None:
    show("meeting/page.py", id="d1").app.text_input(key="title-of-d1").input("Autumn").run()
    assert service.store.meetings["d1"].title == "Autumn"


def test_a_new_date_reaches_the_store(show: Show, service: FakeService) -> None:
    page = show("meeting/page.py", id="d1").app
    field = page.datetime_input(key="date-of-d1")
    assert field.value == service.store.meetings["d1"].created_at.astimezone().replace(tzinfo=None)
    field.set_value(datetime(2024, 3, 4, 5, 6)).run()
    assert service.store.meetings["d1"].created_at == datetime(2024, 3, 4, 5, 6).astimezone()
    tomorrow = datetime.now() + timedelta(hours=20)
    page.datetime_input(key="date-of-d1").set_value(tomorrow).run()
    assert "future" in page.error[0].value
    assert service.store.meetings["d1"].created_at == datetime(2024, 3, 4, 5, 6).astimezone()


def test_a_failure_asks_once_to_try_again(show: Show, service: FakeService) -> None:
    for detail in ("It broke. Free some, then try again.", "It broke."):
        service.store.update("f1", detail=detail)
        text = show("meeting/page.py", id="f1").app.error[0].value
        assert text.lower().count("try again") == 1


def test_what_people_typed_is_never_markup(show: Show, service: FakeService) -> None:
    store = service.store
    store.meetings["x1"] = meeting("x1", ATTACK, MeetingState.DONE)
    names = (Speaker("S1", ATTACK), Speaker("S2", "**bold** [link](http://x)"))
    store.transcripts["x1"] = Transcript(conversation(), names, Stage.FINAL)
    assert "<img" not in show("meetings/page.py").html
    assert "<img" not in show("meeting/page.py", id="x1").html


def test_our_scripts_never_parse_text_as_markup() -> None:
    scripts = sorted(NAVIGATION.parent.rglob("*.js"))
    assert scripts
    for script in scripts:
        source = script.read_text(encoding="utf-8")
        for door in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert door not in source, f"{script.name} uses {door}"
