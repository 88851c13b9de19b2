"""The Live page as a person uses it: real browser, real server, real models, real conversation."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from meetcore.records import MeetingState, Stage
from tests.browser import live_page, scoring
from tests.browser.conftest import (
    OpenBrowser,
    Server,
    StartServer,
    sample_path,
)
from tests.browser.tcp_proxy import proxied

pytestmark = [pytest.mark.browser, pytest.mark.model]

HELD_S = 4
DIALOG_MS = 8_000
STILL_WITHIN_S = 0.5
WATCH_TRACKS = """
(() => {
  const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.tracks = [];
  window.opened = 0;
  navigator.mediaDevices.getUserMedia = async constraints => {
    window.opened += 1;
    const stream = await open(constraints);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
  addEventListener('click', () => setTimeout(() => {
    window.silentAfterClick = window.tracks.every(t => t.readyState === 'ended' || !t.enabled);
  }), true);
})();
"""
"""Keeps the microphone's tracks, and whether all were off in the task after the newest click."""
STARTS_IN_S = 4.0
"""Beside two other test processes; by itself it takes less than 2."""


def test_a_conversation_from_start_to_scores(server: Server, page: Page) -> None:
    live_page.open_start_page(page, server.url)
    expect(page.get_by_text("Words and speakers")).to_be_visible(timeout=60_000)
    begun = time.monotonic()
    assert live_page.press_start(page) < STARTS_IN_S, "the meter moved too late"

    tentative = page.locator(".turn .tentative:not(:empty)")
    live_page.wait_until(lambda: tentative.count() > 0, 15, "tentative words")
    live_page.wait_until(lambda: len(live_page.speakers_on_page(page)) == 2, 30, "two speakers")
    live_page.wait_until(lambda: bool(live_page.settled_text(page)), 30, "settled words")
    before = live_page.settled_text(page)
    live_page.rename(page, "Speaker 1", "Diane <b>A</b>")
    expect(page.locator(".turn .who", has_text="Diane <b>A</b>").first).to_be_visible()
    live_page.wait_until(lambda: time.monotonic() - begun > 33, 40, "the end of the sample")
    assert live_page.settled_text(page).startswith(before), "a settled word changed"

    page.get_by_role("button", name="Stop").click()
    stopped = time.monotonic()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=90_000)
    expect(page.get_by_role("progressbar")).to_have_count(0, timeout=15_000)
    expect(page.locator(".said .who", has_text="Diane <b>A</b>").first).to_be_visible()
    check_player(page)
    check_scores(server, live_page.meeting_id_of(page), stopped - begun)


def test_stop_and_pause_hold_at_the_click_while_the_recognizer_is_busy(
    start_server: StartServer, page: Page, tmp_path: Path
) -> None:
    """The microphone is off, and the recording grows no more, whatever the recognizer does."""
    hold = tmp_path / "hold"
    server = start_server(module="tests.browser.held_server", HELD_WHILE=str(hold))
    page.context.grant_permissions(["microphone"])
    page.add_init_script(WATCH_TRACKS)
    live_page.open_start_page(page, server.url)
    # Without models there is no recognizer that could be busy.
    expect(page.get_by_text("Words and speakers")).to_be_visible(timeout=live_page.READY_MS)
    live_page.press_start(page)
    meeting_id = live_page.meeting_id_of(page)
    recording = server.data_dir / "recordings" / meeting_id / "audio.pcm"
    live_page.wait_until(lambda: live_page.clock_seconds(page) >= 4, 30, "four seconds")
    hold.touch()
    time.sleep(1.5)

    check_still_after(page, recording, "Pause")
    expect(page.get_by_text("Paused: nothing is recorded")).to_be_visible(timeout=500)
    assert page.locator(".level i.on").count() == 0
    assert page.evaluate("tracks.every(t => t.readyState === 'ended')"), "still open while paused"
    size = recording.stat().st_size
    page.get_by_role("button", name="Resume", exact=True).click()
    live_page.wait_until(
        lambda: recording.stat().st_size > size + 32_000, 10, "a second more after Resume"
    )
    assert page.evaluate("opened") == 2

    check_still_after(page, recording, "Stop")
    assert page.evaluate("tracks.every(t => t.readyState === 'ended')")
    expect(page.get_by_role("progressbar", name="Finishing")).to_be_visible(timeout=500)
    shown = live_page.clock_seconds(page)
    time.sleep(3)
    assert live_page.clock_seconds(page) == shown
    with urllib.request.urlopen(f"{server.url}/api/meetings/{meeting_id}/live") as answer:
        assert json.load(answer)["state"] == "stopping", "the recognizer was not busy"
    hold.unlink()
    assert server.wait_for(meeting_id, MeetingState.DONE).duration >= 5.0


