"""Backups and restores whose process is killed: the older state is there, or the new one whole."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetcore.service import backup_file
from meetcore.service.make_backup import make_backup
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from tests.kills import victims
from tests.kills.killing import KILLS, Figure, is_intact, killed_after, undisturbed
from tests.service.test_backup import nothing, record, state
from tests.store.test_damaged_rows import fill

pytestmark = pytest.mark.long

Kill = Callable[[Path], int | None]
"""Runs a victim on a folder and kills it; the exit code."""


def kills(target: Callable[..., None], whole: Path, moments: random.Random) -> list[Kill]:
    """One kill before each change that the victim makes to the disk, and KILLS at random moments.

    Parameters
    ----------
    whole : a folder on which the victim may run to its end
    """
    n_changes, took = undisturbed(target, whole)
    assert n_changes >= 5
    chosen = [
        *((60.0, change) for change in range(n_changes)),
        *((moments.uniform(0, took), None) for _ in range(KILLS)),
    ]
    return [
        lambda folder, seconds=seconds, change=change: killed_after(
            seconds, target, folder, change
        )[1]
        for seconds, change in chosen
    ]


def data_of(folder: Path) -> Settings:
    """The settings of the data folder in a test's folder."""
    return Settings(_env_file=None, data_dir=folder / "data")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A folder with data and no backup."""
    folder = tmp_path / "template"
    settings = data_of(folder)
    store = open_store(settings.database)
    fill(store)
    store.close()
    record(settings, "m1", 240.0, flac=True)
    record(settings, "m2", 120.0)
    (folder / "out").mkdir()
    return folder


def test_a_backup_is_the_older_one_or_the_new_one(
    template: Path, tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    target = template / "out" / "all.zip"
    make_backup(data_of(template), target, nothing)
    store = open_store(data_of(template).database)
    store.create_meeting("Newer", meeting_id="m3")
    store.close()
    record(data_of(template), "m3", 60.0)
    shutil.copytree(template, tmp_path / "whole")
    found = {2: 0, 3: 0}
    killed = 0
    for number, kill in enumerate(kills(victims.back_up, tmp_path / "whole", moments)):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        killed += kill(folder) == -9
        found[backup_file.verify(folder / "out" / "all.zip", nothing).n_recordings] += 1
        assert undisturbed(victims.back_up, folder)
        assert [path.name for path in (folder / "out").iterdir()] == ["all.zip"], "no remains"
        assert is_intact(folder / "data" / "meetcore.db")
        shutil.rmtree(folder)
    assert killed >= 20 and found[2] >= 5
    figure(f"{killed} kills of a backup: {found[2]} times the older one, {found[3]} the new one")


def test_a_restore_is_done_or_not_begun(
    template: Path, tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    make_backup(data_of(template), template / "all.zip", nothing)
    new = state(data_of(template))
    store = open_store(data_of(template).database)
    store.create_meeting("Later", meeting_id="m3")
    store.delete("m1")
    store.close()
    record(data_of(template), "m3", 30.0)
    shutil.rmtree(data_of(template).recordings_dir / "m1")
    old = state(data_of(template))
    assert old != new
    shutil.copytree(template, tmp_path / "whole")
    found = {"old": 0, "new": 0}
    killed = 0
    for number, kill in enumerate(kills(victims.restore, tmp_path / "whole", moments)):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        killed += kill(folder) == -9
        found[check_restored(folder, old, new)] += 1
        shutil.rmtree(folder)
    assert killed >= 20 and min(found.values()) >= 1
    figure(
        f"{killed} kills of a restore: {found['old']} times the older data were there,"
        f" {found['new']} times the new ones whole and the older ones beside"
    )


def check_restored(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> str:
    """Which data there are after a kill, "old" or "new"; a second restore succeeds."""
    settings = data_of(folder)
    now = state(settings)
    assert now in (old, new)
    kept = list(settings.data_dir.glob("before-restore-*"))
    if now == new:
        (beside,) = kept
        assert kept_state(beside) == old
    else:
        assert not [path for each in kept for path in each.iterdir()], "nothing was moved"
    undisturbed(victims.start, folder / "data")
    assert not (settings.data_dir / ".restoring").exists(), "no remains"
    undisturbed(victims.restore, folder)
    assert state(settings) == new
    assert not (settings.data_dir / ".restoring").exists(), "no remains"
    return "new" if now == new else "old"


def kept_state(beside: Path) -> dict[str, Any]:
    """All that is stored in a folder that a restore left beside."""
    return state(Settings(_env_file=None, data_dir=beside))
