"""The page of one meeting: what its element is given, and each state."""

from __future__ import annotations

import json
from dataclasses import replace

from meetcore.records import (
    JobOptions,
    JobStage,
    JobState,
    RejectedText,
    Segment,
    Stage,
    Transcript,
)
from tests.pages.conftest import Show
from tests.pages.fake_backend import FakeService, conversation
from tests.pages.fake_library import job


def test_the_element_is_given_all_but_the_transcript(show: Show) -> None:
    data = show("meeting/page.py", id="d1", t="12.5").data("final-d1")
    assert data["at"] == 12.5 and data["audio"] is None and data["editable"]
    assert data["address"] == "/api/meetings/d1/transcript" and data["version"]
    assert data["edits"] == "/api/meetings/d1/edits"
    assert data["changes"] == "/api/meetings/d1/changes"
    assert "Hello" not in json.dumps(data)


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
    assert not data["editable"] and data["changes"] is None


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
    assert shown.data("final-e1")["duration"] == 8.0
    assert not shown.app.error
