"""`DailyCopies`: a copy of the database each day, the newest few kept."""

from __future__ import annotations

import logging
import shutil
from datetime import date
from pathlib import Path

from meetcore.errors import StoreError
from meetcore.private_files import make_folder
from meetcore.service.disk_space import KEPT_BYTES
from meetcore.settings import Settings
from meetcore.store.sqlite_file import copy_database, sqlite_path

logger = logging.getLogger(__name__)

FOLDER = "copies"


class DailyCopies:
    """Makes the copies of one data folder; another database than SQLite has tools of its own."""

    def __init__(self, settings: Settings) -> None:
        self._source = sqlite_path(settings.database)
        self._folder = settings.data_dir / FOLDER
        self._kept = settings.daily_copies

    def make(self, today: date) -> None:
        """Copy the database unless that was done today; then delete the oldest copies.

        Nothing is deleted where the copy fails: the older ones are then worth more.

        Raises
        ------
        StoreError
            The database is damaged, or the copy cannot be written.
        """
        if self._source is None or not self._kept:
            return
        target = self._folder / f"meetcore-{today.isoformat()}.db"
        if target.exists():
            return
        self._copy(self._source, target)
        for path in copies_in(self._folder)[self._kept :]:
            path.unlink(missing_ok=True)

    def _copy(self, source: Path, target: Path) -> None:
        try:
            make_folder(self._folder)
            size, free = source.stat().st_size, shutil.disk_usage(self._folder).free
        except OSError as error:
            raise StoreError(
                f"The folder {self._folder} cannot be written ({error.strerror})."
                " Check its access rights."
            ) from error
        if size + KEPT_BYTES > free:
            raise StoreError(f"There is no space left for a copy of the database in {target}.")
        copy_database(source, target)
        logger.info("the database was copied to %s", target.name)


def copies_in(folder: Path) -> list[Path]:
    """The daily copies in a folder, the newest first."""
    return sorted(folder.glob("meetcore-????-??-??.db"), reverse=True)
