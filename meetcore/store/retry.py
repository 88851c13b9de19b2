"""Retries a write while the database refuses it; used where giving up would lose words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_fixed,
)

from meetcore.errors import StoreError

Result = TypeVar("Result")

RETRY_S = 1.0
GIVE_UP_S = 60.0


def retry_write(
    write: Callable[[], Result],
    stopping: threading.Event | None = None,
    *,
    wait_s: float | None = None,
    give_up_s: float | None = None,
) -> Result:
    """The result of `write`, which is called again after every StoreError.

    Parameters
    ----------
    stopping : once it is set, no further attempt is made
    wait_s : seconds between two attempts; RETRY_S for None
    give_up_s : seconds after which the last attempt's error is raised; GIVE_UP_S for None

    Raises
    ------
    StoreError
        The last attempt failed too; nothing was written.
    """
    stopping = stopping or threading.Event()
    retrying = Retrying(
        retry=retry_if_exception_type(StoreError),
        wait=wait_fixed(RETRY_S if wait_s is None else wait_s),
        stop=stop_after_delay(GIVE_UP_S if give_up_s is None else give_up_s)
        | stop_when_event_set(stopping),
        sleep=sleep_using_event(stopping),
        reraise=True,
    )
    return retrying(write)
