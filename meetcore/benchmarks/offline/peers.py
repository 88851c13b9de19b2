"""Transcribes files with plain faster-whisper or openai-whisper on the same weight, to compare."""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meetcore.asr.engines.ctranslate2_conversion import converted_model
from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.offline.measured_pass import Cost
from meetcore.benchmarks.offline.peer_tokenizer import readable_directory
from meetcore.benchmarks.process_usage import UsageMeter
from meetcore.errors import ModelUnavailableError
from meetcore.installation import PIP_INSTALL
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.settings import load_settings
from meetcore.weights.resolver import WeightResolver

SEQUENTIAL = "faster-whisper int8, beam 5, word times"
BATCHED = "faster-whisper int8, batched, beam 1"
REFERENCE = "openai-whisper, greedy, word times"
PEERS = (SEQUENTIAL, BATCHED, REFERENCE)
WARM_UP_SAMPLES = 5 * SAMPLE_RATE
"""Transcribed before anything is measured: openai-whisper compiles its alignment on first use."""

Transcribe = Callable[[Samples], str]


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """Which peer transcribes which files."""

    name: str
    """One of PEERS."""
    files: tuple[Path, ...]
    weight: str


@dataclass(frozen=True, slots=True)
class PeerPass:
    """A peer's text of one file, and its cost with decoding."""

    file: Path
    audio_s: float
    cost: Cost
    text: str


@dataclass(frozen=True, slots=True)
class PeerRun:
    """The passes of one peer over all files."""

    name: str
    peak_rss_mib: float
    passes: tuple[PeerPass, ...]


def installed_peers() -> tuple[str, ...]:
    """The names of all peers.

    Raises
    ------
    ModelUnavailableError
        faster-whisper, which only this bench needs, is not installed.
    """
    if importlib.util.find_spec("faster_whisper") is None:
        raise ModelUnavailableError(
            f"faster-whisper is not installed; run: {PIP_INSTALL} -c constraints.txt"
            " -r requirements-dev.txt"
        )
    return PEERS


def run_peer(config: PeerConfig) -> PeerRun:
    """Load one peer and transcribe every file. Runs in a process of its own.

    Raises
    ------
    ModelUnavailableError
        The peer can't read this weight; the message says why.
    """
    with ExitStack() as stack:
        transcribe = _loaded(config, stack)
        transcribe(read_audio(config.files[0])[:WARM_UP_SAMPLES])
        passes = tuple(_measured(file, transcribe) for file in config.files)
        return PeerRun(config.name, UsageMeter().peak_rss_mib, passes)


def _measured(file: Path, transcribe: Transcribe) -> PeerPass:
    meter, began = UsageMeter(), time.perf_counter()
    with meter:
        samples = read_audio(file)
        text = transcribe(samples)
    cost = Cost(time.perf_counter() - began, meter.cpu_s)
    return PeerPass(file, samples.size / SAMPLE_RATE, cost, text)


def _loaded(config: PeerConfig, stack: ExitStack) -> Transcribe:
    settings = load_settings()
    resolver = WeightResolver(settings.cache_dir, offline=settings.offline)
    path = resolver.resolve(config.weight)
    if config.name == REFERENCE:
        return _openai_whisper(path, config.weight)
    directory = path if path.is_dir() else converted_model(path, config.weight, resolver.cache_dir)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="meetcore-bench-"))
    multilingual = not config.weight.endswith(".en")
    return _faster_whisper(
        readable_directory(directory, multilingual, Path(folder)), config.name == BATCHED
    )


def _faster_whisper(directory: Path, batched: bool) -> Transcribe:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model: Any = WhisperModel(
        str(directory), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1
    )
    if batched:
        pipeline: Any = BatchedInferencePipeline(model)
        return lambda samples: _text(pipeline.transcribe(samples, batch_size=8, beam_size=1))
    return lambda samples: _text(model.transcribe(samples, beam_size=5, word_timestamps=True))


def _text(answer: tuple[Any, Any]) -> str:
    segments, _ = answer
    return "".join(segment.text for segment in segments)


def _openai_whisper(checkpoint: Path, weight: str) -> Transcribe:
    import whisper

    if checkpoint.is_dir():
        raise ModelUnavailableError(
            f"{weight} is a CTranslate2 directory: openai-whisper sits out."
        )
    model: Any = whisper.load_model(str(checkpoint), device="cpu")
    heads = whisper._ALIGNMENT_HEADS.get(weight)
    if heads is not None:
        model.set_alignment_heads(heads)

    def transcribe(samples: Samples) -> str:
        return str(model.transcribe(samples, word_timestamps=True, fp16=False)["text"])

    return transcribe
