"""Several attempts to load the models at once: one result for all that waited for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from meetcore.errors import ModelUnavailableError
from meetcore.models.pool import IdentifierPool
from meetcore.service.model_retry import UNEXPECTED, ModelRetry
from tests.support.stand_ins import StandIn, until


def in_threads(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results of calls made at the same time; what one raised in place of its result."""
    results: list[Any] = [None] * len(calls)

    def call(number: int) -> None:
        try:
            results[number] = calls[number]()
        except BaseException as error:
            results[number] = error

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return results


@pytest.mark.parametrize("count", [2, 5])
def test_retries_that_waited_for_a_failed_attempt_get_its_error(count: int) -> None:
    begun, leave = threading.Event(), threading.Event()
    attempts = []

    def load() -> Any:
        attempts.append(None)
        begun.set()
        leave.wait(10)
        raise ModelUnavailableError("The disk has no weights.")

    pool = IdentifierPool(load)

    def late() -> Any:
        begun.wait(10)
        return pool.retry()

    def open_the_door() -> None:
        begun.wait(10)
        threading.Event().wait(0.2)  # The others are at the lock by then.
        leave.set()

    results = in_threads([pool.retry, *[late] * (count - 1), open_the_door])[:count]
    assert [str(each) for each in results] == ["The disk has no weights."] * count
    assert len(attempts) == 1


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    fails=st.lists(st.booleans(), min_size=1, max_size=6),
    calls=st.lists(st.sampled_from(["load", "retry"]), min_size=1, max_size=6),
)
def test_every_call_gets_models_or_the_error_of_loading(
    fails: list[bool], calls: list[str]
) -> None:
    outcomes = iter([*fails, *[False] * 10])

    def load() -> Any:
        threading.Event().wait(0.001)
        if next(outcomes):
            raise ModelUnavailableError("Not now.")
        return StandIn()

    pool = IdentifierPool(load)
    for result in in_threads([getattr(pool, name) for name in calls]):
        assert result is pool.models or isinstance(result, ModelUnavailableError) or result.reason
        assert not isinstance(result, AssertionError)


def test_attempt_without_a_thread_is_over_and_can_be_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retry = ModelRetry(lambda: None)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert not retry.start()
    assert (retry.running, retry.snapshot().trouble) == (False, UNEXPECTED)
    assert retry.start()
    until(lambda: not retry.running)
    assert retry.snapshot().trouble == ""
