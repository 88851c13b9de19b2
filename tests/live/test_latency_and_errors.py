"""The latency of a running meeting's words, and what its health shows of errors."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from meetcore.errors import InferenceError
from meetcore.live.word_latency import WINDOW_S, ArrivalTimes, WordLatencies
from meetcore.models.error_counter import RECENT_S, ErrorCounter
from meetcore.records import SAMPLE_RATE
from meetcore.records.error_summary import ErrorSummary, combined
from meetcore.service.meeting_service import MeetingService
from meetcore.text.safe_traceback import safe_traceback
from tests.support.live_meetings import CHUNK, recognized_all, running, send
from tests.support.service_fixtures import Open
from tests.support.stand_ins import StandIn, talk, until


def test_arrivals_are_exact_between_notes_and_after_a_burst() -> None:
    arrivals = ArrivalTimes()
    for frame in range(1, 501):  # ten seconds in real time, frames of 20 ms
        arrivals.add(frame * 320, 100.0 + frame * 0.02)
    for second in (0.05, 1.0, 3.33, 9.99, 10.0):
        assert arrivals.take(round(second * SAMPLE_RATE)) == pytest.approx(100 + second, abs=0.025)
    arrivals.add(20 * SAMPLE_RATE, 200.0)
    assert arrivals.take(20 * SAMPLE_RATE) == 200.0
    assert arrivals.take(21 * SAMPLE_RATE) == 200.0, "a word's end may lie past its last sample"


def test_nothing_arrived_gives_no_latency() -> None:
    assert ArrivalTimes().take(100) is None
    assert WordLatencies().percentiles(0.0) is None


def test_old_latencies_are_dropped() -> None:
    latencies = WordLatencies()
    latencies.add([0.0], now=9.0)
    latencies.add([99.0], now=100.0)
    assert latencies.percentiles(100.0) == (1.0, 9.0)
    assert latencies.percentiles(10.0 + WINDOW_S) == (1.0, 1.0)
    assert latencies.percentiles(101.0 + WINDOW_S) is None


def test_latency_of_a_meeting_is_from_the_sample_to_the_page(
    service: MeetingService, identifier: StandIn
) -> None:
    """The scripted recognizer commits a word half a second after it began: in real time."""
    live = running(service, service.start("Real time"))
    assert live.snapshot().health.latency_p50 is None
    audio = talk(4.0)
    began = time.monotonic()
    for index, start in enumerate(range(0, audio.size, CHUNK)):
        time.sleep(max(0.0, began + (index + 1) * 0.1 - time.monotonic()))
        live.offer(audio[start : start + CHUNK], "tab")
    until(recognized_all(live, 4.0))
    health = live.snapshot().health
    # Word n ends at n / 2 + 0.4 and is committed once (n + 2) / 2 seconds were heard.
    assert health.latency_p50 is not None and health.latency_p95 is not None
    assert 0.55 < health.latency_p50 <= health.latency_p95 < 1.2


def test_latency_counts_from_the_sample_however_late_the_models_come(open_service: Open) -> None:
    service = open_service(load=False)
    live = running(service, service.start("Late"))
    send(live, 3.0)
    until(lambda: live.snapshot().health.samples_on_disk == 3 * SAMPLE_RATE)
    time.sleep(0.6)
    service.load_models()
    until(recognized_all(live, 3.0))
    until(lambda: live.snapshot().health.latency_p50 is not None)
    p50 = live.snapshot().health.latency_p50
    assert p50 is not None and p50 >= 0.6


def test_health_recovers_after_a_clean_minute_and_keeps_the_count() -> None:
    now = [0.0]
    counter = ErrorCounter(lambda: now[0])
    assert counter.summary() == ErrorSummary()
    counter.add(ValueError("said aloud"))
    now[0] = 30.0
    counter.add(InferenceError("The engine failed."))
    summary = counter.summary()
    assert (summary.chunk_errors, summary.recent_errors) == (2, 2)
    assert summary.last_error == "InferenceError"
    now[0] = RECENT_S + 1.0
    assert counter.summary().recent_errors == 1
    now[0] = RECENT_S + 31.0
    after = counter.summary()
    assert (after.chunk_errors, after.recent_errors, after.last_error) == (2, 0, "")
    assert after.last_traceback.endswith("InferenceError")


def test_recent_error_is_named_before_a_newer_one_that_is_not_recent() -> None:
    old = ErrorSummary(3, 0, "", "old trace", 500.0)
    recent = ErrorSummary(1, 1, "StoreError", "trace", 400.0)
    assert combined(old, recent, ErrorSummary()) == ErrorSummary(4, 1, "StoreError", "trace", 400.0)


def test_traceback_gives_the_place_and_no_content() -> None:
    def fail(words: str) -> None:
        try:
            raise KeyError(words)
        except KeyError as error:
            raise InferenceError("The engine failed on this window.") from error

    with pytest.raises(InferenceError) as caught:
        fail("x" * 9)
    trace = safe_traceback(caught.value)
    assert "xxxxxxxxx" not in trace
    assert str(Path.home()) not in trace and str(Path.cwd()) not in trace
    assert "tests/live/test_latency_and_errors.py:" in trace
    assert "in fail\n    raise KeyError(words)\nKeyError\nwhich led to\n" in trace
    assert trace.endswith("\nInferenceError")


def test_circular_chain_of_causes_ends() -> None:
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert safe_traceback(one) == "ValueError\nwhich led to\nValueError"


def test_traceback_of_a_failing_window_reaches_the_health(
    service: MeetingService, identifier: StandIn
) -> None:
    live = running(service, service.start("Trouble"))
    send(live, 1.0)
    until(recognized_all(live, 1.0))
    identifier.words[0].failures = 1
    send(live, 1.0)
    until(lambda: live.snapshot().health.chunk_errors)
    health: Any = live.snapshot().health
    assert (health.recent_errors, health.last_error) == (1, "InferenceError")
    assert "in _guarded\n    return step()" in health.last_traceback
    assert health.last_traceback.endswith("\nInferenceError")
