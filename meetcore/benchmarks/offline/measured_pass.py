"""The offline pass as the app runs it, stage by stage, with what each stage costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from meetcore.asr.offline.recording import PieceWords
from meetcore.benchmarks.process_usage import UsageMeter
from meetcore.errors import ModelUnavailableError
from meetcore.jobs.engines.inprocess import InProcessEngine
from meetcore.jobs.model_cache import LazyModels
from meetcore.jobs.single_file import pass_over
from meetcore.records import JobOptions, JobStage, Segment, Turn
from meetcore.settings import load_settings

STAGES = ("decoding", "recognizing", "finding speakers", "attributing")
"""In the order of JobStage."""


@dataclass(frozen=True, slots=True)
class PassOrder:
    """What is to be measured."""

    files: tuple[Path, ...]
    weight: str
    speakers: bool = True


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stage took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


@dataclass(frozen=True, slots=True)
class FilePass:
    """What one file gave."""

    file: Path
    audio_s: float
    costs: dict[str, Cost]
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    """With overlaps."""


@dataclass(frozen=True, slots=True)
class PassLog:
    """What one process did from its start to its end."""

    models: str
    load_s: float
    peak_rss_mib: float
    passes: tuple[FilePass, ...]


def run_pass(order: PassOrder) -> PassLog:
    """Load the models and transcribe every file; the whole life of a process."""
    began = time.perf_counter()
    models = LazyModels(load_settings())
    name = _warm(models, order)
    load_s = time.perf_counter() - began
    passes = tuple(_measured(file, models, order) for file in order.files)
    return PassLog(name, load_s, UsageMeter().peak_rss_mib, passes)


def _warm(models: LazyModels, order: PassOrder) -> str:
    """Load what the pass needs; which models those are.

    Raises
    ------
    ModelUnavailableError
        One can't be loaded.
    """
    if order.speakers:
        models.preload_diarizer()
    recognizer = models.recognizer(order.weight, _Watch())
    if recognizer.model is None:
        raise ModelUnavailableError(recognizer.note)
    if not order.speakers:
        return f"{recognizer.model.info}; no speakers"
    diarizer = models.diarizer(_Watch())
    if diarizer.model is None:
        raise ModelUnavailableError(diarizer.note)
    return f"{recognizer.model.info}; {diarizer.model.name}"


class _Watch:
    """Never stops anything."""

    def poll(self) -> None:
        return None

    def progress(self, part: float) -> None:
        return None

    def piece(self, words: PieceWords) -> None:
        return None


def _measured(file: Path, models: LazyModels, order: PassOrder) -> FilePass:
    costs = dict.fromkeys(STAGES, Cost())
    options = JobOptions(recognizer=order.weight, speakers=order.speakers)

    @contextmanager
    def costing(stage: JobStage) -> Iterator[_Watch]:
        meter, began = UsageMeter(), time.perf_counter()
        with meter:
            yield _Watch()
        name = STAGES[tuple(JobStage).index(stage)]
        costs[name] = Cost(time.perf_counter() - began, meter.cpu_s)

    done = pass_over(file, options, InProcessEngine(models), costing)
    if order.speakers and done.diarized.diarization is None:
        raise ModelUnavailableError(done.diarized.detail)
    return FilePass(file, done.audio_s, costs, done.segments, done.turns)
