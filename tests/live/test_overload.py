"""A machine that is too busy: text stays near the present, gaps are marked, and nothing is lost.

Audio is offered SPEED times as fast as it is spoken, to a recognizer that takes a set share of it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.live import overload
from meetcore.live.overload import Allowance, WeightChoice
from meetcore.records import SAMPLE_RATE, MeetingState, Samples
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from tests.support.live_meetings import CHUNK, ended, recognized_all, running, send
from tests.support.service_fixtures import Open
from tests.support.stand_ins import ClockWords, StandIn, talk, until

SPEED = 20.0
NEVER_BEHIND_S = 20.0


class SlowWords(ClockWords):
    """Takes `rtf` of the time that its audio lasts."""

    rtf = 0.1

    def push(self, samples: Samples) -> StreamUpdate:
        time.sleep(self.rtf * samples.shape[0] / SAMPLE_RATE / SPEED)
        return super().push(samples)


@pytest.fixture
def slow() -> type[SlowWords]:
    """Streams of one speed, which a test changes."""
    return type("Slow", (SlowWords,), {})


def speak(live: LiveMeeting, seconds: float, watch: Callable[[Any], None]) -> None:
    """Offer talk at SPEED, and look at the meeting with each tenth of a second of it."""
    audio = talk(seconds)
    begun = time.monotonic()
    for number, start in enumerate(range(0, audio.size, CHUNK)):
        live.offer(audio[start : start + CHUNK], "tab")
        time.sleep(max(0.0, begun + number * 0.1 / SPEED - time.monotonic()))
        watch(live.snapshot())


def test_a_backlog_is_shed_marked_and_transcribed_by_the_second_pass(
    service: MeetingService, identifier: StandIn, slow: type[SlowWords]
) -> None:
    identifier.make_words = slow
    live = running(service, service.start("Busy"))
    backlogs: list[float] = []
    slow.rtf = 1.6
    speak(live, 120.0, lambda shown: backlogs.append(shown.health.backlog))
    assert overload.JUMP_S <= max(backlogs) < NEVER_BEHIND_S
    busy = live.snapshot()
    assert len(busy.gaps) >= 2

    slow.rtf = 0.2
    backlogs.clear()
    speak(live, 10.0, lambda shown: backlogs.append(shown.health.backlog))
    assert backlogs[-1] < 1.5, "it is live again within ten seconds"
    assert live.snapshot().health.keeping_up
    assert live.snapshot().elapsed == 130.0, "audio was lost"

    words = [word for each in live.snapshot().segments for word in each.words]
    assert all(one.start < two.start for one, two in itertools.pairwise(words))
    for gap in live.snapshot().gaps:
        assert not [w for w in words if gap.start + 1.0 < w.start and w.end < gap.end - 1.0]
        assert [word for word in words if gap.end - 1.0 < word.start < gap.end + 3.0]
    live.stop()
    assert live.join(5)
    assert ended(service, live.meeting_id).state is MeetingState.DONE
    final = service.store.transcript(live.meeting_id).words
    for gap in busy.gaps:
        inside = [word for word in final if gap.start <= word.start < gap.end]
        assert len(inside) >= 0.9 * 2 * (gap.end - gap.start), "the second pass fills the gap"


def test_a_stop_waits_for_no_backlog(
    service: MeetingService, identifier: StandIn, slow: type[SlowWords]
) -> None:
    identifier.make_words = slow
    live = running(service, service.start("Stop"))
    slow.rtf = 8.0
    send(live, 11.0)
    until(lambda: live.snapshot().elapsed == 11.0)
    live.stop()
    assert live.join(4.0), "11 s would take 4.4 s more"
    (gap,) = live.snapshot().gaps
    assert gap.end == 11.0
    assert ended(service, live.meeting_id).duration == 11.0


def test_a_smaller_weight_writes_while_the_machine_is_busy(
    service: MeetingService, identifier: StandIn, slow: type[SlowWords]
) -> None:
    small = type("Small", (SlowWords,), {"rtf": 0.3})
    identifier.make_words, identifier.make_lighter_words = slow, small
    live = running(service, service.start("Smaller"))
    slow.rtf = 0.2
    speak(live, overload.SETTLE_S + 2.0, lambda shown: None)
    assert not live.snapshot().health.is_lighter
    slow.rtf = 1.6
    seen: list[bool] = []
    speak(live, 20.0, lambda shown: seen.append(shown.health.is_lighter))
    assert seen.index(True) * 0.1 < 12.0, "within seconds"
    assert identifier.words[0].closed
    speak(live, 5.0, lambda shown: None)
    assert not live.snapshot().gaps, "the jump is the last resort"
    assert live.snapshot().health.weight_changed_at is not None
    slow.rtf, small.rtf = 0.2, 0.1
    speak(live, overload.FIRST_WAIT_S + 10.0, lambda shown: None)
    assert not live.snapshot().health.is_lighter
    words = [word for each in live.snapshot().segments for word in each.words]
    assert all(one.start < two.start for one, two in itertools.pairwise(words))
    assert len(words) > 0.85 * 2 * live.snapshot().elapsed


def test_models_that_come_very_late_begin_with_the_present(open_service: Open) -> None:
    service = open_service(load=False)
    live = running(service, service.start("Very late"))
    send(live, overload.LONGEST_LATE_S + 10.0)
    until(lambda: live.snapshot().elapsed == overload.LONGEST_LATE_S + 10.0)
    service.load_models()
    until(recognized_all(live, overload.LONGEST_LATE_S + 10.0))
    (gap,) = live.snapshot().gaps
    assert (gap.start, gap.end) == (0.0, live.snapshot().elapsed)
    send(live, 3.0)
    until(recognized_all(live, overload.LONGEST_LATE_S + 13.0))
    words = [word for each in live.snapshot().segments for word in each.words]
    assert all(word.start < 1.0 or word.start > gap.end - 1.0 for word in words)
    assert words[-1].start > gap.end + 1.0


@given(
    late=st.floats(0.0, 200.0),
    rtf=st.floats(0.05, 4.0),
    seconds=st.integers(1, 300),
)
def test_no_backlog_outlasts_its_allowance(late: float, rtf: float, seconds: int) -> None:
    """Whatever the machine does, the backlog is below 20 s once a late start is over."""
    recorded = late
    allowance = Allowance(late, recorded)
    backlog = late
    for _ in range(seconds):
        recorded += 1.0
        backlog = max(0.0, backlog + 1.0 - 1.0 / rtf)
        if backlog > allowance.at(recorded):
            backlog = 0.0
        assert backlog <= max(overload.JUMP_S, allowance.at(recorded))
    grown = recorded - allowance.began
    if grown > 2 * (overload.LONGEST_LATE_S + overload.LATE_SLACK_S):
        assert allowance.at(recorded) == overload.JUMP_S


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 3.0)), max_size=200))
def test_weights_do_not_flutter(states: list[tuple[float, float]]) -> None:
    choice, changes = WeightChoice(), []
    for second, (backlog, rtf) in enumerate(states):
        before, choice = choice, choice.next(float(second), backlog, rtf)
        if before.is_lighter != choice.is_lighter:
            changes.append((second, choice.is_lighter))
    assert [lighter for _, lighter in changes] == [n % 2 == 0 for n in range(len(changes))]
    for (down, _), (up, _) in zip(changes[::2], changes[1::2], strict=False):
        assert up - down >= overload.FIRST_WAIT_S


def test_a_step_up_that_fails_doubles_the_wait() -> None:
    choice = WeightChoice().next(0.0, 5.0, 2.0)
    waits = []
    now = 0.0
    for _ in range(7):
        began = now
        while choice.is_lighter:
            now += 1.0
            choice = choice.next(now, 0.1, 0.1)
        waits.append(now - began)
        now += 5.0
        choice = choice.next(now, 5.0, 2.0)
    assert waits == sorted(waits)
    assert waits[0] == overload.FIRST_WAIT_S + 1.0
    assert waits[-1] == overload.LONGEST_WAIT_S + 1.0
