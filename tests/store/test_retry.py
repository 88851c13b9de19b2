"""Writes that are tried again: until they succeed, until time is up, or until a stop."""

from __future__ import annotations

import threading
import time

import pytest

from meetcore.errors import MeetingNotFoundError, StoreError
from meetcore.store import retry
from meetcore.store.retry import retry_write


class Write:
    """Raises an error so many times, then returns the number of calls."""

    def __init__(self, failures: int, error: type[Exception] = StoreError) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self._failures:
            raise self._error("refused")
        return self.calls


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRY_S", 0.01)


def test_result_comes_after_refusals() -> None:
    assert retry_write(Write(3), threading.Event()) == 4


def test_error_is_raised_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "GIVE_UP_S", 0.1)
    write = Write(1000)
    with pytest.raises(StoreError, match="refused"):
        retry_write(write, threading.Event())
    assert write.calls > 2


def test_after_a_stop_a_write_is_tried_once() -> None:
    stopping = threading.Event()
    stopping.set()
    write = Write(1000)
    with pytest.raises(StoreError):
        retry_write(write, stopping)
    assert write.calls == 1


def test_stop_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RETRY_S", 30.0)
    stopping = threading.Event()
    threading.Timer(0.1, stopping.set).start()
    began = time.monotonic()
    with pytest.raises(StoreError):
        retry_write(Write(1000), stopping)
    assert time.monotonic() - began < 10


def test_other_errors_are_raised_at_once() -> None:
    write = Write(1, MeetingNotFoundError)
    with pytest.raises(MeetingNotFoundError):
        retry_write(write, threading.Event())
    assert write.calls == 1
