"""Facts are gathered without importing heavy libraries, from made files and this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from meetcore.diagnostics.facts import cuda_linkage, import_trials, installed, machine
from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.facts.gather import quick_facts
from meetcore.store.meetings import open_store
from tests.diagnostics.made_facts import made_settings

HEAVY = ("torch", "pyannote.audio", "whisper", "ctranslate2", "streamlit", "av")


def make_package(site: Path, name: str, version: str, **files: str) -> Path:
    """A distribution of one folder, as an installer leaves it."""
    folder = site / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(files.pop("init", ""))
    for path, text in files.items():
        place = folder / path.replace("__", "/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


def test_the_tested_set_is_installed_here() -> None:
    versions, tested = installed.installed_versions(), installed.tested_versions()
    for library in installed.LIBRARIES:
        name = installed.normalized(library.name)
        assert installed.same_release(versions[name], tested[name]), name


def test_without_constraints_there_are_no_tested_versions(tmp_path: Path) -> None:
    assert installed.tested_versions(tmp_path / "constraints.txt") == {}


def test_a_cpu_torch_with_a_torchaudio_for_cuda_is_detected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package(tmp_path, "torch", "2.11.0+cpu", **{"version.py": "__version__ = '2.11.0+cpu'\n"})
    audio = make_package(tmp_path, "torchaudio", "2.11.0")
    (audio / "lib").mkdir()
    (audio / "lib" / "libtorchaudio.abi3.so").write_bytes(b"\x7fELF..libc10_cuda.so\0libtorch.so")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.delitem(sys.modules, "torchaudio", raising=False)
    build = cuda_linkage.torch_build()
    assert build == cuda_linkage.TorchBuild("2.11.0+cpu", None, False, torchaudio_wants_cuda=True)


def test_the_installed_torch_has_what_torchaudio_needs() -> None:
    build = cuda_linkage.torch_build()
    assert build is not None and build.version.startswith("2.11.0")
    assert build.carries_cuda or not build.torchaudio_wants_cuda


def test_nothing_heavy_is_imported_to_know_the_versions() -> None:
    code = (
        "import sys; from meetcore.diagnostics.facts.gather import quick_facts;"
        "from meetcore.diagnostics.diagnose import diagnose; diagnose(quick_facts());"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_imports_are_tried_in_a_separate_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package(tmp_path, "crashing", "1", init="import os; os.abort()")
    make_package(tmp_path, "failing", "1", init="raise OSError('libc10_cuda.so: no such file')")
    make_package(tmp_path, "chatty", "1", init="print('hello from an import')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    tried = import_trials.try_imports(["json", "crashing", "failing", "chatty", "no_such_module"])
    assert tried["json"].error == "" and tried["chatty"].error == ""
    assert tried["crashing"].error == "the process was ended by SIGABRT"
    assert tried["failing"].error == "OSError: libc10_cuda.so: no such file"
    assert tried["no_such_module"].error.startswith("ModuleNotFoundError")


def test_an_import_that_never_ends_times_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_package(tmp_path, "endless", "1", init="import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    tried = import_trials.try_imports(["json", "endless"], timeout_s=3)
    assert "not been imported after 3 s" in tried["endless"].error


def test_folders_are_tested_for_write_access(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert machine.folder(tmp_path / "new").trouble == ""
    assert machine.folder(tmp_path / "file" / "below").trouble == "Not a directory"
    assert machine.folder(tmp_path / "new").free_bytes > 0


def test_only_the_form_of_the_token_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", "/proc/nowhere")
    for token, well_formed in (("hf_abc", True), ("abc", False), (" hf_abc", False), (None, True)):
        found = machine.hub(token)
        assert found.well_formed is well_formed and found.has_token is bool(token)
        assert "abc" not in repr(found)
    assert found.cache_trouble == "" or "nowhere" not in found.cache_trouble


def test_a_clock_behind_a_file_is_wrong(tmp_path: Path) -> None:
    made = tmp_path / "recordings"
    made.mkdir()
    assert machine.clock_trouble(made) == ""
    assert "1970" in machine.clock_trouble(now_s=3.0)
    os.utime(made, (4e9, 4e9))
    assert "recordings is newer" in machine.clock_trouble(made)


def test_the_address_is_local_and_usage_reports_are_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert machine.server().address == "127.0.0.1" and not machine.server().usage_stats
    monkeypatch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "true")
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")
    assert machine.server().address == "0.0.0.0" and machine.server().usage_stats


def database_of(folder: Path) -> Facts:
    return quick_facts(made_settings(data_dir=folder, cache_dir=folder / "cache"))


def test_reading_the_database_status_creates_no_file(tmp_path: Path) -> None:
    found = database_of(tmp_path).database
    assert found is not None and found.revision is None and found.trouble == ""
    assert not (tmp_path / "meetcore.db").exists()
    open_store(f"sqlite:///{tmp_path / 'meetcore.db'}").close()
    found = database_of(tmp_path).database
    assert found is not None and found.revision == found.head != ""


def test_status_of_old_new_and_damaged_databases(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    open_store(f"sqlite:///{tmp_path / 'meetcore.db'}").close()
    for revision, known in (("0001", True), ("9999", False)):
        with closing(sqlite3.connect(tmp_path / "meetcore.db")) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        found = database_of(tmp_path).database
        assert found is not None and found.revision == revision and found.known is known
    for name in ("meetcore.db", "meetcore.db-wal", "meetcore.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "meetcore.db").write_bytes(b"no database at all, but long enough to be read" * 99)
    found = database_of(tmp_path).database
    assert found is not None and "cannot be read" in found.trouble


def test_the_first_cause_of_an_import_error_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapping = (
        "try:\n    raise OSError('libc10_cuda.so: cannot open shared object file')\n"
        "except OSError as error:\n    raise OSError('Could not load this library') from error\n"
    )
    make_package(tmp_path, "wrapping", "1", init=wrapping)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "libc10_cuda.so" in import_trials.try_imports(["wrapping"])["wrapping"].error
