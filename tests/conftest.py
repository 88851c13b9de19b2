"""What tests of all modules share: settings, weights, and pyannote's sample conversation."""

from __future__ import annotations

import importlib.util
import os
import re
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from _pytest.mark.expression import Expression

from meetcore import supervised
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver

# A busy machine is no failure: properties are not timed.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # read when pyannote.audio is imported
_KEPT = {"MEETCORE_CACHE_DIR", "MEETCORE_OFFLINE"}
for _name in [name for name in os.environ if name.startswith("MEETCORE_") and name not in _KEPT]:
    del os.environ[_name]  # a tester's own settings must not change what tests see
os.environ.pop("HF_TOKEN", None)


@dataclass(frozen=True, slots=True)
class SamplePaths:
    """The 30 s, two-speaker conversation that comes with pyannote.audio."""

    wav: Path
    rttm: Path
    stm: Path


@pytest.fixture(autouse=True)
def no_thread_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What threads of earlier tests met is no finding of this one."""
    monkeypatch.setattr(supervised, "_met", {})


@pytest.fixture(scope="session")
def settings_for() -> Callable[..., Settings]:
    """Settings whose data live in a given folder; weights stay in the user's cache."""

    def build(folder: Path, **changes: Any) -> Settings:
        return Settings(_env_file=None, **{"data_dir": folder / "data", **changes})

    return build


@pytest.fixture(scope="session")
def resolver() -> WeightResolver:
    """The real weights, fetched once per machine."""
    settings = Settings(_env_file=None)
    return WeightResolver(settings.cache_dir, offline=settings.offline)


@pytest.fixture(scope="session")
def sample_paths() -> SamplePaths:
    """Where the sample and its references are, found without importing pyannote.audio."""
    spec = importlib.util.find_spec("pyannote")
    assert spec is not None and spec.submodule_search_locations is not None
    for location in spec.submodule_search_locations:
        folder = Path(location) / "audio" / "sample"
        if folder.is_dir():
            return SamplePaths(*(folder / f"sample.{suffix}" for suffix in ("wav", "rttm", "stm")))
    raise FileNotFoundError("pyannote.audio's sample is missing: reinstall requirements.txt")


@pytest.fixture(scope="session")
def sample_audio(sample_paths: SamplePaths) -> Samples:
    """The sample as float32, shape (480000,), 16 kHz mono, read without our own decoder."""
    with wave.open(str(sample_paths.wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (
            SAMPLE_RATE,
            1,
            2,
        )
        data = file.readframes(file.getnframes())
    samples = np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768.0
    samples.setflags(write=False)
    return samples


MARK = re.compile(r"pytest\.mark\.(\w+)")
LONGEST_FIRST = ("environment", "browser", "install", "long", "model")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what `-m` does not ask for before it is imported: its imports take longest.

    A module's marks are read from its text: those of `pytestmark` hold for all its tests, others
    for some.
    """
    expression = config.getoption("-m")
    if not expression or collection_path.suffix != ".py":
        return None
    if not collection_path.name.startswith("test_"):
        return None
    asked = Expression.compile(expression)
    return None if any(map(asked.evaluate, _marks(collection_path))) else True


def _marks(path: Path) -> list[Callable[..., bool]]:
    """For each kind of test in a module, whether it has a mark of a name."""
    text = path.read_text(encoding="utf-8")
    everywhere = {
        mark
        for line in re.findall(r"^pytestmark = (?:\[[^\]]*\]|.*)", text, re.MULTILINE)
        for mark in MARK.findall(line)
    }
    some = set(MARK.findall(text)) - everywhere
    kinds = [everywhere, *(everywhere | {mark} for mark in some)]
    return [lambda name, /, kind=kind, **_: name in kind for kind in kinds]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that the last minutes of a run in parallel are short."""
    items.sort(key=_layer)


def _layer(item: pytest.Item) -> int:
    names = {mark.name for mark in item.iter_markers()}
    found = (place for place, name in enumerate(LONGEST_FIRST) if name in names)
    return next(found, len(LONGEST_FIRST))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Prints a measured figure at the end of the run, whichever process measured it."""
    return lambda text: record_property("figure", text)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests have measured."""
    found = [
        text
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == "figure"
    ]
    if found:
        terminalreporter.section("figures")
        for text in found:
            terminalreporter.write_line(text)
