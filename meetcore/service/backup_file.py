"""The file of a backup: a ZIP archive of a database, recordings, and a list with checksums.

Recordings are stored as they are, so that any ZIP program can take them out.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from meetcore.errors import MeetcoreError

FORMAT = 1
LIST_NAME, DATABASE_NAME = "backup.json", "meetcore.db"
PIECE_BYTES = 2**20
LARGEST_LIST_BYTES = 256 * 2**20
_RECORDING = re.compile(
    r"recordings/[A-Za-z0-9][A-Za-z0-9_-]{0,63}/[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
)
"""Nothing else is taken out of a backup: no parent folder, no absolute path, no hidden file."""

Progress = Callable[[float], None]
"""Called with the fraction done, 0 to 1."""


DAMAGE = (
    *(KeyError, ValueError, TypeError, AttributeError, RecursionError, RuntimeError, EOFError),
    *(zipfile.BadZipFile, zlib.error),
)
"""What reading a damaged archive raises; a NotImplementedError is a RuntimeError."""


class BackupError(MeetcoreError):
    """A backup cannot be made, read, or taken back; the message says what to do."""


class UnreadableFileError(BackupError):
    """A file cannot be read; the rest of the backup can be written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a backup."""

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds."""

    revision: str
    """Migration of the database."""
    made_at: str
    entries: tuple[Entry, ...]
    format: int = FORMAT
    left_out: tuple[str, ...] = ()
    """Meetings of whose recording a file could not be read."""

    @property
    def n_bytes(self) -> int:
        """Bytes of all files."""
        return sum(entry.n_bytes for entry in self.entries)

    @property
    def n_recordings(self) -> int:
        """Meetings with a recording."""
        return len({entry.name.split("/")[1] for entry in self.entries if "/" in entry.name})


def is_safe(name: str) -> bool:
    """Whether a file of this name may be taken out of a backup.

    >>> is_safe("recordings/20261122-131502-ab12cd/audio.flac"), is_safe("meetcore.db")
    (True, True)
    >>> [is_safe(name) for name in ("../x", "/etc/passwd", "recordings/../x", "recordings/a/.x")]
    [False, False, False, False]
    """
    return name == DATABASE_NAME or _RECORDING.fullmatch(name) is not None


def add_file(archive: zipfile.ZipFile, name: str, file: IO[bytes], n_bytes: int) -> Entry:
    """Add the first bytes of an open file.

    Raises
    ------
    UnreadableFileError
        The file cannot be read; it is not part of the archive.
    OSError
        The archive cannot be written.
    """
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED if name == DATABASE_NAME else zipfile.ZIP_STORED
    info.external_attr = 0o600 << 16
    digest, rest = hashlib.sha256(), n_bytes
    try:
        with archive.open(info, "w", force_zip64=True) as target:
            while rest and (piece := _read(file, min(PIECE_BYTES, rest))):
                digest.update(piece)
                target.write(piece)
                rest -= len(piece)
    except UnreadableFileError:
        # Its first part was written, and stays as bytes that no entry names.
        archive.filelist.remove(info)
        del archive.NameToInfo[info.filename]
        raise
    return Entry(name, n_bytes - rest, digest.hexdigest())


def _read(file: IO[bytes], n_bytes: int) -> bytes:
    try:
        return file.read(n_bytes)
    except OSError as error:
        raise UnreadableFileError(f"A file cannot be read ({error.strerror}).") from error


def add_list(archive: zipfile.ZipFile, contents: Contents) -> None:
    """Add the list of files, the last one."""
    archive.writestr(LIST_NAME, json.dumps(asdict(contents)), zipfile.ZIP_DEFLATED)


def read_contents(archive: zipfile.ZipFile, path: Path) -> Contents:
    """The list of files.

    Raises
    ------
    BackupError
        It is missing, of a newer version, or names a file that no backup holds.
    """
    try:
        with archive.open(LIST_NAME) as file:
            said = json.loads(file.read(LARGEST_LIST_BYTES))
        entries = tuple(
            Entry(str(each["name"]), int(each["n_bytes"]), str(each["sha256"]))
            for each in said["entries"]
        )
        left_out = tuple(map(str, said.get("left_out", ())))
        contents = Contents(
            str(said["revision"]), str(said["made_at"]), entries, int(said["format"]), left_out
        )
    except DAMAGE:
        raise BackupError(
            f"{path} is no backup of Meetcore, or it is damaged. Choose another file."
        ) from None
    if contents.format > FORMAT:
        raise BackupError(f"{path} was made by a newer Meetcore. Update Meetcore, then try again.")
    names = [entry.name for entry in entries]
    if not all(map(is_safe, names)) or len(set(names)) < len(names) or DATABASE_NAME not in names:
        raise BackupError(
            f"{path} holds files that no backup of Meetcore holds; nothing was taken out of it."
        )
    return contents


def pieces(archive: zipfile.ZipFile, entry: Entry, path: Path) -> Iterator[bytes]:
    """The content of a file, which is compared with its length and checksum at the end.

    Raises
    ------
    BackupError
        It is missing or differs.
    """
    digest, n_bytes = hashlib.sha256(), 0
    try:
        with archive.open(entry.name) as file:
            while piece := file.read(PIECE_BYTES):
                n_bytes += len(piece)
                if n_bytes > entry.n_bytes:
                    break
                digest.update(piece)
                yield piece
    except DAMAGE:
        n_bytes = -1
    if n_bytes != entry.n_bytes or digest.hexdigest() != entry.sha256:
        raise BackupError(
            f"{path} is damaged: {entry.name} in it is not what was saved. Choose another backup."
        )


def verify(path: Path, progress: Progress) -> Contents:
    """Read a whole backup; what it holds.

    Raises
    ------
    BackupError
        It is no backup, or a file in it differs from what was saved.
    """
    with opened(path) as archive:
        contents = read_contents(archive, path)
        done, total = 0, max(1, contents.n_bytes)
        for entry in contents.entries:
            for piece in pieces(archive, entry, path):
                done += len(piece)
                progress(done / total)
    return contents


def opened(path: Path) -> zipfile.ZipFile:
    """The archive; BackupError where the file is none."""
    try:
        return zipfile.ZipFile(path)
    except DAMAGE:
        raise BackupError(
            f"{path} is no backup of Meetcore, or it is damaged. Choose another file."
        ) from None
    except OSError as error:
        raise BackupError(f"{path} cannot be read ({error.strerror}). Check the name.") from error
