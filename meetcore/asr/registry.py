"""One door to recognizers: a weight's name in, a loaded Whisper out."""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path

import numpy as np

from meetcore.asr.engines import ctranslate2 as ctranslate2_engine
from meetcore.asr.engines import openai_whisper
from meetcore.asr.engines.ctranslate2_conversion import converted_model
from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.installation import PIP_INSTALL, REINSTALL
from meetcore.records import SAMPLE_RATE
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

MODULES = {ctranslate2_engine.ENGINE: "ctranslate2", openai_whisper.ENGINE: "whisper"}
"""Engines in order of preference, and the module each one needs."""


def load_recognizer(
    weight: str,
    resolver: WeightResolver,
    *,
    engine: str = "auto",
    device: str = "auto",
    threads: int = 0,
    compute_type: str | None = None,
    workers: int = 1,
) -> Recognizer:
    """A recognizer that has heard a second of silence, so it is known to work.

    Parameters
    ----------
    weight : a name of the catalogue, a path to a .pt, or a CTranslate2 directory
    engine : "ctranslate2", "openai-whisper", or "auto": the first that works, in this order
    device : "cpu", "cuda", or "auto"
    threads : CPU threads of one call; 0 takes the cores there are, at most 4
    compute_type : of CTranslate2; None takes int8 on CPU and float16 on CUDA
    workers : calls CTranslate2 may run at once

    Raises
    ------
    WeightUnavailableError
        The weight could not be found or fetched.
    ModelUnavailableError
        No engine can run it here; the message says why for each, and the remedy.
    """
    path = resolver.resolve(weight)
    name = path.stem if Path(weight).expanduser().exists() else weight
    reasons: list[str] = []
    for candidate in _candidates(engine):
        chosen = _device(device, candidate)
        try:
            recognizer = _load(
                candidate, path, name, resolver, chosen, _threads(threads), compute_type, workers
            )
            recognizer.recognize(
                np.zeros(SAMPLE_RATE, dtype=np.float32),
                RecognizeOptions(language="en", context=2.0, max_new_tokens=1),
            )
        except (ModelUnavailableError, InferenceError) as error:
            logger.info("%s cannot run %s on %s: %s", candidate, name, chosen, error)
            reasons.append(str(error))
        else:
            logger.info("recognizer: %s", recognizer.info)
            return recognizer
    raise ModelUnavailableError(" ".join(reasons))


def _candidates(engine: str) -> list[str]:
    """Engines to try, best first; raises ModelUnavailableError when the one named is missing."""
    if engine == "auto":
        found = [name for name in MODULES if importlib.util.find_spec(MODULES[name])]
        if found:
            return found
        raise ModelUnavailableError(f"No engine for Whisper is installed; run: {REINSTALL}")
    if engine not in MODULES:
        raise ModelUnavailableError(
            f"No engine is called '{engine}'; set MEETCORE_ENGINE to auto, {', '.join(MODULES)}."
        )
    if importlib.util.find_spec(MODULES[engine]) is None:
        raise ModelUnavailableError(
            f"The engine {engine} is not installed; run: {PIP_INSTALL} {engine},"
            " or set MEETCORE_ENGINE=auto."
        )
    return [engine]


def _load(
    engine: str,
    path: Path,
    name: str,
    resolver: WeightResolver,
    device: str,
    threads: int,
    compute_type: str | None,
    workers: int,
) -> Recognizer:
    if engine == openai_whisper.ENGINE:
        if path.is_dir():
            raise ModelUnavailableError(
                f"{name} is a CTranslate2 directory, which openai-whisper cannot read;"
                " set MEETCORE_ENGINE=ctranslate2."
            )
        return openai_whisper.OpenAIWhisperRecognizer(
            path, name, device=device, threads=threads if device == "cpu" else 0
        )
    directory = path if path.is_dir() else converted_model(path, name, resolver.cache_dir)
    return ctranslate2_engine.CTranslate2Recognizer(
        directory,
        name,
        device=device,
        compute_type=compute_type,
        threads=threads,
        workers=workers,
    )


def _device(device: str, engine: str) -> str:
    """Either "cpu" or "cuda": what was asked for, or what the engine finds."""
    if device != "auto":
        return device
    if engine == ctranslate2_engine.ENGINE:
        import ctranslate2

        return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _threads(threads: int) -> int:
    # More threads than cores cost more than they bring, and past 4 Whisper gains little.
    return threads or min(4, len(os.sched_getaffinity(0)))
