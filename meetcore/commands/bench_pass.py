"""The offline pass as the app runs it, stage by stage, with what each stage costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.commands.bench_usage import UsageMeter
from meetcore.errors import ModelUnavailableError
from meetcore.pipeline.models import OwnModels
from meetcore.pipeline.offline import sound_turns
from meetcore.pipeline.stages import perform
from meetcore.pipeline.tasks import Decoded, DecodeTask, Diarized, DiarizeTask, RecognizeTask
from meetcore.records import SAMPLE_RATE, Segment, Turn
from meetcore.settings import load_settings
from meetcore.speech.offline import PieceWords
from meetcore.store.jobs import JobOptions
from meetcore.transcript.attribution import attribute

STAGES = ("decoding", "recognizing", "finding speakers", "attributing")


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
    models = OwnModels(load_settings())
    name = _warm(models, order)
    load_s = time.perf_counter() - began
    passes = tuple(_measured(file, models, order) for file in order.files)
    return PassLog(name, load_s, UsageMeter().peak_rss_mib, passes)


def _warm(models: OwnModels, order: PassOrder) -> str:
    """Load what the pass needs; which models those are.

    Raises
    ------
    ModelUnavailableError
        One can't be loaded.
    """
    if order.speakers:
        models.expect_speakers()
    recognizer = models.recognizer(order.weight, _Watch())
    if recognizer.model is None:
        raise ModelUnavailableError(recognizer.note)
    if not order.speakers:
        return f"{recognizer.model.info}; no speakers"
    diarizer = models.diarizer(_Watch())
    if diarizer.model is None:
        raise ModelUnavailableError(diarizer.note)
    return f"{recognizer.model.info}; {diarizer.model.name}"


@dataclass(slots=True)
class _Watch:
    """Keeps the words of a pass; never stops it."""

    pieces: list[PieceWords] = field(default_factory=list)

    def poll(self) -> None:
        return None

    def progress(self, part: float) -> None:
        return None

    def piece(self, words: PieceWords) -> None:
        self.pieces.append(words)


def _measured(file: Path, models: OwnModels, order: PassOrder) -> FilePass:
    costs = dict.fromkeys(STAGES, Cost())
    watch = _Watch()
    options = JobOptions(recognizer=order.weight, speakers=order.speakers)
    with tempfile.TemporaryDirectory(prefix="meetcore-bench-") as name:
        folder = Path(name)
        with _costing(costs, "decoding"):
            decoded = perform(DecodeTask(file, folder, file.name, float("inf")), models, watch)
        assert isinstance(decoded, Decoded)
        with _costing(costs, "recognizing"):
            perform(RecognizeTask(folder, 0, options), models, watch)
        found = Diarized()
        if order.speakers:
            with _costing(costs, "finding speakers"):
                result = perform(DiarizeTask(folder, options), models, watch)
            assert isinstance(result, Diarized)
            found = result
        audio_s = RecordingReader(folder).n_samples / SAMPLE_RATE
    if order.speakers and found.diarization is None:
        raise ModelUnavailableError(found.detail)
    overlapping = found.diarization.turns if found.diarization else ()
    exclusive = found.diarization.exclusive_turns if found.diarization else ()
    with _costing(costs, "attributing"):
        words = [word for piece in watch.pieces for word in piece.words]
        segments = attribute(words, sound_turns(exclusive))
    return FilePass(file, audio_s, costs, tuple(segments), sound_turns(overlapping))


@contextmanager
def _costing(costs: dict[str, Cost], stage: str) -> Iterator[None]:
    meter, began = UsageMeter(), time.perf_counter()
    with meter:
        yield
    costs[stage] = Cost(time.perf_counter() - began, meter.cpu_s)
