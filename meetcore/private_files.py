"""Stored files get mode 0600 and folders 0700 under any umask."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

FOLDER_MODE, FILE_MODE = 0o700, 0o600
UMASK = 0o077
OWN_FOLDERS = ("recordings", "uploads", "copies")
"""Folders of the data folder that hold nothing but what Meetcore has made."""
OWN_FILES = (
    *(f"meetcore.db{ending}" for ending in ("", "-wal", "-shm", ".lock")),
    *(
        "meetcore.db.damaged-*",
        "meetcore.db.salvaged*",
        ".meetcore.db.*",
        "owner.lock",
        "speeds.json",
    ),
)
"""The files that Meetcore makes in the data folder itself."""

_inherited: list[int] = []
"""The umask that the process was started with, once another one is set."""


def set_private_umask() -> None:
    """Make all files that this process creates from now on private; for programs, at their start.

    A library must not call it: the umask is that of the whole process.
    """
    previous = os.umask(UMASK)
    if not _inherited:
        _inherited.append(previous)


@contextlib.contextmanager
def users_umask() -> Iterator[None]:
    """Within the block, files get the access rights that the user's umask gives them.

    For results that are written where the user asked for them.
    """
    if not _inherited:
        yield
        return
    private = os.umask(_inherited[0])
    try:
        yield
    finally:
        os.umask(private)


def make_folder(path: Path) -> None:
    """Make a private folder, with the parents that are missing; one that exists stays as it is.

    Raises
    ------
    OSError
        It cannot be made.
    """
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was faster
            each.mkdir()
            each.chmod(FOLDER_MODE)
    path.mkdir(exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty private file; one that exists becomes private.

    Raises
    ------
    OSError
        It cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    mend([path])


def make_data_folder(folder: Path) -> None:
    """Make the data folder, and what Meetcore has in it, private.

    The data folder and OWN_FOLDERS may be links to folders elsewhere. Other files and links are
    left alone; so is a folder that is shared by design, such as the home folder or /tmp, and one
    that holds the data folder.

    Raises
    ------
    OSError
        The folder cannot be made.
    """
    make_folder(folder)
    folder = folder.resolve()
    if not _is_shared(folder):
        mend([folder])
    for pattern in OWN_FILES:
        mend(folder.glob(pattern))
    for name in OWN_FOLDERS:
        own = (folder / name).resolve()
        if not own.is_dir() or _is_shared(own) or folder.is_relative_to(own):
            continue
        mend([own])
        for parent, folders, files in os.walk(own):
            mend(Path(parent, each) for each in (*folders, *files))


def _is_shared(folder: Path) -> bool:
    """Whether others need a folder too: the root, the user's home or one above it, or /tmp."""
    home = Path(os.path.expanduser("~")).resolve()
    return home.is_relative_to(folder) or bool(folder.stat().st_mode & stat.S_ISVTX)


def mend(paths: Iterable[Path]) -> None:
    """Make files and folders private; links, and what is another user's, stay as they are.

    A file with a second name is one that the command line linked in: the user's own, elsewhere.
    """
    for path in paths:
        try:
            found = path.lstat()
            is_folder = stat.S_ISDIR(found.st_mode)
            if not is_folder and (stat.S_ISLNK(found.st_mode) or found.st_nlink > 1):
                continue
            wanted = FOLDER_MODE if is_folder else FILE_MODE
            if stat.S_IMODE(found.st_mode) != wanted:
                path.chmod(wanted)
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("%s may be read by others: %s", path.name, error.strerror)
