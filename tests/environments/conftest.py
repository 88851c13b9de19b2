"""Broken installations one after the other; the next is made while one is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import launched
from tests.environments.installations import Broken, Installation, prepare


class Preparations:
    """Installations in the order of the tests, at most two of them there at once."""

    def __init__(self, ordered: tuple[Broken, ...]) -> None:
        self._ordered = ordered
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._made: dict[str, Future[Installation]] = {}

    def take(self, broken: Broken) -> Installation:
        """The one that is asked for; the next in order is begun."""
        made = self._begin(broken).result()
        following = self._ordered[self._ordered.index(broken) + 1 :]
        for each in following[:1]:
            self._begin(each)
        return made

    def release(self, broken: Broken) -> None:
        """End what is no longer looked at."""
        self._made.pop(broken.name).result().undo.close()

    def close(self) -> None:
        """End those that nobody asked for."""
        for future in self._made.values():
            if future.exception() is None:
                future.result().undo.close()
        self._pool.shutdown()

    def _begin(self, broken: Broken) -> Future[Installation]:
        if broken.name not in self._made:
            self._made[broken.name] = self._pool.submit(prepare, broken)
        return self._made[broken.name]


@pytest.fixture(scope="session")
def preparations(request: pytest.FixtureRequest) -> Iterator[Preparations]:
    """Of those cases that are to be tested in this run."""
    wanted: dict[str, Broken] = {}
    for item in request.session.items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        if "installation" in parameters:
            wanted[parameters["installation"].name] = parameters["installation"]
    prepared = Preparations(tuple(wanted.values()))
    yield prepared
    prepared.close()


@pytest.fixture(scope="module")
def installation(
    request: pytest.FixtureRequest, preparations: Preparations
) -> Iterator[Installation]:
    """Made for the tests of one case, and gone afterwards."""
    broken: Broken = request.param
    yield preparations.take(broken)
    preparations.release(broken)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all cases; playwright's event loop must not outlive them."""
    with launched() as opened:
        yield opened
