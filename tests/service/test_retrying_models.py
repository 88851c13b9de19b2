"""Models loaded again while meetings run: which meetings use them, and when the old ones close."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.models.pool import IdentifierPool
from meetcore.records import LiveState, Mode, ModelsInUse
from meetcore.service.meeting_service import MeetingService
from tests.support.live_meetings import ended, recognized_all, running, send, words
from tests.support.service_fixtures import Open
from tests.support.shared_models import SharedModels
from tests.support.stand_ins import StandIn, texts, until


class Loader:
    """Gives one identifier after the other, or raises; blocks while `leave` is not set."""

    def __init__(self, *found: Any) -> None:
        self.found = list(found)
        self.leave = threading.Event()
        self.leave.set()

    def __call__(self) -> Any:
        assert self.leave.wait(10)
        found = self.found.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


class CountingEngine(InProcessExecutor):
    """Counts the calls of `renew`."""

    renewed = 0

    def reload_models(self) -> None:
        self.renewed += 1


@pytest.fixture
def loader() -> Loader:
    return Loader()


@pytest.fixture
def service(open_service: Open, loader: Loader) -> MeetingService:
    built = open_service(load=False)
    built._pool._load = loader
    return built


def only_recording() -> StandIn:
    return StandIn(mode=Mode.RECORDING_ONLY, reason="There is no recognizer.")


def only_words() -> StandIn:
    return StandIn(mode=Mode.TRANSCRIPTION_ONLY, reason="There is no diarizer.")


def test_new_models_serve_new_meetings_and_the_old_close_with_their_last_meeting(
    service: MeetingService, loader: Loader
) -> None:
    before, after = only_words(), StandIn()
    loader.found = [before, after]
    service.load_models()
    one, two = (running(service, service.start(title)) for title in ("One", "Two"))
    for live in (one, two):
        send(live, 2.0)
        until(recognized_all(live, 2.0))
    assert service.retry_models().mode is Mode.FULL
    assert service.models() == after.models
    three = running(service, service.start("Three"))
    for live in (one, two, three):
        send(live, 2.0)
    until(recognized_all(one, 4.0))
    until(recognized_all(three, 2.0))
    assert [speaker.label for speaker in one.snapshot().speakers] == []
    assert [speaker.label for speaker in three.snapshot().speakers] == ["S1"]
    assert texts(one.snapshot().segments) == words(7)
    assert (len(before.words), len(after.words)) == (2, 1)
    one.stop()
    assert one.join(10)
    assert not before.closed, "another meeting uses it"
    two.stop()
    assert two.join(10)
    until(lambda: before.closed)
    assert not after.closed
    assert service.store.get(three.meeting_id).mode is Mode.FULL


def test_meeting_that_only_records_gets_new_models_and_is_recognized_from_its_start(
    service: MeetingService, loader: Loader
) -> None:
    loader.found = [only_recording(), only_recording(), StandIn()]
    service.load_models()
    live = running(service, service.start("Recorded"))
    send(live, 4.0)
    until(recognized_all(live, 4.0))
    assert live.snapshot().segments == ()
    assert service.retry_models().mode is Mode.RECORDING_ONLY
    send(live, 1.0)
    until(recognized_all(live, 5.0))
    assert service.store.get(live.meeting_id).mode is Mode.RECORDING_ONLY
    service.retry_models()
    until(lambda: texts(live.snapshot().segments) == words(9))
    send(live, 2.0)
    until(recognized_all(live, 7.0))
    assert texts(live.snapshot().segments) == words(13)
    assert [speaker.label for speaker in live.snapshot().speakers] == ["S1", "S2"]
    known = service.store.get(live.meeting_id)
    assert (known.mode, known.recognizer) == (Mode.FULL, "live")
    live.stop()
    assert live.join(10)
    ended(service, live.meeting_id)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (only_recording(), "There is no recognizer."),
        (MemoryError(), "Loading failed (MemoryError; the log has the rest)."),
    ],
)
def test_retry_that_finds_less_keeps_what_is_loaded(
    service: MeetingService, loader: Loader, found: Any, why: str
) -> None:
    before = StandIn()
    loader.found = [before, found, StandIn()]
    service.load_models()
    models = service.retry_models()
    assert models.mode is Mode.FULL
    assert models.reason == (
        f"Everything is loaded. What is loaded is kept, as a new attempt found less: {why}"
    )
    assert service.models() == models
    live = running(service, service.start("Goes on"))
    send(live, 2.0)
    until(recognized_all(live, 2.0))
    assert texts(live.snapshot().segments) == words(3)
    assert not before.closed
    assert isinstance(found, Exception) or found.closed
    assert service.retry_models().reason == "Everything is loaded."
    live.stop()
    assert live.join(10)
    until(lambda: before.closed)


def test_smaller_weight_does_not_replace_the_one_in_the_settings() -> None:
    """In the same mode, a retry that had to take the smallest weight found less."""

    class Named(StandIn):
        weight = "base.en"

        @property
        def models(self) -> ModelsInUse:
            replaced_settings = () if self.weight == "base.en" else ("recognizer",)
            final = f"{self.weight} · fake · cpu"
            return ModelsInUse(
                self.mode, self.weight, final, "clock", replaced_settings=replaced_settings
            )

    asked, instead, again = Named(), Named(), Named()
    instead.weight = "tiny.en"
    pool = IdentifierPool(Loader(asked, instead, again))  # type: ignore[arg-type]
    pool.load()
    assert pool.retry().final_recognizer == "base.en · fake · cpu"
    assert pool.current is asked
    assert instead.closed and not asked.closed
    pool.retry()
    assert pool.current is again, "equal models are replaced: the old ones may be broken"
    assert asked.closed
    pool.close()
    pool.close()
    assert again.closed


def test_first_load_that_raises_can_be_tried_again(service: MeetingService, loader: Loader) -> None:
    loader.found = [MemoryError(), StandIn()]
    with pytest.raises(MemoryError):
        service.retry_models()
    assert service.models() is None
    assert service.load_models().mode is Mode.FULL


def test_two_retries_at_once_wait_for_one_attempt_and_loading_is_shown(
    service: MeetingService, loader: Loader
) -> None:
    loader.found = [only_words(), StandIn()]
    service.load_models()
    assert not service.loading
    loader.leave.clear()
    asking = [threading.Thread(target=service.retry_models) for _ in range(2)]
    for thread in asking:
        thread.start()
    until(lambda: service.loading)
    assert service.models() == only_words().models, "the models in force stay meanwhile"
    loader.leave.set()
    for thread in asking:
        thread.join(10)
    assert not service.loading
    assert service.models() == StandIn().models
    assert loader.found == []


def test_shutdown_while_loading_leaves_nothing_loaded(
    service: MeetingService, loader: Loader
) -> None:
    before, after = only_words(), StandIn()
    loader.found = [before, after]
    service.load_models()
    loader.leave.clear()
    asking = threading.Thread(target=service.retry_models)
    asking.start()
    until(lambda: service.loading)
    service.shutdown(5)
    assert before.closed
    loader.leave.set()
    asking.join(10)
    assert after.closed


def test_borrowed_models_stay_loaded_until_the_enrolment_is_done(
    service: MeetingService, loader: Loader
) -> None:
    """An enrolment in a page's thread keeps its models loaded, as a meeting does."""
    before = StandIn()
    loader.found = [before, StandIn()]
    service.load_models()
    with service._pool.borrowed() as identifier:
        service.retry_models()
        assert identifier is before and not before.closed
    assert before.closed


