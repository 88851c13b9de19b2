"""A machine that is too busy: text stays near the present, gaps are marked, and nothing is lost.

Most of it runs on a clock that only the recognizer and the test move.
"""

from __future__ import annotations

import itertools
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.live import overload, recognition
from meetcore.live.load_control import LONGEST_CHUNK_S
from meetcore.live.overload import Allowance, WeightChoice
from meetcore.live.recognition import LiveRecognition
from meetcore.live.word_latency import ArrivalTimes
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, MeetingState, Samples, Word
from meetcore.service.meeting_service import MeetingService
from tests.support.live_meetings import ended, recognized_all, running, send
from tests.support.service_fixtures import Open
from tests.support.stand_ins import ClockTurns, ClockWords, StandIn, until

NEVER_BEHIND_S = 20.0


class Machine:
    """A meeting on a clock of its own, whose recognizers take a set share of their audio's time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, has_lighter: bool) -> None:
        self.now = 0.0
        self.rtf = {"usual": 0.1, "lighter": 0.1}
        self._has_lighter = has_lighter
        clock = SimpleNamespace(perf_counter=lambda: self.now, monotonic=lambda: self.now)
        monkeypatch.setattr(recognition, "time", clock)
        stand_in: Any = SimpleNamespace(
            read=lambda begin, end: np.zeros(end - begin, dtype=np.float32),
            open_session=self.open_session,
            open_words=self.open_words,
            match_voices=lambda *_: None,
            listen_for_language=lambda *_: None,
            language_note="",
            merge=lambda *_: None,
            put=lambda *_: None,
            wait=lambda: True,
        )
        parts = (stand_in,) * 4
        self.recognition = LiveRecognition("m", *parts, ArrivalTimes())

    def open_session(self) -> IdentifierSession:
        return IdentifierSession("m", self.stream("usual"), ClockTurns())

    def open_words(self, lighter: bool) -> ClockWords | None:
        if lighter and not self._has_lighter:
            return None
        return self.stream("lighter" if lighter else "usual")

    def stream(self, weight: str) -> ClockWords:
        """A stream that moves the clock."""
        machine = self

        class Slow(ClockWords):
            def push(self, samples: Samples) -> StreamUpdate:
                machine.now += machine.rtf[weight] * samples.shape[0] / SAMPLE_RATE
                return super().push(samples)

        return Slow()

    @property
    def backlog(self) -> float:
        """Seconds that the text is behind the clock."""
        return self.now - self.recognition.view.recognized_samples / SAMPLE_RATE

    @property
    def words(self) -> list[Word]:
        """The words so far."""
        return [word for each in self.recognition.view.segments for word in each.words]

    def run(self, seconds: float) -> list[float]:
        """Let people talk for so long; the backlog after each step."""
        end, backlogs = self.now + seconds, []
        while self.now < end:
            if not self.recognition.process(int(self.now * SAMPLE_RATE)):
                self.now += 0.05
            backlogs.append(self.backlog)
        return backlogs


@pytest.mark.parametrize("rtf", [1.05, 1.3, 1.6, 2.5, 4.0, 6.0])
def test_a_backlog_is_shed_and_marked(monkeypatch: pytest.MonkeyPatch, rtf: float) -> None:
    """Ten minutes of a recognizer that is too slow, then a free machine."""
    machine = Machine(monkeypatch, has_lighter=False)
    machine.run(20.0)
    machine.rtf["usual"] = rtf
    backlogs = machine.run(600.0)
    assert 5.0 < max(backlogs) < NEVER_BEHIND_S
    gaps = machine.recognition.view.gaps
    assert len(gaps) >= 2
    machine.rtf["usual"] = 0.2
    assert machine.run(10.0)[-1] < 1.0, "it is live again within ten seconds"

    words = machine.words
    assert all(one.start < two.start for one, two in itertools.pairwise(words))
    for gap in gaps:
        assert not [w for w in words if gap.start + 1.0 < w.start and w.end < gap.end - 1.0]
        assert [word for word in words if gap.end - 1.0 < word.start < gap.end + 3.0]
    assert len(words) >= 2 * (machine.now - sum(g.end - g.start for g in gaps)) - 10


def test_the_second_pass_fills_the_gaps(
    service: MeetingService, identifier: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overload, "JUMP_S", 100.0)
    live = running(service, service.start("Busy"))
    send(live, 1.0)
    until(recognized_all(live, 1.0))
    push = identifier.words[0].push

    def slow(samples: Samples) -> StreamUpdate:
        until(lambda: live.snapshot().elapsed == 21.0)
        monkeypatch.setattr(overload, "JUMP_S", 0.5)
        return push(samples)

    monkeypatch.setattr(identifier.words[0], "push", slow)
    send(live, 20.0)
    until(recognized_all(live, 21.0))
    (gap,) = live.snapshot().gaps
    assert gap.end - gap.start > 15.0
    live.stop()
    assert ended(service, live.meeting_id).state is MeetingState.DONE
    final = service.store.transcript(live.meeting_id).words
    inside = [word for word in final if gap.start <= word.start < gap.end]
    assert len(inside) >= 0.9 * 2 * (gap.end - gap.start)


def test_a_stop_waits_for_no_backlog(service: MeetingService, identifier: StandIn) -> None:
    stopped = threading.Event()

    class Slow(ClockWords):
        def push(self, samples: Samples) -> StreamUpdate:
            assert stopped.wait(60)
            time.sleep(0.5 * samples.shape[0] / SAMPLE_RATE)
            return super().push(samples)

    identifier.make_words = Slow
    live = running(service, service.start("Stop"))
    send(live, 11.0)
    until(lambda: live.snapshot().elapsed == 11.0)
    live.stop()
    stopped.set()
    assert live.join(60)
    (gap,) = live.snapshot().gaps
    assert gap.end == 11.0
    longest = recognition.LAST_BACKLOG_S / 0.5 + 2 * LONGEST_CHUNK_S
    assert gap.start <= longest, "of a backlog of 5.5 s, 1.5 s and the chunks begun are waited for"
    assert ended(service, live.meeting_id).duration == 11.0


def test_a_smaller_weight_writes_while_the_machine_is_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(monkeypatch, has_lighter=True)
    machine.run(30.0)
    assert not machine.recognition.view.is_lighter
    machine.rtf |= {"usual": 1.6, "lighter": 0.5}
    busy_since = machine.now
    machine.run(120.0)
    shown = machine.recognition.view
    assert shown.is_lighter
    assert shown.weight_changed_at is not None
    assert shown.weight_changed_at - busy_since < 10.0, "within seconds"
    assert not shown.gaps, "the jump is the last resort"
    machine.rtf |= {"usual": 0.3, "lighter": 0.15}
    machine.run(overload.FIRST_WAIT_S + 10.0)
    assert not machine.recognition.view.is_lighter
    assert machine.backlog < 1.0
    words = machine.words
    assert all(one.start < two.start for one, two in itertools.pairwise(words))
    assert len(words) > 0.95 * 2 * machine.now


def test_a_weight_that_is_not_loaded_yet_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = Machine(monkeypatch, has_lighter=False)
    machine.rtf |= {"usual": 1.6, "lighter": 0.4}
    machine.run(40.0)
    assert not machine.recognition.view.is_lighter
    machine._has_lighter = True
    machine.run(40.0)
    assert machine.recognition.view.is_lighter


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
