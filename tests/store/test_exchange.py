"""An exchange of files ends the same however often it is cut off, also between two disks."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetcore.store.exchange import Move, exchange, finish_exchange, list_path

CHANGES = ("rename", "replace", "unlink", "rmdir", "mkdir")


class Killed(BaseException):
    """Ends a call as a kill would: nothing is tidied up."""


class Disk:
    """Counts changes, ends the call at one of them, and may refuse renames between folders."""

    def __init__(self, patch: pytest.MonkeyPatch, two_disks: bool) -> None:
        self.left = -1
        self._two_disks = two_disks
        for name in CHANGES:
            patch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def change(*paths: Any, **options: Any) -> Any:
            if self.left == 0:
                raise Killed
            self.left -= 1
            if name == "rename" and self._two_disks and _disk(paths[0]) != _disk(paths[1]):
                raise OSError(errno.EXDEV, "Invalid cross-device link")
            return real(*paths, **options)

        return change


def _disk(path: Any) -> bool:
    return "elsewhere" in Path(path).parts


def laid_out(folder: Path) -> tuple[Path, list[Move]]:
    """A database on another disk than its recordings, and what is to replace both."""
    old, new, kept = folder / "data", folder / "data" / "new", folder / "data" / "kept"
    database = folder / "elsewhere" / "meetcore.db"
    for base, text in ((old, "old"), (new, "new")):
        (base / "recordings" / "m1").mkdir(parents=True)
        (base / "recordings" / "m1" / "audio.pcm").write_text(text)
        (base / "recordings" / f"only-{text}").write_text(text)
    (old / "uploads").mkdir()
    database.parent.mkdir()
    database.write_text("old")
    database.with_name("meetcore.db-wal").write_text("old")
    (new / "meetcore.db").write_text("new")
    moves = [
        Move(old / "recordings", kept / "recordings", new / "recordings"),
        Move(old / "uploads", kept / "uploads"),
        Move(database.with_name("meetcore.db-wal"), kept / "meetcore.db-wal"),
        Move(database, kept / "meetcore.db", new / "meetcore.db"),
    ]
    return database, moves


def files(folder: Path) -> dict[str, str]:
    """The files of a folder and their content, without locks."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


EXCHANGED = {
    "data/kept/meetcore.db": "old",
    "data/kept/meetcore.db-wal": "old",
    "data/kept/recordings/m1/audio.pcm": "old",
    "data/kept/recordings/only-old": "old",
    "data/recordings/m1/audio.pcm": "new",
    "data/recordings/only-new": "new",
    "elsewhere/meetcore.db": "new",
}


@pytest.mark.parametrize("two_disks", [False, True])
def test_a_cut_off_exchange_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two_disks: bool
) -> None:
    """It is cut off at each change, then once more while it is finished."""
    disk = Disk(monkeypatch, two_disks)
    finished = 0
    for first in range(100):
        for second in (0, 1, 3, -1):
            folder = tmp_path / f"{first}-{second}"
            database, moves = laid_out(folder)
            before = files(folder)
            disk.left = first
            try:
                exchange(database, moves)
            except Killed:
                disk.left = second
                try:
                    finish_exchange(database)
                except Killed:
                    disk.left = -1
                    finish_exchange(database)
            done = disk.left > 0
            disk.left = -1
            list_path(database).with_name(f"{list_path(database).name}.part").unlink(True)
            assert files(folder) in (before, EXCHANGED)
            finished += files(folder) == EXCHANGED
            shutil.rmtree(folder)
        if done:
            break
    assert finished > 20


def test_what_cannot_be_moved_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        folder = tmp_path / str(number)
        database, moves = laid_out(folder)
        before = files(folder)
        real = Path.rename

        def rename(
            self: Path, target: Path, refused: Path = moves[number].place, real: Any = real
        ) -> Path:
            if self == refused:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            return Path(real(self, target))

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", rename)
            with pytest.raises(OSError, match="busy"):
                exchange(database, moves)
        assert files(folder) == before
        exchange(database, moves)
        assert files(folder) == EXCHANGED
