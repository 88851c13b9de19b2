"""Errors of several files added up, for the "all" row of the live and offline benches."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import TypeVar

from meetcore.metrics.der import DiarizationErrors
from meetcore.metrics.wer import WordErrors

Errors = TypeVar("Errors", WordErrors, DiarizationErrors)


def pooled_errors(several: Iterable[Errors | None]) -> Errors | None:
    """The sum of the errors that are known; None where none are."""
    known = [errors for errors in several if errors is not None]
    return reduce(add, known) if known else None
