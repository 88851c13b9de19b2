"""Writes that must not be lost to a store that refuses for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from meetcore.errors import StoreError

Result = TypeVar("Result")

RETRY_S = 1.0
PATIENCE_S = 60.0
"""How long a store that refuses is tried before what it was to keep is given up."""


def persist(write: Callable[[], Result], stopping: threading.Event) -> Result:
    """The result of `write`, tried until the store takes it; a stop ends the patience.

    Raises
    ------
    StoreError
        It refused to the end.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return write()
        except StoreError:
            if stopping.wait(RETRY_S) or time.monotonic() > deadline:
                raise
