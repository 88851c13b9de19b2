"""A user with a fresh environment: the commands that the wheel brings, from any folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import meetcore
from tests.conftest import SamplePaths
from tests.install.conftest import ROOT, Installed

pytestmark = pytest.mark.install

WHERE = """
import importlib.util, json, meetcore, pages
print(json.dumps([meetcore.__file__, pages.OWNER, importlib.util.find_spec("app")]))
"""
TRANSCRIBED = """
import sys, meetcore
transcript = meetcore.transcribe(sys.argv[1], recognizer="tiny.en")
print(transcript.to("txt"))
"""
LIVE = """
import sys, wave, numpy, meetcore
with wave.open(sys.argv[1]) as file:
    samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2").astype("f4") / 32768
with meetcore.open_session() as session:
    for start in range(0, len(samples), 8000):
        for update in session.push(samples[start : start + 8000]):
            print(type(update).__name__)
"""
NAVIGATION = """
import sys
from streamlit.testing.v1 import AppTest
from meetcore.installation import APP_FOLDER
sys.path.insert(0, str(APP_FOLDER))
page = AppTest.from_file(APP_FOLDER / "pages" / "navigation.py", default_timeout=60).run()
print([error.value for error in page.exception], len(page.main))
"""


def test_the_version(installed: Installed) -> None:
    done = installed.run("meetcore", "--version")
    assert (done.returncode, done.stdout) == (0, f"meetcore {meetcore.__version__}\n"), done.stderr


def test_nothing_but_meetcore_is_importable(installed: Installed) -> None:
    """A package of the user's called `pages` stays what it is."""
    done = installed.run("python", "-P", "-c", WHERE)
    place, owner, app = json.loads(done.stdout)
    assert Path(place).is_relative_to(installed.site_packages)
    assert (owner, app) == ("the user", None)


def test_the_pages_come_before_another_package_of_that_name(installed: Installed) -> None:
    done = installed.run("python", "-P", "-c", NAVIGATION)
    errors, elements = done.stdout.rsplit(" ", 1)
    assert errors == "[]" and int(elements) > 0, done.stderr


def test_the_doctor_names_commands_of_this_installation(
    installed: Installed, tmp_path: Path
) -> None:
    done = installed.run(
        "meetcore", "doctor", "--quick", "--json", MEETCORE_CACHE_DIR=str(tmp_path)
    )
    told = json.loads(done.stdout)
    commands = {one["rule"]: one["command"] for one in told["findings"] if one["command"]}
    (pull,) = {text for text in commands.values() if "weights pull" in text}
    assert pull.startswith("meetcore weights pull")
    assert not [text for text in commands.values() if "make" in text or ".venv" in text]
    verdicts = {one["rule"]: one["verdict"] for one in told["findings"]}
    assert verdicts["open-address"] == "green"
    assert {one["tested"] for one in told["libraries"]} != {None}, "constraints.txt is packed"


@pytest.mark.model
def test_the_doctor_finds_nothing_red(installed: Installed) -> None:
    done = installed.run("meetcore", "doctor", "--quick")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.model
def test_a_file_is_transcribed(installed: Installed, sample_paths: SamplePaths) -> None:
    """Stages run in a child process, which must find this package and not the folder's files."""
    shutil.copy(sample_paths.wav, installed.folder / "sample.wav")
    done = installed.run("meetcore", "transcribe", "sample.wav", MEETCORE_RECOGNIZER="tiny.en")
    assert done.returncode == 0, done.stderr
    assert "Speaker 1: " in done.stdout and "Speaker 2: " in done.stdout
    assert str(ROOT) not in done.stderr


@pytest.mark.model
def test_the_python_interface_transcribes_and_follows(
    installed: Installed, sample_paths: SamplePaths
) -> None:
    weights = {"MEETCORE_RECOGNIZER": "tiny.en", "MEETCORE_LIVE_RECOGNIZER": "tiny.en"}
    for code, expected in ((TRANSCRIBED, "Speaker 2: "), (LIVE, "LiveUpdate")):
        done = installed.run("python", "-P", "-c", code, str(sample_paths.wav), **weights)
        assert done.returncode == 0 and expected in done.stdout, done.stderr