def test_jobs_load_their_models_again_too(
    service: MeetingService, loader: Loader, store: Any, settings_for: Any, tmp_path: Path
) -> None:
    engine = CountingEngine(SharedModels(lambda timeout_s: None))
    loader.found = [StandIn(), StandIn()]
    other = MeetingService(settings_for(tmp_path / "other"), store, loader, engine)
    try:
        other.load_models()
        assert engine.renewed == 0
        other.retry_models()
        assert engine.renewed == 1
        assert other.worker_pid is None
    finally:
        other.shutdown(5)


def test_session_that_cannot_be_opened_holds_no_models(
    service: MeetingService, loader: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbling, after = StandIn(), StandIn()
    loader.found = [stumbling, after]
    tries: list[str] = []

    def refuse(meeting_id: str, language: str | None = None) -> Any:
        tries.append(meeting_id)
        raise OSError("not this one")

    monkeypatch.setattr(stumbling, "open_session", refuse)
    service.load_models()
    live = running(service, service.start("Stumbles"))
    send(live, 2.0)
    until(lambda: tries)
    assert live.snapshot().state is LiveState.LISTENING
    service.retry_models()
    until(recognized_all(live, 2.0))
    assert texts(live.snapshot().segments) == words(3)
    until(lambda: stumbling.closed)
