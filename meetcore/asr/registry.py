"""The registry of speech recognition engines: finds the engine of a weight and loads it.

To add an engine to Meetcore, write one module under asr/engines/ with a class that has a
class attribute `spec` and a class method `load` (see meetcore.asr.engine.Engine), and add its row
to `ENGINES`::

    "parakeet": "meetcore.asr.engines.parakeet:ParakeetRecognizer",

A new weight for it is a row in weights/catalogue.toml, and its words for people one in WORDS of
pages/shared/job_options.py.

Another installed package adds an engine with the same row in its own pyproject.toml::

    [project.entry-points."meetcore.recognizers"]
    parakeet = "parakeet_for_meetcore:ParakeetRecognizer"

Either is then used for weights of its formats, or when MEETCORE_ENGINE=parakeet. What `load`
returns follows meetcore.asr.recognizer.Recognizer. Its `open_live` returns any
meetcore.asr.live_recognizer.LiveRecognizer: a model that decodes windows and continues a prefix
can return meetcore.asr.whisper.live.open_streaming(self, language); one that streams by itself
wraps its own state. Meetcore's own engines are tried before those of other packages.
"""

from __future__ import annotations

import importlib.util
import logging
import os
from pathlib import Path

import numpy as np

from meetcore.asr.engine import Engine, EngineSpec, LoadRequest
from meetcore.asr.moonshine.decoder import DECODER
from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.asr.remote.request import RemoteServer
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.installation import PIP_INSTALL, REINSTALL
from meetcore.plugins import Row, registry_rows
from meetcore.records import SAMPLE_RATE
from meetcore.text.safe_traceback import in_one_line
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

ENGINES = {
    "ctranslate2": "meetcore.asr.engines.ctranslate2:CTranslate2Recognizer",
    "openai-whisper": "meetcore.asr.engines.openai_whisper:OpenAIWhisperRecognizer",
    "moonshine": "meetcore.asr.engines.moonshine:MoonshineRecognizer",
    "remote": "meetcore.asr.engines.remote:RemoteRecognizer",
}
"""Names and classes of Meetcore's own engines, the preferred one first."""

ENTRY_POINT_GROUP = "meetcore.recognizers"
"""Entry points with which other packages add engines."""

Engines = dict[str, tuple[Row, Engine]]
"""Engines by name, in order of preference."""


def engine_names() -> tuple[str, ...]:
    """Names that MEETCORE_ENGINE takes besides "auto", the preferred engine first."""
    return tuple(name for name in registry_rows(ENGINES, ENTRY_POINT_GROUP) if name != REMOTE)


def load_recognizer(
    weight: str,
    resolver: WeightResolver,
    *,
    engine: str = "auto",
    device: str = "auto",
    threads: int = 0,
    workers: int = 1,
    remote: RemoteServer | None = None,
) -> Recognizer:
    """A loaded recognizer that has transcribed a second of silence without an error.

    Parameters
    ----------
    weight : a name of the catalogue, a path to a file or folder, or REMOTE for the server
    engine : a name of the registry, or "auto" for the first engine that runs the weight
    device : "cpu", "cuda", or "auto"
    threads : CPU threads of one call; 0 takes the cores there are, at most 4
    workers : calls that should be able to run in parallel
    remote : the server, for REMOTE

    Raises
    ------
    WeightUnavailableError
        The weight could not be found or fetched.
    ModelUnavailableError
        No engine can run it here; the message gives the reason of each and the remedy.
    """
    if weight == REMOTE:
        request = LoadRequest(Path(), weight, REMOTE, resolver.cache_dir, remote=remote)
        return _first_that_loads(_engines(REMOTE), request)
    path = resolver.resolve(weight)
    engines = _engines(engine)
    known = resolver.catalogue.weights.get(weight) or resolver.published(path)
    name = known.name if known else path.name if path.is_dir() else path.stem
    kind = known.format if known else _format_of(path, engines)
    request = LoadRequest(path, name, kind, resolver.cache_dir, device, _threads(threads), workers)
    return _first_that_loads(engines, request)


def _first_that_loads(engines: Engines, request: LoadRequest) -> Recognizer:
    reasons: list[str] = []
    for name, (row, engine) in engines.items():
        try:
            recognizer = _load(row, engine, request)
        except (ModelUnavailableError, InferenceError) as error:
            logger.info("%s cannot run %s: %s", name, request.weight, in_one_line(error))
            reasons.append(str(error))
        else:
            logger.info("recognizer: %s", recognizer.info)
            return recognizer
    raise ModelUnavailableError(" ".join(reasons))


