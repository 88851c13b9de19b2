"""Calls a function in a fresh process, so that its CPU time and peak memory are measured alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


def in_own_process(function: Callable[[Argument], Answer], argument: Argument) -> Answer:
    """Call a module's function in a new process, which then ends; what it returns or raises."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as executor:
        return executor.submit(function, argument).result()
