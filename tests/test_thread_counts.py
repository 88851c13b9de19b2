"""The caller's numbers of threads come back, also with several sessions at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from threadpoolctl import ThreadpoolController

from meetcore import thread_counts
from meetcore.thread_counts import CallersThreadCounts, limit_blas_threads


class Library:
    """A BLAS library as threadpoolctl shows one."""

    def __init__(self, filepath: str, num_threads: int) -> None:
        self.filepath, self.num_threads = filepath, num_threads

    def set_num_threads(self, count: int) -> None:
        self.num_threads = count


@pytest.fixture
def libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Library]]:
    """The libraries that are loaded now; more may be appended."""
    loaded = [Library("numpy's", 4)]
    monkeypatch.setattr(thread_counts, "_blas_libraries", lambda: list(loaded))
    yield loaded


def test_a_library_loaded_meanwhile_gets_what_it_began_with(libraries: list[Library]) -> None:
    with CallersThreadCounts():
        limit_blas_threads()
        libraries.append(Library("scipy's", 3))
        limit_blas_threads()
        assert [library.num_threads for library in libraries] == [1, 1]
    assert [library.num_threads for library in libraries] == [4, 3]


def test_what_the_caller_sets_between_two_calls_is_kept(libraries: list[Library]) -> None:
    with CallersThreadCounts():
        limit_blas_threads()
    libraries[0].set_num_threads(2)
    with CallersThreadCounts():
        limit_blas_threads()
    assert libraries[0].num_threads == 2


def test_the_last_of_several_restores(libraries: list[Library]) -> None:
    first, second = CallersThreadCounts(), None
    limit_blas_threads()
    second = CallersThreadCounts()
    first.restore()
    first.restore()
    assert libraries[0].num_threads == 1, "the second still runs"
    second.restore()
    assert libraries[0].num_threads == 4


def test_torch_gets_its_first_number_where_it_was_not_imported_before(
    monkeypatch: pytest.MonkeyPatch, libraries: list[Library]
) -> None:
    class Torch:
        count = 8

        def get_num_threads(self) -> int:
            return self.count

        def set_num_threads(self, count: int) -> None:
            self.count = count

    torch: Any = Torch()
    monkeypatch.setattr(thread_counts, "_first_torch", [])
    monkeypatch.delitem(thread_counts.sys.modules, "torch", raising=False)
    with CallersThreadCounts():
        monkeypatch.setitem(thread_counts.sys.modules, "torch", torch)
        thread_counts.set_torch_threads()
        assert torch.count == 1
    assert torch.count == 8


def test_the_loaded_libraries_are_found() -> None:
    import numpy as np

    assert np.__version__
    found = {library.filepath for library in thread_counts._blas_libraries()}
    assert found == {
        library["filepath"]
        for library in ThreadpoolController().info()
        if library["user_api"] == "blas"
    }
