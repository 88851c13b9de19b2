"""Runs the app's pass over files and measures each stage; `offline.run` calls it in a process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.benchmarks.process_usage import UsageMeter
from meetcore.errors import ModelUnavailableError
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.jobs.lazy_models import LazyModels
from meetcore.jobs.transcribe_file import transcribe_file
from meetcore.records import JobOptions, JobStage, Segment, Turn
from meetcore.settings import load_settings

STAGES = ("decoding", "recognizing", "finding speakers", "attributing")
"""Names in the report, in the order of JobStage."""


@dataclass(frozen=True, slots=True)
class PassConfig:
    """Which files are transcribed, and how."""

    files: tuple[Path, ...]
    weight: str
    speakers: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall-clock and CPU seconds."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


@dataclass(frozen=True, slots=True)
class FilePass:
    """The transcript of one file, and the cost of each stage."""

    file: Path
    audio_s: float
    costs: dict[str, Cost]
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    """With overlaps."""


@dataclass(frozen=True, slots=True)
class PassRun:
    """The passes of one process over all files."""

    models: str
    """Names of recognizer and diarizer."""
    load_s: float
    peak_rss_mib: float
    passes: tuple[FilePass, ...]


def measure_passes(config: PassConfig) -> PassRun:
    """Load the models and transcribe every file. Runs in a process of its own.

    Raises
    ------
    ModelUnavailableError
        A model can't be loaded.
    """
    began = time.perf_counter()
    models = LazyModels(load_settings())
    name = _load(models, config)
    load_s = time.perf_counter() - began
    passes = tuple(_measured(file, models, config) for file in config.files)
    return PassRun(name, load_s, UsageMeter().peak_rss_mib, passes)


def _load(models: LazyModels, config: PassConfig) -> str:
    """Load the models before anything is measured; their names.

    Raises
    ------
    ModelUnavailableError
        One can't be loaded; the message holds the remedy.
    """
    if config.speakers:
        models.preload_diarizer()
    recognizer = models.recognizer(config.weight, _SilentObserver())
    if recognizer.model is None:
        raise ModelUnavailableError(recognizer.note)
    if not config.speakers:
        return f"{recognizer.model.info}; no speakers"
    diarizer = models.diarizer(_SilentObserver())
    if diarizer.model is None:
        raise ModelUnavailableError(diarizer.note)
    return f"{recognizer.model.info}; {diarizer.model.name}"


class _SilentObserver:
    """A TaskObserver that does nothing."""

    def poll(self) -> None:
        return None

    def progress(self, part: float) -> None:
        return None

    def piece(self, words: PieceWords) -> None:
        return None


def _measured(file: Path, models: LazyModels, config: PassConfig) -> FilePass:
    costs = dict.fromkeys(STAGES, Cost())
    options = JobOptions(recognizer=config.weight, speakers=config.speakers)

    @contextmanager
    def measuring(stage: JobStage) -> Iterator[_SilentObserver]:
        meter, began = UsageMeter(), time.perf_counter()
        with meter:
            yield _SilentObserver()
        name = STAGES[tuple(JobStage).index(stage)]
        costs[name] = Cost(time.perf_counter() - began, meter.cpu_s)

    done = transcribe_file(file, options, InProcessExecutor(models), measuring)
    if config.speakers and done.audio_s and done.diarized.diarization is None:
        raise ModelUnavailableError(done.diarized.detail)
    return FilePass(file, done.audio_s, costs, done.segments, done.turns)
