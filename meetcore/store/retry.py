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
"""How long a write is tried again before its error is raised."""


def persist(write: Callable[[], Result], stopping: threading.Event) -> Result:
    """The result of `write`, which is called again after every StoreError.

    Blocks for `GIVE_UP_S` at most; once `stopping` is set it waits no longer.

    Raises
    ------
    StoreError
        The last attempt failed too; nothing was written.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(StoreError),
        wait=wait_fixed(RETRY_S),
        stop=stop_after_delay(GIVE_UP_S) | stop_when_event_set(stopping),
        sleep=sleep_using_event(stopping),
        reraise=True,
    )
    return retrying(write)
