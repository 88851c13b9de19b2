"""`DiskSpace`: how much of the data folder's disk uploads may take.

Each upload reserves its size before its first byte. Space for running meetings, and for the
recordings that taken uploads will be decoded into, is never given away.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meetcore.errors import NoSpaceError
from meetcore.text.sizes import size_text

KEPT_BYTES = 512 * 2**20
"""Kept free at all times: four hours of a meeting that may begin (115 MB an hour)."""
MEETING_BYTES = 256 * 2**20
"""Kept for each running meeting besides: two hours."""


@dataclass(slots=True)
class Reservation:
    """The space of one upload; `written` may be called from any one thread at a time."""

    _space: DiskSpace
    remaining: int
    """Bytes that were reserved and are not on the disk yet."""

    def written(self, n_bytes: int) -> None:
        """Count bytes that have reached the disk.

        Raises
        ------
        NoSpaceError
            Something else has filled the disk meanwhile. Stop; what was written may stay.
        """
        self.remaining = max(0, self.remaining - n_bytes)
        self._space.refuse_when_low()


class DiskSpace:
    """Divides the free space of one disk among uploads. Safe from several threads.

    Parameters
    ----------
    folder : a folder on the disk
    n_meetings : how many meetings are being recorded
    decode_bytes : the size of the recordings that waiting uploads will be decoded into
    free_bytes : the free bytes of the disk with a folder
    """

    def __init__(
        self,
        folder: Path,
        n_meetings: Callable[[], int],
        decode_bytes: Callable[[], int],
        free_bytes: Callable[[Path], int] | None = None,
    ) -> None:
        self._folder = folder
        self._n_meetings = n_meetings
        self._decode_bytes = decode_bytes
        self._free_bytes = free_bytes or _free_bytes
        self._lock = threading.Lock()
        self._reservations: list[Reservation] = []

    def kept_bytes(self) -> int:
        """What uploads leave free, for meetings and decodes."""
        return KEPT_BYTES + MEETING_BYTES * self._n_meetings() + self._decode_bytes()

    def refuse(self, n_bytes: int) -> None:
        """Do nothing where so many more bytes may be written.

        Raises
        ------
        NoSpaceError
            They do not fit beside what is kept and what is reserved.
        """
        kept = self.kept_bytes()
        with self._lock:
            self._refuse(n_bytes, kept)

    @contextmanager
    def reserved(self, n_bytes: int) -> Iterator[Reservation]:
        """Reserve bytes that are about to be written, until the block ends.

        Raises
        ------
        NoSpaceError
            As `refuse`.
        """
        kept = self.kept_bytes()
        reservation = Reservation(self, n_bytes)
        with self._lock:
            self._refuse(n_bytes, kept)
            self._reservations.append(reservation)
        try:
            yield reservation
        finally:
            with self._lock:
                # By identity: two reservations of the same size are equal.
                self._reservations = [
                    each for each in self._reservations if each is not reservation
                ]

    def refuse_when_low(self) -> None:
        """Do nothing while the space that is kept is free.

        Raises
        ------
        NoSpaceError
            Less is free. Delete something; an upload then goes on where it stopped.
        """
        free, kept = self._free_bytes(self._folder), self.kept_bytes()
        if free < kept:
            raise NoSpaceError(
                f"The upload has stopped because the disk is nearly full ({size_text(free)} free)"
                " and recordings come first. Delete something, then try again: it goes on where"
                " it stopped."
            )

    def _refuse(self, n_bytes: int, kept: int) -> None:
        """Caller must hold `_lock`."""
        free = self._free_bytes(self._folder)
        taken = kept + sum(each.remaining for each in self._reservations)
        if n_bytes + taken <= free:
            return
        raise NoSpaceError(
            f"There is no space left for this file: it needs {size_text(n_bytes)}, and of the"
            f" {size_text(free)} that are free {size_text(taken)} are kept for recordings and other"
            " uploads. Delete something, then try again."
        )


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
