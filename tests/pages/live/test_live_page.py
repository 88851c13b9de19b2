"""The Live page before, while and after a meeting runs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from meetcore.errors import ModelUnavailableError
from meetcore.records import (
    Gap,
    LiveHealth,
    LiveSnapshot,
    LiveState,
    MeetingState,
    Mode,
    Segment,
    TranscriptShape,
    Word,
)
from meetcore.settings import Settings
from pages.live import start_button, transcript
from pages.shared import language_picker, microphone_faults, process, state
from pages.shared.plain_text import plain
from tests.pages.conftest import Show
from tests.pages.fake_backend import MODELS, REDUCED, FakeLive, FakeService, meeting, snapshot


def run_meeting(service: FakeService, **changes: Any) -> FakeLive:
    """Let a meeting run that shows one fixed view."""
    live = FakeLive("m1", "Budget", fixed=snapshot(**changes))
    service.lives["m1"] = live
    service.store.meetings["m1"] = meeting("m1", "Budget", MeetingState.LIVE)
    return live


def press_start(monkeypatch: pytest.MonkeyPatch, device_id: str | None = None) -> None:
    """Let the Start button report once that the browser opened a microphone."""
    pressed: list[bool] = []

    def draw(**asked: Any) -> None:
        if not pressed:
            pressed.append(True)
            asked["on_start_change"]()

    monkeypatch.setattr(start_button, "draw", draw)
    monkeypatch.setattr(
        state,
        "component_value",
        lambda key, name: {"deviceId": device_id} if (key, name) == ("start", "start") else None,
    )


def report_fault(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Let the Start button report that the microphone did not open."""
    monkeypatch.setattr(start_button, "draw", lambda **asked: asked["on_fault_change"]())
    monkeypatch.setattr(
        state,
        "component_value",
        lambda key, name: {"kind": kind} if name == "fault" else None,
    )


def test_before_a_meeting_one_button_and_a_sensible_title(show: Show) -> None:
    shown = show()
    assert shown.app.text_input(key="title").placeholder.startswith("Meeting, ")
    assert set(shown.data("start")["faults"]) == set(microphone_faults.FAULTS)
    assert not shown.app.get("audio_input")


def test_before_start_no_microphone_is_wanted_and_no_server_is_asked(show: Show) -> None:
    asked = show().data("microphone")
    assert asked["wanted"] is False
    assert asked["iceServers"] == []


