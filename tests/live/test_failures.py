"""A running meeting whose recognizer, store or disk fails for a while loses nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from meetcore.audio.recording import RecordingReader
from meetcore.errors import RecordingError
from meetcore.records import MeetingState
from meetcore.service.meeting_service import MeetingService
from tests.support.live_meetings import (
    ended,
    provisional,
    recognized_all,
    running,
    send,
    words,
)
from tests.support.stand_ins import RefusingStore, StandIn, texts, until


def test_failing_recognizer_is_counted_and_recovers(
    service: MeetingService, identifier: StandIn
) -> None:
    live = running(service, service.start("Trouble"))
    send(live, 1.0)
    until(recognized_all(live, 1.0))
    identifier.words[0].failures = 3
    while identifier.words[0].failures:
        send(live, 1.0)
        time.sleep(0.05)
    until(lambda: live.snapshot().health.backlog < 0.05)
    health = live.snapshot().health
    assert (health.chunk_errors, health.last_error) == (3, "InferenceError")
    send(live, 2.0)
    live.stop()
    assert live.join(10)
    assert texts(live.snapshot().segments) == words(int(2 * live.snapshot().elapsed))


def test_session_that_cannot_be_opened_is_tried_again(
    service: MeetingService, identifier: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = type(identifier).open_session
    tries: list[str] = []

    def stumbling(self: StandIn, meeting_id: str, language: str | None = None) -> Any:
        tries.append(meeting_id)
        if len(tries) < 3:
            raise OSError("not yet")
        return opened(self, meeting_id, language)

    monkeypatch.setattr(StandIn, "open_session", stumbling)
    live = running(service, service.start("Stumble"))
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    assert len(tries) == 3
    assert texts(live.snapshot().segments) == words(3)


def test_store_that_refuses_for_a_while_gets_everything_later(
    service: MeetingService, store: RefusingStore
) -> None:
    live = running(service, service.start("Locked"))
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    store.refused = {"*"}
    send(live, 4.0)
    until(recognized_all(live, 6.0))
    assert texts(live.snapshot().segments) == words(11), "words are still shown"
    assert 0 < live.snapshot().health.chunk_errors <= store.refusals
    store.refused = set()
    send(live, 1.0)
    until(lambda: provisional(store, live.meeting_id) == words(13))


def test_refusing_store_is_not_called_with_every_chunk(
    service: MeetingService, store: RefusingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A locked database makes each call wait for seconds: recognition must not pay each time."""
    monkeypatch.setattr("meetcore.live.persistence.RETRY_S", 60.0)
    live = running(service, service.start("Locked"))
    store.refused = {"replace_segments"}
    for _ in range(20):
        send(live, 0.5)
        time.sleep(0.01)
    until(recognized_all(live, 10.0))
    assert store.refusals == 1
    store.refused = set()


def test_last_words_are_saved_once_the_store_works(
    service: MeetingService, store: RefusingStore
) -> None:
    meeting_id = service.start("Last words")
    live = running(service, meeting_id)
    send(live, 3.0)
    until(recognized_all(live, 3.0))
    store.refused = {"*"}
    live.stop()
    assert not live.join(0.7)
    store.refused = set()
    assert live.join(10)
    assert provisional(store, meeting_id) == words(6)
    assert ended(service, meeting_id).state is MeetingState.DONE


def test_store_that_refuses_to_the_end_leaves_the_words_to_the_second_pass(
    service: MeetingService, store: RefusingStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("meetcore.live.persistence.LAST_SAVE_S", 0.2)
    meeting_id = service.start("Stranded")
    live = running(service, meeting_id)
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    store.refused = {"*"}
    live.stop()
    assert live.join(10)
    store.refused = set()
    assert ended(service, meeting_id).state is MeetingState.DONE
    assert len(store.transcript(meeting_id).words) == 4


def test_recording_that_cannot_be_read_for_a_while(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = running(service, service.start("Unreadable"))
    read = RecordingReader.read

    def refuse(self: RecordingReader, start: int = 0, stop: int | None = None) -> Any:
        raise RecordingError("The recording cannot be read.")

    monkeypatch.setattr(RecordingReader, "read", refuse)
    send(live, 2.0)
    until(lambda: live.snapshot().health.last_error == "RecordingError")
    monkeypatch.setattr(RecordingReader, "read", read)
    until(recognized_all(live, 2.0))
    assert texts(live.snapshot().segments) == words(3)


def test_meeting_whose_recording_cannot_open_is_not_kept(
    service: MeetingService, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "recordings").write_text("in the way")
    with pytest.raises(RecordingError):
        service.start("Nowhere")
    assert service.store.list_meetings() == []
    assert service.running() == ()


def test_meeting_deleted_by_another_process_ends_without_errors(
    service: MeetingService, store: RefusingStore
) -> None:
    meeting_id = service.start("Gone")
    live = running(service, meeting_id)
    store.delete(meeting_id)
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    live.stop()
    assert live.join(30)
    until(lambda: service.live(meeting_id) is None)
