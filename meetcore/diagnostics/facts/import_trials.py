"""Imports libraries in a separate process, so that a crash does not end this one.

`python -m meetcore.diagnostics.facts.import_trials MODULE…` prints one line of JSON for each.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from meetcore.diagnostics.facts.fact_types import ImportTrial
from meetcore.errors import first_cause
from meetcore.installation import child_environment, python_module

TIMEOUT_S = 180.0
LONGEST_ERROR = 300
NICENESS = 10
"""Added to the process's niceness, so that running meetings keep the CPU."""


def try_imports(modules: Sequence[str], timeout_s: float = TIMEOUT_S) -> dict[str, ImportTrial]:
    """The trial of each module; after a crash the rest are tried in another process."""
    found: dict[str, ImportTrial] = {}
    while rest := [module for module in modules if module not in found]:
        done, ending = _run(rest, timeout_s)
        found |= done
        if len(done) < len(rest):
            culprit = rest[len(done)]
            found[culprit] = ImportTrial(culprit, ending)
    return found


def _run(modules: Sequence[str], timeout_s: float) -> tuple[dict[str, ImportTrial], str]:
    """The trials of one process, and how it ended."""
    process = subprocess.Popen(
        python_module("meetcore.diagnostics.facts.import_trials", *modules),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment() | {"PYANNOTE_METRICS_ENABLED": "0"},
        text=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout_s)
        ending = _ending(process.returncode)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        ending = f"it had not been imported after {timeout_s:.0f} s"
    return {trial.module: trial for trial in map(_read, output.splitlines())}, ending


def _read(line: str) -> ImportTrial:
    trial = json.loads(line)
    return ImportTrial(trial["module"], trial["error"], trial["note"])


def _ending(code: int) -> str:
    if code < 0:
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process ended with status {code}"


def main() -> None:
    """Import the modules named in the arguments; what libraries print is kept off stdout."""
    with contextlib.suppress(AttributeError, OSError):  # Windows has no nice.
        os.nice(NICENESS)
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    for module in sys.argv[1:]:
        error, note = _trial(module)
        output.write(json.dumps({"module": module, "error": error, "note": note}) + "\n")
        output.flush()


def _trial(module: str) -> tuple[str, str]:
    """Error and note; a broken library can raise anything."""
    try:
        loaded = importlib.import_module(module)
    except BaseException as error:
        cause = first_cause(error)
        return f"{type(cause).__name__}: {' '.join(str(cause).split())}"[:LONGEST_ERROR], ""
    return "", _note(module, loaded)


def _note(module: str, loaded: Any) -> str:
    if module == "av":
        return f"FFmpeg {loaded.ffmpeg_version_info}"
    if module == "ctranslate2":
        return f"{loaded.get_cuda_device_count()} CUDA devices"
    if module == "torch":
        return "CUDA works" if loaded.cuda.is_available() else "no CUDA device"
    return ""


if __name__ == "__main__":
    main()
