"""SIGKILL at any moment of a backup or a migration: the older file is whole, or the new one is."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from meetcore.installation import child_environment
from meetcore.service import backup_file
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from tests.service.test_backup import record
from tests.store.test_damaged_rows import fill

pytestmark = pytest.mark.long
KILLS = 20

BACKUP = """
import sys
from pathlib import Path
from meetcore.service.make_backup import make_backup
from meetcore.settings import Settings
settings = Settings(_env_file=None, data_dir=Path(sys.argv[1]))
print("ready", flush=True)
make_backup(settings, Path(sys.argv[2]), lambda done: None, force=True)
"""
OPEN = """
import sys
from meetcore.store.meetings import open_store
print("ready", flush=True)
open_store(sys.argv[1]).close()
"""


def run_and_kill(code: str, *arguments: str, after_s: float) -> bool:
    """Run a program, and kill it so long after it is ready; whether it had ended before."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, env=child_environment()
    )
    assert child.stdout is not None
    child.stdout.readline()
    time.sleep(after_s)
    child.send_signal(signal.SIGKILL)
    return child.wait() == 0


def test_a_killed_backup(settings_for: Callable[..., Settings], tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    store = open_store(settings.database)
    fill(store)
    store.close()
    record(settings, "m1", 600.0)
    target = tmp_path / "out" / "all.zip"
    target.parent.mkdir()
    began = time.monotonic()
    assert run_and_kill(BACKUP, str(settings.data_dir), str(target), after_s=4.0)
    whole_s, ended = min(2.0, time.monotonic() - began), 0
    chosen = random.Random(0)
    for _ in range(KILLS):
        after_s = chosen.uniform(0.0, whole_s)
        ended += run_and_kill(BACKUP, str(settings.data_dir), str(target), after_s=after_s)
        assert backup_file.verify(target, lambda done: None).n_recordings == 1
    sys.stdout.write(f"{KILLS} backups killed, {ended} had ended: the file was whole each time\n")
    assert run_and_kill(BACKUP, str(settings.data_dir), str(target), after_s=4.0)
    assert [path.name for path in target.parent.iterdir()] == ["all.zip"], "no remains"


def test_a_killed_migration(tmp_path: Path) -> None:
    chosen, ended = random.Random(0), 0
    for number in range(KILLS):
        url = f"sqlite:///{tmp_path / f'{number}.db'}"
        ended += run_and_kill(OPEN, url, after_s=chosen.uniform(0.0, 0.8))
        store = open_store(url)
        fill(store)
        assert len(store.list_meetings()) == 2 and store.repair.index_is_sound()
        store.close()
    sys.stdout.write(f"{KILLS} migrations killed, {ended} had ended: all or nothing each time\n")
