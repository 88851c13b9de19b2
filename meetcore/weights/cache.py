"""The cache of verified weights: a folder per weight, and beside it a JSON file with its hashes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from meetcore.weights.catalogue import Weight, WeightFile


def sha256_of(path: Path) -> str:
    """The file's sha256 in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_sha256(path: Path) -> str:
    """As `sha256_of`, hashed once per process as long as size and mtime stay. Raises OSError."""
    status = path.stat()
    return _hashed(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=32)
def _hashed(path: Path, _size: int, _mtime_ns: int) -> str:
    return sha256_of(path)


class WeightCache:
    """Files under `root`, each trusted as long as its size and mtime are those of its stamp.

    A stamp (size, mtime, sha256) saves hashing 150 MB at every start. A file without a valid stamp
    is hashed again, and trusted only if the catalogue, or the stamp of our own conversion, has
    that hash. Methods that write raise OSError when the disk refuses.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path_of(self, weight: Weight) -> Path:
        """The path of the weight's file, or of its folder if it has several; need not exist yet."""
        folder = self._root / weight.name
        return folder if len(weight.files) > 1 else folder / weight.files[0].name

    def verified(self, weight: Weight, *, rehash: bool = False) -> Path | None:
        """The weight's path if every file has the right hash, else None.

        With `rehash`, all files are hashed again, whatever their stamps say.
        """
        stamps = self._read_stamps(weight)
        for file in weight.files:
            if not self._is_verified(weight, file, stamps, rehash):
                return None
        return self.path_of(weight)

    def present(self, weight: Weight) -> bool:
        """Whether any of the weight's files exists, verified or not."""
        return any((self._root / weight.name / file.name).exists() for file in weight.files)

    def converted_from(self, weight: Weight) -> str:
        """The sha256 of the file it was converted from here; empty without conversion."""
        raws = (stamp.get("raw", "") for stamp in self._read_stamps(weight).values())
        return next(filter(None, raws), "")

    def install(
        self, weight: Weight, file: WeightFile, staged: Path, converted_from: str = ""
    ) -> None:
        """Move a file that was just verified, or converted, into the cache, atomically."""
        target = self._root / weight.name / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = sha256_of(staged) if converted_from else file.sha256
        os.replace(staged, target)
        stamps = self._read_stamps(weight)
        stamps[file.name] = {**self._stat(target), "sha256": digest, "raw": converted_from}
        self._write_stamps(weight, stamps)

    def partial_path(self, weight: Weight, name: str) -> Path:
        """Where an unfinished or unconverted file is kept between two runs."""
        folder = self._root / ".partial" / weight.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold a lock, between processes and threads, for a weight's or a package's name."""
        folder = self._root / ".locks"
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / f"{_file_name(key)}.lock"):
            yield

    @contextmanager
    def staging(self, key: str) -> Iterator[Path]:
        """An empty temporary folder on the cache's disk; the caller must hold the key's lock."""
        folder = self._root / ".staging" / _file_name(key)
        shutil.rmtree(folder, ignore_errors=True)  # left by a process that was killed
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _is_verified(
        self, weight: Weight, file: WeightFile, stamps: dict[str, Any], rehash: bool
    ) -> bool:
        path = self._root / weight.name / file.name
        if not path.is_file():
            return False
        stamp = stamps.get(file.name, {})
        trusted = {file.sha256}
        raws = {source.raw.sha256 for source in weight.sources if source.raw}
        if stamp.get("raw") in raws:
            trusted.add(stamp.get("sha256", ""))
        found = self._stat(path)
        if not rehash and stamp.get("sha256") in trusted and stamp.items() >= found.items():
            return True
        digest = sha256_of(path)
        if digest not in trusted:
            return False
        raw = stamp.get("raw", "") if digest == stamp.get("sha256") else ""
        stamps[file.name] = {**found, "sha256": digest, "raw": raw}
        self._write_stamps(weight, stamps)
        return True

    @staticmethod
    def _stat(path: Path) -> dict[str, int]:
        status = path.stat()
        return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}

    def _stamps_path(self, weight: Weight) -> Path:
        return self._root / f"{weight.name}.json"

    def _read_stamps(self, weight: Weight) -> dict[str, Any]:
        try:
            stamps = json.loads(self._stamps_path(weight).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}

    def _write_stamps(self, weight: Weight, stamps: dict[str, Any]) -> None:
        path = self._stamps_path(weight)
        staged = path.with_suffix(f".{os.getpid()}.tmp")
        staged.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
        os.replace(staged, path)


def _file_name(key: str) -> str:
    return re.sub(r"[^\w.=@-]", "_", key)
