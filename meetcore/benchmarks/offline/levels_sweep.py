"""`bench offline --levels`: words of speech, and of sounds without any, at many levels.

Speech must give the same words at each level down to -60 dB, a sound without speech none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from meetcore.asr.recognizer import Recognizer
from meetcore.audio.media_files import read_audio
from meetcore.audio.pcm import to_pcm, to_samples
from meetcore.benchmarks.offline.levels_report import LevelTexts, markdown, to_json
from meetcore.benchmarks.offline.looped_recording import ReferencedFile
from meetcore.benchmarks.offline.synthetic_sounds import KINDS, at_level, sound
from meetcore.benchmarks.own_process import in_own_process
from meetcore.benchmarks.whole_clip import final_text, live_text, loaded_recognizer
from meetcore.records import SAMPLE_RATE, Samples

LEVELS_DB = (-75.0, -60.0, -40.0, -20.0, 0.0, 25.0)
NOISE_DISTANCE_DB = 15.0
"""Pink noise is added this far below the speech in the column "with noise"."""


@dataclass(frozen=True, slots=True)
class SweepConfig:
    """What is transcribed with one weight."""

    weight: str
    files: tuple[Path, ...]
    levels_db: tuple[float, ...]
    kinds: tuple[str, ...]
    noise_seconds: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the sweep's options."""
    parser.add_argument(
        "--levels",
        nargs="?",
        type=_numbers,
        const=LEVELS_DB,
        metavar="DB,DB",
        help="transcribe at these levels (RMS, dB of full scale), final and live: --levels=-60,-20",
    )
    parser.add_argument(
        "--noises",
        type=_kinds,
        default=(),
        metavar="KINDS",
        help=f"with --levels: also sounds without speech; all, or of {', '.join(KINDS)}",
    )
    parser.add_argument(
        "--noise-seconds", type=float, default=60.0, metavar="SECONDS", help="length of each"
    )


def run(arguments: argparse.Namespace, files: Sequence[ReferencedFile]) -> int:
    """Sweep with every weight and print the figures; the exit status."""
    results: dict[str, list[LevelTexts]] = {}
    for weight in arguments.weights.split(","):
        print(f"sweeping with {weight} …", file=sys.stderr)
        config = SweepConfig(
            weight,
            tuple(each.file for each in files),
            arguments.levels,
            arguments.noises,
            arguments.noise_seconds,
        )
        results[weight] = in_own_process(sweep, config)
    references = {each.file: each.reference for each in files}
    print((to_json if arguments.json else markdown)(results, references))
    return 0


def sweep(config: SweepConfig) -> list[LevelTexts]:
    """Load the weight and transcribe everything at every level. Runs in a process of its own.

    Raises
    ------
    ModelUnavailableError, WeightUnavailableError
        The weight can't be loaded.
    """
    with loaded_recognizer(config.weight) as recognizer:
        return [*_speech(config, recognizer), *_sounds(config, recognizer)]


def _speech(config: SweepConfig, recognizer: Recognizer) -> Iterator[LevelTexts]:
    for file in config.files:
        samples = read_audio(file)
        noise = sound("pink", samples.shape[0] / SAMPLE_RATE, -NOISE_DISTANCE_DB)
        noisy = at_level(samples, 0.0) + noise
        for level in config.levels_db:
            plain, mixed = recorded(samples, level), recorded(noisy, level)
            yield LevelTexts(
                file.stem,
                file,
                level,
                final_text(plain, recognizer),
                live_text(plain, recognizer),
                final_text(mixed, recognizer),
                live_text(mixed, recognizer),
            )


def _sounds(config: SweepConfig, recognizer: Recognizer) -> Iterator[LevelTexts]:
    for kind in config.kinds:
        samples = sound(kind, config.noise_seconds, 0.0)
        for level in config.levels_db:
            print(f"{config.weight}: {kind} at {level:g} dB", file=sys.stderr)
            stored = recorded(samples, level)
            final, live = final_text(stored, recognizer), live_text(stored, recognizer)
            yield LevelTexts(kind, None, level, final, live)


def recorded(samples: Samples, level_db: float) -> Samples:
    """Samples at an RMS level, rounded to 16 bits as recordings are; floats beyond them stay."""
    levelled = at_level(samples, level_db)
    beyond = float(np.abs(levelled).max(initial=0.0)) > 1.0
    return levelled if beyond else to_samples(to_pcm(levelled))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError("levels are numbers in dB: --levels=-60,-20") from error


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(KINDS) if text == "all" else tuple(text.split(","))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; of {', '.join(KINDS)}")
    return kinds
