"""A process of its own for whatever is measured, so that its CPU time and memory are its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Order = TypeVar("Order")
Log = TypeVar("Log")


def in_own_process(function: Callable[[Order], Log], order: Order) -> Log:
    """What a module's function answers, called in a fresh process that ends with it."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as executor:
        return executor.submit(function, order).result()
