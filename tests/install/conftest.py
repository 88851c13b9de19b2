"""The wheel, built once, and a fresh environment that it is installed into.

The environment sees the packages of the one that runs the tests through a .pth file, so that no
gigabytes are fetched; the clone is on no path.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
USERS_PAGES = 'OWNER = "the user"\n'


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment with the wheel in it, and an unrelated folder to run commands from."""

    prefix: Path
    site_packages: Path
    folder: Path
    data_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of a user who has set nothing but the data folder."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "MEETCORE_", "STREAMLIT_"))
            or name == "MEETCORE_CACHE_DIR"
        }
        return kept | {"MEETCORE_DATA_DIR": str(self.data_dir)}

    def command(self, *words: str) -> list[str]:
        """A program of the environment."""
        return [str(self.prefix / "bin" / words[0]), *words[1:]]

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=300,
        )


def build(folder: Path) -> Path:
    """Build the wheel as `make wheel` does."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), "."],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in a fresh environment, whose user has a package called `pages` too."""
    place = tmp_path_factory.mktemp("user")
    venv.create(place / "env", with_pip=False)
    python = place / "env" / "bin" / "python"
    install = ["-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index"]
    subprocess.run([sys.executable, *install, str(wheel)], check=True, capture_output=True)
    (site_packages,) = (place / "env" / "lib").glob("python*/site-packages")
    (site_packages / "shared.pth").write_text(sysconfig.get_path("purelib"))
    (site_packages / "pages").mkdir()
    (site_packages / "pages" / "__init__.py").write_text(USERS_PAGES)
    return Installed(place / "env", site_packages, unrelated_folder(place), place / "data")


def unrelated_folder(place: Path) -> Path:
    """A folder with modules and a Streamlit configuration that must not reach the app."""
    folder = place / "elsewhere"
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(
        '[server]\naddress = "0.0.0.0"\nport = 9\n[browser]\ngatherUsageStats = true\n'
    )
    for name in ("app.py", "queue.py", "random.py"):
        (folder / name).write_text('raise RuntimeError("a file of the user was imported")\n')
    return folder