def _engines(setting: str) -> Engines:
    """The engines a setting allows; raises ModelUnavailableError where there is none."""
    rows = registry_rows(ENGINES, ENTRY_POINT_GROUP)
    if setting == "auto":
        return _installed({name: row for name, row in rows.items() if name != REMOTE})
    if setting not in rows:
        raise ModelUnavailableError(
            f"No engine is called '{setting}'; set MEETCORE_ENGINE to auto,"
            f" {', '.join(engine_names())}."
        )
    row = rows[setting]
    engine = _engine_of(row)
    if not _is_installed(engine):
        raise _not_installed(row, engine.spec)
    return {setting: (row, engine)}


def _not_installed(row: Row, spec: EngineSpec) -> ModelUnavailableError:
    """The error for an engine whose library is missing, with the command that installs it."""
    if row.package:
        return ModelUnavailableError(
            f"The engine {row.name} needs the module {spec.module}, which is not installed;"
            f" run: {PIP_INSTALL} {row.package}, or set MEETCORE_ENGINE=auto."
        )
    return ModelUnavailableError(
        f"The engine {row.name} is not installed; run: {PIP_INSTALL} {spec.package or row.name},"
        " or set MEETCORE_ENGINE=auto."
    )


def _installed(rows: dict[str, Row]) -> Engines:
    """Engines whose library is installed; broken plug-ins are logged and left out."""
    found: Engines = {}
    for name, row in rows.items():
        try:
            engine = _engine_of(row)
        except ModelUnavailableError:
            logger.warning("the engine %s is left out", name)
            continue
        if _is_installed(engine):
            found[name] = row, engine
    if not found:
        raise ModelUnavailableError(f"No speech recognition engine is installed; run: {REINSTALL}")
    return found


def _engine_of(row: Row) -> Engine:
    engine: Engine = row.load()
    if row.package and not isinstance(getattr(engine, "spec", None), EngineSpec):
        raise row.failure(TypeError(f"{row.target} has no class attribute `spec`: EngineSpec"))
    return engine


def _is_installed(engine: Engine) -> bool:
    return not engine.spec.module or importlib.util.find_spec(engine.spec.module) is not None


def _format_of(path: Path, engines: Engines) -> str:
    """Format of a weight given by its path; empty where the path does not show it."""
    if path.is_dir():
        signs = {"model.bin": "ctranslate2", DECODER: "moonshine"}
        return next((name for file, name in signs.items() if (path / file).is_file()), "")
    suffix = path.suffix.removeprefix(".")
    if suffix == "pt":
        return "openai"
    formats = {name for _, engine in engines.values() for name in engine.spec.formats}
    return suffix if suffix in formats else ""


def _load(row: Row, engine: Engine, request: LoadRequest) -> Recognizer:
    """Load the weight and try it once, because some failures show on the first call only."""
    _check(row.name, engine.spec, request)
    with row.translated_errors():
        recognizer = engine.load(request)
        languages = recognizer.info.languages
        recognizer.recognize(
            np.zeros(SAMPLE_RATE, dtype=np.float32),
            RecognizeOptions(
                language="en" if "en" in languages else languages[0], context=2.0, max_new_tokens=1
            ),
        )
    return recognizer


def _check(name: str, spec: EngineSpec, request: LoadRequest) -> None:
    if request.format and request.format not in spec.formats:
        others = [
            other
            for other, row in registry_rows(ENGINES, ENTRY_POINT_GROUP).items()
            if not row.package and request.format in _engine_of(row).spec.formats
        ]
        remedy = f"MEETCORE_ENGINE={others[0]}" if others else "MEETCORE_RECOGNIZER to another"
        raise ModelUnavailableError(
            f"{request.weight} is of the format {request.format}, which {name} cannot read;"
            f" set {remedy}."
        )
    if request.device not in ("auto", *spec.devices):
        raise ModelUnavailableError(
            f"{name} does not run on {request.device}; set MEETCORE_DEVICE={spec.devices[0]}."
        )


def _threads(threads: int) -> int:
    # More threads than cores cost more than they bring, and past 4 Whisper gains little.
    return threads or min(4, len(os.sched_getaffinity(0)))
