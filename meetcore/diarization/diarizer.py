"""The `Diarizer` protocol, and `DiarizerClass`, which the registry loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.live_diarizer import LiveDiarizer
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.options import DiarizeOptions
from meetcore.records import ReadSamples


class Diarizer(Protocol):
    """Loaded models, shared by all meetings; safe from several threads."""

    @property
    def name(self) -> str:
        """What runs, for the page and the store."""
        ...

    @property
    def embedding(self) -> EmbeddingModel:
        """The model that makes the voices of both passes, and of voice profiles."""
        ...

    def open_live(self, max_speakers: int | None = None) -> LiveDiarizer:
        """A live diarizer for one meeting over these models.

        Parameters
        ----------
        max_speakers : at most so many speakers; None for no limit
        """
        ...

    def diarize(
        self,
        read: ReadSamples,
        total_samples: int,
        options: DiarizeOptions | None = None,
        *,
        progress: Callable[[float], None] | None = None,
    ) -> Diarization:
        """Turns and voices of a finished recording.

        Parameters
        ----------
        read : gives the samples between two positions, shape (n_samples,), float32, 16 kHz
        total_samples : length of the recording
        progress : called with the part done, 0 to 1; what it raises ends the call

        Raises
        ------
        InferenceError
            A model failed; the words can be kept without speakers.
        """
        ...


class GrowingRecording(Protocol):
    """The second pass over a recording that still grows; used by one thread at a time."""

    @property
    def settled_until(self) -> float:
        """Seconds from the start that ``result(final=False)`` covers."""
        ...

    def advance(self, total_samples: int, progress: Callable[[float], None] | None = None) -> None:
        """Run the models on what is new and complete, up to `total_samples`.

        Raises
        ------
        InferenceError
            A model failed; the next call goes on from there.
        """
        ...

    def result(self, wanted: DiarizeOptions | None = None, final: bool = False) -> Diarization:
        """Turns and voices so far; with `final` what ``Diarizer.diarize`` gives for all of it.

        Raises
        ------
        InferenceError
            A model failed on the rest; the call can be repeated.
        """
        ...


@runtime_checkable
class GrowingDiarizer(Protocol):
    """A Diarizer that can follow a recording while it grows; not all can."""

    def open_growing(self, read: ReadSamples) -> GrowingRecording:
        """The second pass over one recording (see ``GrowingDiarization``).

        Parameters
        ----------
        read : gives the samples between two positions, shape (n_samples,), float32, 16 kHz
        """
        ...


class WeightSource(Protocol):
    """Where a diarizer gets its weights from; WeightResolver is one."""

    def resolve(self, name: str) -> Path:
        """The verified file of a weight of the catalogue; raises WeightUnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class DiarizerRequest:
    """A diarizer to load, and what it may use.

    Parameters
    ----------
    setting : MEETCORE_DIARIZER: the diarizer's own name, or a pipeline's folder or hub id
    weights : gives weights of the catalogue
    device : "cpu", "cuda", or "auto" for the diarizer's choice
    hf_token : Hugging Face token, for gated pipelines only
    trusted : sha256 of checkpoints that a pipeline may load in spite of code in them
    """

    setting: str
    weights: WeightSource
    device: str = "auto"
    hf_token: str | None = None
    trusted: tuple[str, ...] = ()


class DiarizerClass(Protocol):
    """A class (not an instance) that loads diarizers; torch is imported in functions only."""

    def load(self, request: DiarizerRequest) -> Diarizer:
        """A class method: the diarizer, loaded.

        Raises
        ------
        ModelUnavailableError
            It cannot be loaded here; the message names the reason and the remedy.
        """
        ...


def pick_device(device: str) -> str:
    """ "cpu" or "cuda": "auto" takes a GPU where torch finds one."""
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