def test_start_records_with_the_chosen_microphone(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    press_start(monkeypatch, device_id="usb")
    shown = show()
    shown.app.run()
    (call,) = service.calls
    assert call[0] == "start" and call[1].startswith("Meeting, ")
    assert shown.app.query_params["meeting"] == "m7"
    assert shown.app.query_params["mic"] == "1"
    asked = shown.data("microphone")
    assert (asked["wanted"], asked["meeting"], asked["device"]) == (True, "m7", "usb")
    assert service.lives["m7"].calls == [("attach", service.lives["m7"].source)]


def test_a_start_while_this_tab_records_begins_no_other_meeting(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_button, "draw", lambda **asked: asked["on_start_change"]())
    monkeypatch.setattr(
        state,
        "component_value",
        lambda key, name: {"deviceId": None} if name == "start" else None,
    )
    show().app.run()
    assert len([call for call in service.calls if call[0] == "start"]) == 1


def test_a_start_that_fails_is_one_sentence(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(title: str, language: str | None = None) -> str:
        raise ModelUnavailableError("No room on the disk. Free some and press Start again.")

    monkeypatch.setattr(service, "start", start)
    press_start(monkeypatch)
    shown = show()
    assert [error.value for error in shown.app.error] == [
        "No room on the disk. Free some and press Start again."
    ]


@pytest.mark.parametrize("kind", sorted(microphone_faults.FAULTS))
def test_without_a_microphone_the_page_offers_a_recorder(
    show: Show, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    report_fault(monkeypatch, kind)
    shown = show()
    shown.app.run()
    assert len(shown.app.get("audio_input")) == 1


def test_languages_can_be_chosen_whatever_the_weight_writes(
    show: Show, service: FakeService
) -> None:
    assert show().app.multiselect(key="language").placeholder == "English"
    service.in_use = type(MODELS)(mode=MODELS.mode, languages=("de", "en", "fr"))
    asked = show().app.multiselect(key="language")
    assert asked.placeholder == "Any language"
    assert {"German", "Thai"} < set(asked.options)
    service.in_use = type(MODELS)(mode=Mode.RECORDING_ONLY)
    assert not show().app.multiselect


@pytest.mark.parametrize(
    ("chosen", "setting", "asked"),
    [
        (None, None, None),
        ([], None, None),
        (["de"], None, "de"),
        (["de", "en"], None, "de,en"),
        ([], "de", "auto"),
        (["fr"], "de", "fr"),
    ],
)
def test_a_meeting_starts_with_the_chosen_languages(
    service: FakeService,
    monkeypatch: pytest.MonkeyPatch,
    chosen: list[str] | None,
    setting: str | None,
    asked: str | None,
) -> None:
    monkeypatch.setattr(state, "widget_value", lambda key: chosen)
    monkeypatch.setattr(process, "settings", lambda: Settings(_env_file=None, language=setting))
    assert language_picker.picked("language") == asked


def test_another_weight_that_writes_is_named(show: Show, service: FakeService) -> None:
    note = "tiny.en writes English only, not German. base writes instead."
    run_meeting(service, language_note=note)
    assert f":material/translate: {plain(note)}" in [
        each.value for each in show(meeting="m1").app.caption
    ]


def test_words_turns_and_people_reach_the_page(show: Show, service: FakeService) -> None:
    run_meeting(service)
    data = show(meeting="m1").data("live-m1")
    assert data["committed"]["turns"] == [
        [segment.speaker, round(segment.start, 1), [word.text for word in segment.words]]
        for segment in snapshot().segments
    ]
    assert data["tentative"] == [" and", " then"]
    assert [person["name"] for person in data["people"]] == ["Speaker 1", "Speaker 2", "Speaker 3"]


def test_names_typed_while_people_talk_go_to_the_api(show: Show, service: FakeService) -> None:
    run_meeting(service)
    assert show(meeting="m1").data("live-m1")["edits"] == "/api/meetings/m1/edits"


def test_a_tentative_speaker_has_a_name_before_any_word_stands(
    show: Show, service: FakeService
) -> None:
    run_meeting(service, segments=(), speakers=(), tentative=(Word(" Hi", 0.1, 0.3),))
    data = show(meeting="m1").data("live-m1")
    assert data["people"][0]["name"] == "Speaker 1"


def test_while_models_load_the_page_says_that_nothing_is_lost(
    show: Show, service: FakeService
) -> None:
    service.in_use = None
    run_meeting(service, segments=(), tentative=())
    shown = show(meeting="m1")
    assert "Everything is being recorded" in shown.data("live-m1")["waiting"]
    assert "Loading models" in shown.html


def test_the_buttons_ask_the_api_and_not_the_script(show: Show, service: FakeService) -> None:
    """A run of the script waits for other runs; a stop must not."""
    run_meeting(service)
    shown = show(meeting="m1")
    data = shown.data("controls-m1")
    assert data["live"] == "/api/meetings/m1/live"
    assert (data["change"], data["title"]) == ("/api/meetings/m1", snapshot().title)
    assert not shown.app.text_input
    assert {button.key for button in shown.app.button} == {"take-over"}


def test_a_meeting_that_is_stopped_shows_its_page(show: Show, service: FakeService) -> None:
    service.store.meetings["m9"] = meeting("m9", "Talk", MeetingState.LIVE)
    live = service.lives["m9"] = FakeLive("m9", "Talk")
    shown = show(meeting="m9")
    live.stop()
    shown.app.run()
    assert shown.data("final-m9")["meeting"] == "m9"


def test_the_microphone_follows_the_meeting(show: Show, service: FakeService) -> None:
    run_meeting(
        service, state=LiveState.PAUSED, health=LiveHealth(frames_offered=9, since_last_frame=2.0)
    )
    shown = show(meeting="m1", mic="1")
    shown.app.run()
    asked = shown.data("microphone")
    assert (asked["wanted"], asked["state"], asked["live"]) == (
        True,
        "paused",
        "/api/meetings/m1/live",
    )


def test_five_silent_seconds_are_a_warning(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "is_recording", lambda meeting_id: True)
    run_meeting(service, silent_for=4.9)
    assert not show(meeting="m1").app.warning
    run_meeting(service, silent_for=5.0)
    (warning,) = show(meeting="m1").app.warning
    assert warning.value == "No sound is arriving: is the right microphone chosen?"


def test_no_frame_in_ten_seconds_is_a_sentence_and_two_ways_on(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "is_recording", lambda meeting_id: True)
    monkeypatch.setattr(state, "recording_for", lambda: 11.0)
    run_meeting(service, health=LiveHealth(frames_offered=0, since_last_frame=11.0))
    shown = show(meeting="m1")
    assert "does not reach Meetcore" in shown.app.error[0].value
    assert shown.app.button(key="reconnect")
    assert len(shown.app.get("audio_input")) == 1


def test_a_second_tab_watches_and_can_take_over(show: Show, service: FakeService) -> None:
    live = run_meeting(service)
    shown = show(meeting="m1")
    assert shown.app.info[0].value == "Recording goes on in another tab."
    assert shown.data("microphone")["wanted"] is False
    shown.app.button(key="take-over").click().run()
    assert live.source is not None
    assert shown.data("microphone")["wanted"] is True


def test_a_reloaded_tab_takes_its_microphone_up_again(show: Show, service: FakeService) -> None:
    quiet = LiveHealth(frames_offered=9, since_last_frame=2.0)
    live = run_meeting(service, health=quiet)
    shown = show(meeting="m1", mic="1")
    assert live.source is not None
    shown.app.run()
    assert shown.data("microphone")["wanted"] is True


def test_a_copied_address_does_not_take_the_microphone(show: Show, service: FakeService) -> None:
    live = run_meeting(service)
    shown = show(meeting="m1", mic="1")
    assert live.source is None
    assert shown.data("microphone")["wanted"] is False


def test_a_busy_machine_says_how_far_behind_it_is(show: Show, service: FakeService) -> None:
    run_meeting(service, health=LiveHealth(keeping_up=False, backlog=12.0))
    (warning,) = show(meeting="m1").app.warning
    assert warning.value.startswith("The text is 12 s behind")


def test_a_smaller_weight_and_its_end_are_said_in_a_few_words(
    show: Show, service: FakeService
) -> None:
    run_meeting(service, health=LiveHealth(is_lighter=True, weight_changed_at=5.0))
    (caption,) = show(meeting="m1").app.caption
    assert "simpler for now" in caption.value
    run_meeting(service, elapsed=41.0, health=LiveHealth(weight_changed_at=30.0))
    (caption,) = show(meeting="m1").app.caption
    assert "as usual" in caption.value
    run_meeting(service, elapsed=43.0, health=LiveHealth(weight_changed_at=30.0))
    assert not show(meeting="m1").app.caption


def test_text_that_is_not_saved_yet_is_said(show: Show, service: FakeService) -> None:
    run_meeting(service, health=LiveHealth(unsaved_for=1.9, last_error="StoreError"))
    assert not show(meeting="m1").app.warning
    run_meeting(service, health=LiveHealth(unsaved_for=2.0, last_error="StoreError"))
    (warning,) = show(meeting="m1").app.warning
    assert warning.value.startswith("The newest text is not saved yet")


def test_a_disk_that_fails_is_said_in_its_own_sentence(show: Show, service: FakeService) -> None:
    sentence = "The recording cannot be written (No space left on device). Free some space."
    run_meeting(service, health=LiveHealth(chunk_errors=3, last_error=sentence))
    (warning,) = show(meeting="m1").app.warning
    assert warning.value.replace("\\", "") == sentence


def test_only_errors_of_the_models_are_passages_without_text(
    show: Show, service: FakeService
) -> None:
    run_meeting(service, health=LiveHealth(chunk_errors=3, last_error="StoreError"))
    assert not show(meeting="m1").app.caption
    run_meeting(
        service, health=LiveHealth(chunk_errors=3, model_errors=1, last_error="InferenceError")
    )
    (caption,) = show(meeting="m1").app.caption
    assert "1 passage could not be read live" in caption.value


def test_gaps_stand_between_turns(show: Show, service: FakeService) -> None:
    segments = tuple(
        Segment(start, start + 2.0, "S1", (Word(" a", start, start + 2.0),))
        for start in (0.5, 20.0, 60.0)
    )
    gaps = (Gap(3.0, 18.0), Gap(25.0, 40.0), Gap(41.0, 55.0), Gap(70.0, 90.0))
    run_meeting(service, segments=segments, gaps=gaps)
    placed = show(meeting="m1").data("live-m1")["gaps"]
    assert [before for before, _, _ in placed] == [1, 2, 2, 3]
    later = tuple(replace(segments[0], start=100.0 + n) for n in range(30))
    run_meeting(
        service,
        segments=segments + later,
        shape=TranscriptShape(committed_frozen=33),
        gaps=(*gaps, Gap(129.4, 150.0)),
    )
    assert [gap[0] for gap in show(meeting="m1").data("live-m1")["gaps"]] == [33], "sent once"


def test_the_controls_get_clock_level_and_state(show: Show, service: FakeService) -> None:
    run_meeting(service, state=LiveState.PAUSED, elapsed=75.0, level_db=-31.0)
    data = show(meeting="m1").data("controls-m1")
    assert (data["state"], data["elapsed"], data["level"]) == ("paused", 75.0, -31.0)


def test_a_meeting_that_ended_while_away_shows_its_transcript(
    show: Show, service: FakeService
) -> None:
    assert show(meeting="d1").data("final-d1")["editable"]


def test_an_unknown_meeting_is_one_sentence_with_a_way_on(show: Show) -> None:
    shown = show(meeting="nothing")
    assert shown.app.error[0].value == "This meeting does not exist any more."
    assert "Meetings" in shown.links.splitlines()


def test_the_mode_is_always_in_the_sidebar(show: Show, service: FakeService) -> None:
    service.in_use = REDUCED
    shown = show()
    assert "Words only" in shown.html and "segmentation-3.0 could not be fetched" in shown.html
    assert "Why this mode?" in shown.links


def test_connect_again_makes_a_new_connection(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_meeting(service, health=LiveHealth(frames_offered=5, since_last_frame=60.0))
    shown = show(meeting="m1", mic="1")
    monkeypatch.setattr(state, "recording_for", lambda: 60.0)
    shown.app.run()
    before = shown.data("microphone")
    assert before["wanted"] is True
    assert "was lost" in shown.app.error[0].value
    shown.app.button(key="reconnect").click().run()
    assert shown.data("microphone")["attempt"] == before["attempt"] + 1


def long_meeting(minutes: int) -> LiveSnapshot:
    """A view of a meeting in which a turn of twelve words is said every five seconds."""
    words = tuple(Word(f" w{n}", n / 3, n / 3 + 0.2) for n in range(12))
    segments = tuple(
        Segment(5.0 * n, 5.0 * n + 4, f"S{n % 3 + 1}", words) for n in range(minutes * 12)
    )
    return snapshot(segments=segments, shape=TranscriptShape(committed_frozen=len(segments) - 3))


def test_an_update_is_as_small_in_the_fourth_hour_as_in_the_first_minutes() -> None:
    sizes = [
        len(json.dumps(transcript.live_payload(long_meeting(minutes), MODELS)))
        for minutes in (2, 240)
    ]
    assert sizes[1] < 1.1 * sizes[0] < 3000


@pytest.mark.parametrize("behind", [0, 400])
def test_an_update_costs_the_same_however_far_behind_the_second_pass_is(behind: int) -> None:
    def size(minutes: int) -> int:
        segments = long_meeting(minutes).segments
        settled = max(0, len(segments) - 10 - behind)
        shape = TranscriptShape(settled, max(0, settled - 1), len(segments) - settled - 3, settled)
        return len(
            json.dumps(transcript.live_payload(snapshot(segments=segments, shape=shape), MODELS))
        )

    assert size(240) < 1.15 * size(120) < 6000


def test_settled_and_committed_turns_are_two_lists() -> None:
    segments = long_meeting(10).segments
    shape = TranscriptShape(settled=50, settled_frozen=48, committed_frozen=30, replaced=61)
    payload = transcript.live_payload(snapshot(segments=segments, shape=shape), MODELS)
    settled, committed = payload["settled"], payload["committed"]
    assert (settled["first"], settled["frozen"], len(settled["turns"])) == (40, 48, 10)
    assert (committed["from"], committed["first"], committed["frozen"]) == (61, 61 + 22, 61 + 30)
    assert len(committed["turns"]) == len(segments) - 50 - 22
    assert committed["head"] == transcript.turn_json(segments[50], {})
    lacking = transcript.live_payload(
        snapshot(segments=segments, shape=shape), MODELS, rewind=(5, 40)
    )
    assert lacking["settled"]["first"] == 5 and lacking["committed"]["first"] == 61


def test_words_that_settle_late_are_said(show: Show, service: FakeService) -> None:
    health = replace(snapshot().health, unsettled=200.0)
    run_meeting(service, health=health)
    assert any("3 min behind" in each.value for each in show(meeting="m1").app.caption)


def test_a_script_gets_the_turns_it_lacks() -> None:
    payload = transcript.live_payload(long_meeting(10), MODELS, rewind=(0, 4))["committed"]
    assert payload["first"] == 4 and len(payload["turns"]) == 116
    assert payload["turns"][0][:2] == ["S2", 20.0]
    assert transcript.live_payload(long_meeting(10), MODELS)["committed"]["first"] == 117 - 8


def test_a_change_of_language_is_marked_once_and_from_where_the_update_begins() -> None:
    codes = ["en"] * 9 + ["de"] * 12
    segments = tuple(
        Segment(n, n + 1, "S1", (Word(f" w{n}", n, n + 0.5, 1.0, code),))
        for n, code in enumerate(codes)
    )
    for settled, place in ((0, 9), (17, 0), (18, None)):
        turns = transcript.live_payload(
            snapshot(segments=segments, shape=TranscriptShape(committed_frozen=settled)), MODELS
        )["committed"]["turns"]
        marks = [(index, turn[3]) for index, turn in enumerate(turns) if len(turn) > 3]
        assert marks == ([] if place is None else [(place, {"0": "German"})])
