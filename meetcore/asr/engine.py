"""`Engine` protocol: a class with a `spec` (formats, devices) and `load`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from meetcore.asr.recognizer import Recognizer
from meetcore.asr.remote.request import RemoteServer


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """What an engine runs; known before any weight is loaded.

    Which languages a loaded weight transcribes, and which gate thresholds fit its scores, its
    `RecognizerInfo` states.

    Parameters
    ----------
    formats : weight formats it loads, as the catalogue's `format` names them
    devices : of "cpu" and "cuda"
    module : top-level module it needs, found without importing it; empty for none
    package : what installs the module, where its name is not the engine's
    """

    formats: tuple[str, ...]
    devices: tuple[str, ...] = ("cpu",)
    module: str = ""
    package: str = ""


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """A weight to load, and how to run it.

    Parameters
    ----------
    path : the verified file or folder of the weight
    weight : the name to show
    format : of the catalogue, or guessed from the path; empty where nothing shows it
    cache_dir : where an engine may keep what it converts from the weight
    device : "cpu", "cuda", or "auto" for the engine's choice
    threads : CPU threads of one call, at least 1
    workers : calls that should be able to run in parallel
    remote : the server of a weight that is on none of this machine's disks
    """

    path: Path
    weight: str
    format: str
    cache_dir: Path
    device: str = "auto"
    threads: int = 1
    workers: int = 1
    remote: RemoteServer | None = None


class Engine(Protocol):
    """A class (not an instance) that loads recognizers.

    Its module imports the engine's library inside functions only, so that engines can be listed
    where the library is missing.
    """

    @property
    def spec(self) -> EngineSpec:
        """A class attribute: what the engine runs."""
        ...

    def load(self, request: LoadRequest) -> Recognizer:
        """A class method: the recognizer, loaded.

        Raises
        ------
        ModelUnavailableError
            The weight or the device does not work here; the message names the
            reason and the remedy.
        """
        ...
