"""One meeting from start to stop: pauses, late models, the grace period, several at once."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.audio.level import SILENCE_DB
from meetcore.errors import MeetingStateError
from meetcore.live.borrowed_models import BorrowedModels
from meetcore.live.speaker_names import SpeakerNames
from meetcore.live.step_width import WIDEST_STEP
from meetcore.records import SAMPLE_RATE, JobState, LiveState, MeetingState, Mode, Stage
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from tests.support.live_meetings import (
    CHUNK,
    ended,
    provisional,
    recognized_all,
    running,
    send,
    words,
)
from tests.support.service_fixtures import Open
from tests.support.stand_ins import RefusingStore, StandIn, talk, texts, until


def test_meeting_from_start_to_final_transcript(service: MeetingService, tmp_path: Path) -> None:
    meeting_id = service.start("Standup")
    live = running(service, meeting_id)
    send(live, 8.0)
    until(recognized_all(live, 8.0))
    snapshot = live.snapshot()
    assert texts(snapshot.segments) == words(15)
    assert [word.text for word in snapshot.tentative] == [" w15."]
    assert snapshot.tentative_speaker == "S2"
    assert [speaker.label for speaker in snapshot.speakers] == ["S1", "S2"]
    assert (snapshot.elapsed, snapshot.source) == (8.0, "tab")
    assert provisional(service.store, meeting_id) == words(15)
    live.stop()
    done = ended(service, meeting_id)
    assert (done.state, done.detail, done.duration) == (MeetingState.DONE, "", 8.0)
    assert (done.mode, done.recognizer) == (Mode.FULL, "scripted · fake · cpu float32")
    assert provisional(service.store, meeting_id) == words(16)
    assert done.audio_path == f"{meeting_id}/audio.flac"
    assert service.live(meeting_id) is None
    service.delete(meeting_id)
    until(lambda: not (tmp_path / "data" / "recordings" / meeting_id).exists())


def test_words_are_stored_before_they_are_shown(
    service: MeetingService, store: RefusingStore
) -> None:
    live = running(service, service.start("Order"))
    audio = talk(6.0)
    for start in range(0, audio.size, CHUNK):
        live.offer(audio[start : start + CHUNK], "tab")
        shown = texts(live.snapshot().segments)
        assert provisional(store, live.meeting_id)[: len(shown)] == shown


def test_pause_settles_what_was_said_and_takes_nothing_more(service: MeetingService) -> None:
    live = running(service, service.start("Pause"))
    send(live, 3.0)
    until(recognized_all(live, 3.0))
    assert live.snapshot().tentative
    live.pause()
    live.pause()
    until(lambda: not live.snapshot().tentative)
    assert texts(live.snapshot().segments) == words(6)
    send(live, 5.0)
    assert live.snapshot().state is LiveState.PAUSED
    live.resume()
    assert live.snapshot().state is LiveState.LISTENING
    send(live, 2.0)
    until(recognized_all(live, 5.0))
    live.stop()
    assert live.join(10)
    assert texts(live.snapshot().segments) == words(10)


@pytest.mark.parametrize("act", ["stop", "pause"])
def test_the_recording_ends_at_the_click_while_the_recognizer_is_busy(
    service: MeetingService, identifier: StandIn, act: str
) -> None:
    live = running(service, service.start("Busy"))
    send(live, 1.0)
    until(recognized_all(live, 1.0))
    release = threading.Event()
    identifier.words[0].push = lambda samples: release.wait(20)  # type: ignore[method-assign, assignment]
    send(live, 1.0)
    until(lambda: live.snapshot().elapsed == 2.0)
    began = time.monotonic()
    getattr(live, act)()
    assert time.monotonic() - began < 0.1
    send(live, 3.0)
    time.sleep(0.1)
    snapshot = live.snapshot()
    assert snapshot.elapsed == 2.0
    assert snapshot.level_db == SILENCE_DB
    assert snapshot.state is (LiveState.STOPPING if act == "stop" else LiveState.PAUSED)
    release.set()


def test_a_shutdown_ends_the_recording_at_once(
    service: MeetingService, identifier: StandIn
) -> None:
    live = running(service, service.start("Down"))
    send(live, 1.0)
    until(recognized_all(live, 1.0))
    release = threading.Event()
    identifier.words[0].push = lambda samples: release.wait(20)  # type: ignore[method-assign, assignment]
    send(live, 1.0)
    down = threading.Thread(target=service.shutdown, args=(5.0,))
    down.start()
    until(lambda: live.snapshot().state is LiveState.STOPPING)
    send(live, 3.0)
    time.sleep(0.1)
    assert live.snapshot().elapsed == 2.0
    release.set()
    down.join(20)


@pytest.mark.parametrize("act", ["pause", "resume"])
def test_stop_wins_over_pause_and_resume_from_another_tab(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    """A pause that overwrote a stop would leave a meeting that never ends."""
    live = running(service, service.start("Race"))
    if act == "resume":
        live.pause()
    stopper = threading.Thread(target=live.stop)
    real = getattr(live._intake, act)

    def interrupted(*muted: str | None) -> None:
        if not stopper.ident:
            stopper.start()
            stopper.join(0.3)
        real(*muted)

    monkeypatch.setattr(live._intake, act, interrupted)
    getattr(live, act)()
    stopper.join(10)
    assert live.join(10)
    live.pause()
    live.resume()
    assert live.snapshot().state is LiveState.STOPPED


def test_pause_and_resume_at_once_never_leave_a_listening_meeting_unrecorded(
    service: MeetingService,
) -> None:
    live = running(service, service.start("Deaf"))
    threads = [
        threading.Thread(target=lambda act=act: [act() for _ in range(500)])
        for act in (live.pause, live.resume) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.resume()
    before = live.snapshot().health.samples_on_disk
    send(live, 1.0)
    until(lambda: live.snapshot().health.samples_on_disk == before + SAMPLE_RATE)


def test_every_change_of_the_view_grows_the_version(service: MeetingService) -> None:
    live = running(service, service.start("Versions"))
    versions = [live.snapshot().version]
    for act in (
        lambda: live.attach("tab"),
        live.pause,
        live.resume,
        lambda: live.rename("S1", "Ada"),
        lambda: live.set_title("Other"),
    ):
        act()
        versions.append(live.snapshot().version)
    assert sorted(set(versions)) == versions


def test_models_that_come_late_catch_up_with_wide_steps(open_service: Open) -> None:
    service = open_service(load=False)
    live = running(service, service.start("Late"))
    send(live, 60.0)
    until(lambda: live.snapshot().health.samples_on_disk == 60 * SAMPLE_RATE)
    snapshot = live.snapshot()
    assert snapshot.health.backlog == 60.0
    assert snapshot.health.keeping_up, "it has not begun, so it is not slow"
    assert service.store.get(live.meeting_id).mode is None
    service.load_models()
    until(recognized_all(live, 60.0))
    assert texts(live.snapshot().segments) == words(119)
    identifier: Any = service._pool.current
    assert max(identifier.words[0].steps) == WIDEST_STEP
    for second in range(1, 5):  # the step narrows with each look that finds little to do
        send(live, 0.5)
        until(recognized_all(live, 60.0 + 0.5 * second))
    assert live.snapshot().health.step < WIDEST_STEP
    assert service.store.get(live.meeting_id).mode is Mode.FULL


def test_meeting_stopped_before_models_are_loaded_is_finished_by_the_second_pass(
    open_service: Open,
) -> None:
    service = open_service(load=False)
    meeting_id = service.start("Early")
    live = running(service, meeting_id)
    send(live, 3.0)
    live.stop()
    assert live.join(10)
    until(lambda: service.store.jobs.get(meeting_id).state is JobState.RUNNING)
    waiting = service.store.get(meeting_id)
    assert waiting.state is MeetingState.FINALIZING
    service.load_models()
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")
    assert service.store.transcript(meeting_id).stage is Stage.FINAL
    assert len(service.store.transcript(meeting_id).words) > 3


def test_meeting_without_frames_ends_after_the_grace_period(open_service: Open) -> None:
    service = open_service(grace_s=0.4)
    meeting_id = service.start("Left")
    live = running(service, meeting_id)
    send(live, 1.0)
    began = time.monotonic()
    assert live.join(10)
    assert 0.3 < time.monotonic() - began < 3.0
    assert ended(service, meeting_id).state is MeetingState.DONE
    assert provisional(service.store, meeting_id) == words(2)


def test_frames_of_the_attached_tab_keep_a_meeting_alive_and_others_do_not(
    open_service: Open,
) -> None:
    service = open_service(grace_s=0.5)
    live = running(service, service.start("Alive"))
    for _ in range(20):
        live.offer(np.zeros(CHUNK, dtype=np.int16), "tab")
        time.sleep(0.05)
    assert live.snapshot().state is LiveState.LISTENING
    deadline = time.monotonic() + 10
    while not live.join(0.02) and time.monotonic() < deadline:
        live.offer(np.zeros(CHUNK, dtype=np.int16), "another tab")
    assert live.snapshot().state is LiveState.STOPPED
    assert live.snapshot().elapsed == 2.0


def test_meeting_without_a_microphone_ends_too(open_service: Open) -> None:
    service = open_service(grace_s=0.3)
    meeting_id = service.start("Nobody")
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "No sound was recorded.")


def test_two_meetings_at_once_share_no_state(service: MeetingService) -> None:
    one, two = (running(service, service.start(title)) for title in ("One", "Two"))
    send(one, 4.0)
    send(two, 2.0)
    until(recognized_all(one, 4.0))
    until(recognized_all(two, 2.0))
    one.rename("S1", "Ada")
    assert [len(texts(each.snapshot().segments)) for each in (one, two)] == [7, 3]
    assert two.snapshot().speakers[0].name is None
    assert {snapshot.title for snapshot in service.running()} == {"One", "Two"}
    one.stop()
    assert one.join(10)
    send(two, 1.0)
    until(recognized_all(two, 3.0))
    assert two.snapshot().state is LiveState.LISTENING


def test_running_meeting_cannot_be_deleted_or_finished(service: MeetingService) -> None:
    meeting_id = service.start("Busy")
    with pytest.raises(MeetingStateError):
        service.delete(meeting_id)
    with pytest.raises(MeetingStateError):
        service.finalize(meeting_id)


def test_without_a_profile_no_voice_is_computed(service: MeetingService) -> None:
    class Forbidden:
        def voices(self) -> Any:
            raise AssertionError("computed")

    resources = service._meetings._resources
    borrowed = BorrowedModels(
        service.store.create_meeting("Loan"), resources, lambda name, duty: duty()
    )
    assert borrowed.open_session() is not None
    names = SpeakerNames(resources.store, "m")
    for _ in range(2):
        borrowed.match_voices(Forbidden(), names)  # type: ignore[arg-type]
    borrowed.release()


def test_a_pause_outlasts_the_grace_period_while_the_tab_is_open(open_service: Open) -> None:
    service = open_service(grace_s=0.3)
    live = running(service, service.start("Lunch"))
    send(live, 1.0)
    live.pause()
    for _ in range(20):
        live.keep_alive("tab")
        time.sleep(0.05)
    assert live.snapshot().state is LiveState.PAUSED
    assert live.join(5), "the tab was closed"


def test_start_and_stop_leave_no_thread_and_no_meeting(service: MeetingService) -> None:
    """Twenty meetings: the same threads as before, every object collected, streams closed."""
    ended(service, run_once(service).meeting_id)
    before = {thread.name for thread in threading.enumerate()}
    gone = []
    for _ in range(20):
        live = run_once(service)
        ended(service, live.meeting_id)
        gone.append(weakref.ref(live))
        del live
    assert {thread.name for thread in threading.enumerate()} <= before
    gc.collect()
    assert not [each for each in gone if each() is not None]
    assert service.running() == ()
    identifier: Any = service._pool.current
    assert all(stream.closed for stream in (*identifier.words, *identifier.turns))


def run_once(service: MeetingService) -> LiveMeeting:
    live = running(service, service.start("Again"))
    send(live, 1.0)
    live.stop()
    assert live.join(10)
    return live
