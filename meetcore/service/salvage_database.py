"""Replaces a damaged database by one with the rows that can still be read; says what was lost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from meetcore.errors import StoreError
from meetcore.installation import command
from meetcore.service.daily_copies import FOLDER, copies_in
from meetcore.service.make_backup import sqlite_database
from meetcore.settings import Settings
from meetcore.store.exchange import Move, exchange
from meetcore.store.meetings import open_store
from meetcore.store.salvage import n_meetings, salvage
from meetcore.store.sqlite_file import fold_in_log, trouble_of


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came out of a damaged database."""

    given_back: int
    """Meetings whose entry was read."""
    named: int
    """Meetings that the damaged file names at least."""
    kept: Path
    """The damaged file's new place."""
    better: Path | None
    """The newest daily copy that is sound and has more meetings."""
    n_better: int = 0

    def sentence(self) -> str:
        """What was given back, where the rest is, and the next step."""
        found = (
            f"{self.given_back} of at least {self.named} meetings were given back, with the texts"
            f" that can be read; the damaged file is kept as {self.kept}."
        )
        if self.better is None:
            return found
        return (
            f"{found} The copy {self.better.name} has {self.n_better} meetings: take it back with"
            f" `{command(f'restore {self.better} --force')}`, which keeps what is there beside."
        )


def salvage_database(settings: Settings) -> Salvaged:
    """Replace the database; the damaged file is kept beside.

    Raises
    ------
    StoreError
        Nothing can be read of it, another program has it open, or the new one cannot be written;
        it stays where it is.
    """
    path = sqlite_database(settings)
    new = path.with_name(f"{path.name}.salvaged")
    fold_in_log(path)
    try:
        n_given = _written(path, new)
    except StoreError:
        _remove(new)
        raise
    old = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    fold_in_log(new)
    moves = [
        Move(path.with_name(path.name + ending), old.with_name(old.name + ending))
        for ending in ("-wal", "-shm")
    ]
    exchange(path, [*moves, Move(path, old, new)])
    new.with_name(f"{new.name}.lock").unlink(missing_ok=True)
    store = open_store(f"sqlite:///{path}")
    try:
        store.repair.rebuild_index()
    finally:
        store.close()
    return _compared(settings, n_given, old)


def _written(path: Path, new: Path) -> int:
    """Write what can be read to a new database; how many meetings that are."""
    _remove(new)
    open_store(f"sqlite:///{new}").close()
    n_given = salvage(path, new).get("meetings", 0)
    if not n_given:
        raise StoreError(
            f"No meeting can be read from the database {path}. Restore the newest copy in the"
            " folder copies beside it, or a backup; then run the check again."
        )
    return n_given


def _remove(database: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal", ".lock"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def _compared(settings: Settings, n_given: int, old: Path) -> Salvaged:
    named = max(n_given, n_meetings(old))
    for copy in copies_in(settings.data_dir / FOLDER):
        n_copy = n_meetings(copy)
        if n_copy > n_given and not trouble_of(copy):
            return Salvaged(n_given, max(named, n_copy), old, copy, n_copy)
    return Salvaged(n_given, named, old, None)
