"""A database that cannot be used is refused within two seconds, in one sentence with a step."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from meetcore.errors import MeetcoreError, SettingsError, StoreError, StoreUnavailableError
from meetcore.service.data_folder import open_data_folder
from meetcore.store.meetings import open_store

LONGEST_S = 4.0
"""Two seconds, with room for the other programs of a busy machine."""


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_locked_database(tmp_path: Path, exists: bool, lock: str, journal: str) -> None:
    path = tmp_path / "meetcore.db"
    if exists:
        open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA journal_mode = {journal}")
        other.execute(lock)
        began = time.monotonic()
        with pytest.raises(
            StoreUnavailableError, match=r"another program has locked it\)\. Close that"
        ):
            open_store(f"sqlite:///{path}")
        assert time.monotonic() - began < LONGEST_S
    open_store(f"sqlite:///{path}").close()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a database, on a file system that can only be read."""
    folder = tmp_path / "data"
    folder.mkdir()
    open_store(f"sqlite:///{folder / 'meetcore.db'}").close()
    bind = ["mount", "--bind", str(folder), str(folder)]
    again = ["mount", "-o", "remount,ro,bind", str(folder)]
    mounted = [subprocess.run(each, capture_output=True).returncode == 0 for each in (bind, again)]
    if not all(mounted):
        folder.chmod(0o500)
    yield folder
    if mounted[0]:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.chmod(0o700)


def test_a_read_only_folder(read_only: Path) -> None:
    began = time.monotonic()
    for url in (f"sqlite:///{read_only / name}" for name in ("meetcore.db", "new.db")):
        with pytest.raises(StoreError, match="access rights") as caught:
            open_store(url)
        assert "OSError" not in str(caught.value)
    with pytest.raises(SettingsError, match=r"cannot be written \(.+\)\. Check its access"):
        open_data_folder(read_only)
    assert time.monotonic() - began < LONGEST_S


@pytest.mark.parametrize("content", [b"no database at all " * 100, os.urandom(4096)])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "meetcore.db"
    path.write_bytes(content)
    with pytest.raises(MeetcoreError, match=r"restore FILE"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == content
