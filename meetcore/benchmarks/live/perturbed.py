"""`bench live --perturb N`: each clip N times with changes that should not matter.

Runs on a virtual clock (`virtual_stream`). Two variants see the same changed audio in turn, so
that they can be compared pair by pair.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.asr.whisper.live import open_streaming
from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.live.stream import sent_at
from meetcore.benchmarks.live.variants import Variant, changed
from meetcore.benchmarks.live.virtual_stream import VirtualLog, run_virtually
from meetcore.benchmarks.own_process import in_own_process
from meetcore.benchmarks.perturbation import (
    Perturbation,
    perturbations,
)
from meetcore.benchmarks.shifted_reference import shifted_reference, shifted_words
from meetcore.diarization.diarizer import Diarizer
from meetcore.metrics.accuracy import Accuracy, accuracy
from meetcore.metrics.latency import measure
from meetcore.metrics.live_log import ReferenceWord
from meetcore.metrics.reference import Reference
from meetcore.metrics.wer import normalise
from meetcore.models.identifier_session import IdentifierSession
from meetcore.models.rungs import loaders_for
from meetcore.records import SAMPLE_RATE
from meetcore.settings import load_settings
from meetcore.thread_counts import limit_blas_threads
from meetcore.transcript.word_turns import turns_from_words
from meetcore.weights.resolver import WeightResolver


@dataclass(frozen=True, slots=True)
class PerturbedConfig:
    """What is run, in a process of its own."""

    files: tuple[Path, ...]
    references: Mapping[Path, Reference]
    words: Mapping[Path, tuple[ReferenceWord, ...]]
    """Times of the reference's words, where they are known."""
    variants: tuple[Variant, ...]
    count: int
    speakers: bool
    language: str | None = None


@dataclass(frozen=True, slots=True)
class PerturbedRun:
    """The figures of one clip with one set of changes."""

    file: Path
    variant: int
    perturbation: int
    accuracy: Accuracy
    audio_s: float
    cpu_s: float
    latencies: tuple[float, ...]
    """Of each word that is right, from its end to its commit."""
    text: str
    errors: int


@dataclass(frozen=True, slots=True)
class _Models:
    recognizers: tuple[Recognizer, ...]
    """One for each variant; equal weights share one."""
    diarizer: Diarizer | None


def variants_of(arguments: argparse.Namespace) -> tuple[Variant, ...]:
    """The variants of the command line; the later ones are compared with the first.

    Raises
    ------
    SettingsError
        An option of either is unknown.
    """
    engines = arguments.engines.split(",")
    plain = [
        Variant(weight, engine, name=weight if len(engines) == 1 else f"{weight} on {engine}")
        for weight in arguments.weights.split(",")
        for engine in engines
    ]
    variants = list(plain)
    if arguments.options:
        names = [f"{each.name} {arguments.options}" for each in plain]
        made = [changed(each, arguments.options) for each in plain]
        variants = [replace(each, name=name) for each, name in zip(made, names, strict=True)]
    if arguments.against:
        variants.append(changed(plain[0], arguments.against))
    return tuple(variants)


def run_perturbed(config: PerturbedConfig) -> tuple[PerturbedRun, ...]:
    """All runs: per clip and set of changes one of each variant; in a process of its own."""
    return in_own_process(_run_here, config)


def _run_here(config: PerturbedConfig) -> tuple[PerturbedRun, ...]:
    models = _load(config)
    runs = []
    for file in config.files:
        samples = read_audio(file)
        for number, perturbation in enumerate(perturbations(config.count)):
            print(f"{file.stem}: {number + 1} of {config.count}", file=sys.stderr)
            audio = perturbation.of(samples)
            for index in range(len(config.variants)):
                log = run_virtually(_session(config, models, index), audio)
                runs.append(_figures(config, file, (index, number), perturbation, log))
    return tuple(runs)


def _load(config: PerturbedConfig) -> _Models:
    settings = load_settings()
    resolver = WeightResolver(settings.cache_dir, settings.offline)
    loaded: dict[tuple[str, str], Recognizer] = {}
    for variant in config.variants:
        key = variant.weight, variant.engine
        if key not in loaded:
            own = settings.model_copy(update={"engine": variant.engine})
            loaded[key] = loaders_for(own, resolver).recognizer(variant.weight, 1)
    speakers = config.speakers and settings.diarizer != "off"
    diarizer = loaders_for(settings, resolver).diarizer(settings.diarizer) if speakers else None
    limit_blas_threads()
    # The first call of a model is slower: tables are made, memory is taken.
    for recognizer in loaded.values():
        recognizer.recognize(np.zeros(SAMPLE_RATE, np.float32), RecognizeOptions())
    keys = [(variant.weight, variant.engine) for variant in config.variants]
    return _Models(tuple(loaded[key] for key in keys), diarizer)


def _session(config: PerturbedConfig, models: _Models, index: int) -> IdentifierSession:
    recognizer, options = models.recognizers[index], config.variants[index].options
    words: LiveRecognizer
    if options is None:
        words = recognizer.open_live(config.language)
    else:
        words = open_streaming(recognizer, config.language, options)
    turns = models.diarizer.open_live() if models.diarizer else None
    return IdentifierSession("bench", words, turns)


def _figures(
    config: PerturbedConfig,
    file: Path,
    place: tuple[int, int],
    perturbation: Perturbation,
    log: VirtualLog,
) -> PerturbedRun:
    reference = shifted_reference(config.references[file], perturbation.lead)
    turns = turns_from_words(log.segments) if config.speakers else None
    known = config.words.get(file, ())
    sent = [
        ReferenceWord(word.text, sent_at(word.start, log.duration), sent_at(word.end, log.duration))
        for word in shifted_words(known, perturbation.lead)
    ]
    return PerturbedRun(
        file,
        *place,
        accuracy(log.segments, turns, reference, log.duration),
        log.duration,
        log.cpu_s,
        measure(log.updates, sent, normalise).final if sent else (),
        " ".join(segment.text for segment in log.segments),
        log.errors,
    )


def rates(run: PerturbedRun) -> tuple[float, float, float]:
    """WER, cpWER and DER of one run in percent; NaN where one was not scored."""
    found = (run.accuracy.words, run.accuracy.words_by_speaker, run.accuracy.turns)
    percents = [math.nan if each is None else 100 * each.rate for each in found]
    return percents[0], percents[1], percents[2]
