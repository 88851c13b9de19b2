"""Numbers of CPU threads of torch and BLAS: limited for the models, given back to a caller."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any

_lock = threading.Lock()
_first_torch: list[int] = []
"""torch's number of threads before Meetcore first changed it; empty until then."""
_first_blas: dict[str, int] = {}
"""The same for each BLAS library, by its file's path."""
_kept: list[CallersThreadCounts] = []
"""The objects that are in use; the last one to be restored restores."""
_before: tuple[int | None, dict[str, int]] = (None, {})
"""Counts of torch and of each BLAS library when the first of `_kept` was made."""


def set_torch_threads(threads: int = 1) -> None:
    """Set how many CPU threads torch uses in this process; called before loading.

    The models run many small operations, between which torch's idle threads spin: on 2 shared
    cores, segmentation of 10 s took 42 CPU-ms with one thread and 1600 with two.
    """
    import torch

    with _lock:
        if not _first_torch:
            _first_torch.append(torch.get_num_threads())
        torch.set_num_threads(threads)


def limit_blas_threads() -> None:
    """Let the BLAS libraries of numpy and scipy use one thread; called once they are loaded.

    OpenBLAS keeps its other threads spinning after every product, such as the mel filters of a
    live decode. Measured on 2 idle cores, one live meeting with speakers: 0.57 CPU-s per second
    of audio with two threads, 0.35 with one.
    """
    with _lock:
        for library in _blas_libraries():
            _first_blas.setdefault(library.filepath, library.num_threads)
            library.set_num_threads(1)


class CallersThreadCounts:
    """Gives a program that calls Meetcore its numbers of threads back; use it in a `with` block.

    A library that is first imported meanwhile gets the number it began with. Of several objects
    at once (two live sessions), the last to be restored restores what the first one found.
    """

    def __init__(self) -> None:
        global _before
        with _lock:
            if not _kept:
                counts = {each.filepath: each.num_threads for each in _blas_libraries()}
                _before = _torch_count(), counts
            _kept.append(self)

    def restore(self) -> None:
        """Set the numbers of threads as they were; idempotent."""
        with _lock:
            if self not in _kept:
                return
            _kept.remove(self)
            if _kept:
                return
            torch_count, blas_counts = _before
            if torch_count is None and _first_torch:
                torch_count = _first_torch[0]
            if torch_count is not None:
                sys.modules["torch"].set_num_threads(torch_count)
            for library in _blas_libraries():
                path = library.filepath
                count = blas_counts.get(path, _first_blas.get(path))
                if count is not None:
                    library.set_num_threads(count)

    def __enter__(self) -> CallersThreadCounts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.restore()


def _torch_count() -> int | None:
    """torch's number of threads; None where it is not imported."""
    # Another thread may be importing torch just now, so that it lacks the function yet.
    count = getattr(sys.modules.get("torch"), "get_num_threads", None)
    return None if count is None else int(count())


def _blas_libraries() -> list[Any]:
    """Controllers of the BLAS libraries loaded now; a kept controller lacks later ones."""
    from threadpoolctl import ThreadpoolController

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)