def test_another_tab_pauses_and_a_stop_without_connection_is_delivered(
    start_server: StartServer, page: Page
) -> None:
    server = start_server()
    page.add_init_script(WATCH_TRACKS)
    off = "tracks.every(t => t.readyState === 'ended' || !t.enabled)"
    with proxied(server.port) as proxy:
        live_page.open_start_page(page, f"http://localhost:{proxy.port}")
        expect(page.get_by_text("Words and speakers")).to_be_visible(timeout=live_page.READY_MS)
        live_page.press_start(page)
        meeting_id = live_page.meeting_id_of(page)
        recording = server.data_dir / "recordings" / meeting_id / "audio.pcm"
        other = page.context.new_page()
        other.goto(f"{server.url}/?meeting={meeting_id}")
        other.get_by_role("button", name="Pause", exact=True).click(timeout=live_page.READY_MS)
        live_page.wait_until(lambda: page.evaluate(off), 2, "the other tab's pause")
        other.get_by_role("button", name="Resume", exact=True).click()
        live_page.wait_until(lambda: not page.evaluate(off), 2, "the other tab's resume")
        size = recording.stat().st_size
        live_page.wait_until(lambda: recording.stat().st_size > size + 32_000, 10, "a second more")

        proxy.cut()
        expect(page.get_by_text("No connection to Meetcore")).to_be_visible()
        # Streamlit opens a dialog some seconds later, which would lie over the buttons.
        page.wait_for_timeout(DIALOG_MS)
        check_still_after(page, recording, "Stop")
        expect(page.get_by_text("No connection. The microphone is off")).to_be_visible()
        assert page.evaluate("tracks.every(t => t.readyState === 'ended')")
        with closing(server.store()) as store:
            assert store.get(meeting_id).state is MeetingState.LIVE
        proxy.mend()
        server.wait_for(meeting_id, MeetingState.DONE)
        expect(page.get_by_text("No connection to Meetcore")).to_be_hidden()
        assert page.evaluate("tracks.every(t => t.readyState === 'ended')")


def check_still_after(page: Page, recording: Path, button: str) -> None:
    """A click turns the microphone off at once, and ends the growth of the recording."""
    page.get_by_role("button", name=button, exact=True).click(no_wait_after=True)
    clicked = time.monotonic()
    assert page.evaluate("silentAfterClick"), f"the microphone was on after {button}"
    time.sleep(max(0.0, clicked + STILL_WITHIN_S - time.monotonic()))
    size = recording.stat().st_size
    time.sleep(2.0)
    assert recording.stat().st_size == size, f"it grew after {button}"


def check_player(page: Page) -> None:
    """The recording plays, and a click on a word goes there."""
    page.locator(".said .w").last.click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    position = page.get_by_role("slider", name="Position")
    live_page.wait_until(lambda: float(position.input_value()) > 20, 15, "a jump to the last word")


def check_scores(server: Server, meeting_id: str, wall_s: float) -> None:
    """What the database holds, against the sample's own reference."""
    meeting = server.wait_for(meeting_id, MeetingState.DONE)
    with closing(server.store()) as store:
        transcript = store.transcript(meeting_id)
    assert transcript.stage is Stage.FINAL
    assert meeting.audio_path is not None
    saved = scoring.read_audio(server.data_dir / "recordings" / meeting.audio_path)
    sample = scoring.read_audio(sample_path())
    offset = scoring.offset_of(saved, sample)
    likeness = scoring.likeness_by_second(saved, sample, offset)
    stm, rttm = sample_path().with_suffix(".stm"), sample_path().with_suffix(".rttm")
    scores = {
        "wer": scoring.word_error_rate(transcript, stm),
        "cpwer": scoring.cp_word_error_rate(transcript, stm),
        "der": scoring.diarization_error_rate(transcript, rttm, offset),
        "offset": offset,
        "saved_s": len(saved) / 16_000,
        "wall_s": wall_s,
        "least_likeness": min(likeness.values()),
    }
    assert scores["wer"] <= 0.20, scores
    assert scores["cpwer"] <= 0.30, scores
    assert scores["der"] <= 0.15, scores
    labels = {segment.speaker for segment in transcript.segments} - {None}
    assert len(labels) == 2
    assert "Diane <b>A</b>" in {speaker.name for speaker in transcript.speakers}
    assert len(likeness) >= 22 and scores["least_likeness"] > 0.7, likeness
    assert -2.0 < scores["saved_s"] - wall_s < 0.5, scores


