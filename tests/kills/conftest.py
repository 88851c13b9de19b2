"""The moments at which processes are killed."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def moments() -> random.Random:
    """Reproducible moments to kill at."""
    return random.Random(20261126)