def test_reload_second_tab_and_a_tab_closed_for_good(start_server: StartServer, page: Page) -> None:
    server = start_server(grace_s=10.0, MEETCORE_ROLLING="false")
    live_page.open_start_page(page, server.url)
    live_page.press_start(page)
    meeting_id = live_page.meeting_id_of(page)
    live_page.wait_until(lambda: live_page.committed_text(page) != "", 30, "committed words")
    text, seconds = live_page.committed_text(page), live_page.clock_seconds(page)

    page.reload()
    page.locator(".clock").wait_for(timeout=live_page.READY_MS)
    assert live_page.meeting_id_of(page) == meeting_id
    live_page.wait_until(
        lambda: live_page.clock_seconds(page) >= seconds + HELD_S, 30, "recording after a reload"
    )
    live_page.wait_until(
        lambda: live_page.committed_text(page).startswith(text), 10, "the earlier words"
    )

    other = page.context.new_page()
    other.goto(f"{server.url}/?meeting={meeting_id}")
    expect(other.get_by_text("Recording goes on in another tab.")).to_be_visible(timeout=30_000)
    live_page.wait_until(
        lambda: live_page.committed_text(other).startswith(text), 15, "the same words"
    )
    other.get_by_role("button", name="Use this tab's microphone").click()
    expect(page.get_by_text("Recording goes on in another tab.")).to_be_visible(timeout=15_000)
    seconds = live_page.clock_seconds(other)
    live_page.wait_until(
        lambda: live_page.clock_seconds(other) >= seconds + HELD_S, 20, "the other tab's sound"
    )
    other.get_by_role("link", name="Diagnostics").first.click()
    expect(other.get_by_role("heading", name="What is installed")).to_be_visible(timeout=15_000)
    seconds = live_page.clock_seconds(page)
    live_page.wait_until(
        lambda: live_page.clock_seconds(page) >= seconds + HELD_S, 20, "sound from another page"
    )

    page.context.close()
    meeting = server.wait_for(meeting_id, MeetingState.DONE, timeout_s=120)
    assert meeting.duration >= seconds + HELD_S
    assert server.end(signal.SIGTERM) in (0, -signal.SIGTERM)


def test_a_killed_server_loses_nothing_and_sigterm_finishes(
    start_server: StartServer, page: Page
) -> None:
    server = start_server()
    live_page.open_start_page(page, server.url)
    live_page.press_start(page)
    meeting_id = live_page.meeting_id_of(page)
    live_page.wait_until(lambda: live_page.clock_seconds(page) >= 12, 30, "twelve seconds")
    server.end(signal.SIGKILL)

    again = start_server()
    page.goto(f"{again.url}/meetings")
    expect(page.get_by_text("Interrupted", exact=True)).to_be_visible(timeout=live_page.READY_MS)
    page.get_by_role("button", name="Finish").click()
    meeting = again.wait_for(meeting_id, MeetingState.DONE, timeout_s=120)
    assert meeting.duration >= 11.0
    page.goto(f"{again.url}/meeting?id={meeting_id}")
    expect(page.locator(".said .turn").first).to_be_visible(timeout=live_page.READY_MS)

    live_page.open_start_page(page, again.url)
    live_page.press_start(page)
    second_id = live_page.meeting_id_of(page)
    live_page.wait_until(lambda: live_page.clock_seconds(page) >= 10, 30, "ten seconds")
    assert again.end(signal.SIGTERM) in (0, -signal.SIGTERM)
    with closing(again.store()) as store:
        stopped = store.get(second_id)
        assert stopped.state in (MeetingState.FINALIZING, MeetingState.DONE)
        assert store.transcript(second_id).segments, "what was said is not in the database"
    third = start_server()
    assert third.wait_for(second_id, MeetingState.DONE, timeout_s=120).duration >= 9.0


def test_without_a_microphone_there_is_a_sentence_and_a_way_on(
    server: Server, open_browser: OpenBrowser
) -> None:
    denied = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    for arguments, sentence in (
        ((), "No microphone was found."),
        (denied, "The browser does not let this page use the microphone."),
    ):
        with open_browser(*arguments) as browser:
            page = browser.new_page()
            live_page.open_start_page(page, server.url)
            page.get_by_role("button", name="Start", exact=True).click()
            expect(page.get_by_role("alert").get_by_text(sentence)).to_be_visible(timeout=15_000)
            expect(page.get_by_test_id("stAudioInput")).to_be_visible(timeout=15_000)
            assert "meeting=" not in page.url
