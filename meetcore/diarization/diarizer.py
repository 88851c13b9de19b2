"""The diarizers Meetcore can stand on, and how one is chosen from a setting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from meetcore.diarization.clustering import DiarizeOptions
from meetcore.diarization.embedding import EmbeddingModel, load_embedding
from meetcore.diarization.offline.recording import Diarization, OfflineOptions, diarize
from meetcore.diarization.offline.window_pass import Read
from meetcore.diarization.segmentation import SegmentationModel, load_segmentation
from meetcore.diarization.streaming.diarizer import LiveDiarizer, LiveOptions
from meetcore.errors import ModelUnavailableError

SEGMENTATION_WEIGHT = "segmentation-3.0"
EMBEDDING_WEIGHT = "campplus"


class WeightSource(Protocol):
    """What a diarizer asks of the weights: a verified file for a name."""

    def resolve(self, name: str) -> Path:
        """The verified file of a weight; raises WeightUnavailableError."""
        ...


class Diarizer(Protocol):
    """Models only: shared by all meetings, safe from several threads."""

    @property
    def name(self) -> str:
        """What runs, for the page and the store."""
        ...

    @property
    def embedding(self) -> EmbeddingModel:
        """What makes the voices, live and in the second pass; profiles are made by it too."""
        ...

    def open_live(self, max_speakers: int | None = None) -> LiveDiarizer:
        """Begin one meeting."""
        ...

    def diarize(
        self,
        read: Read,
        total_samples: int,
        options: DiarizeOptions | None = None,
        *,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Diarization:
        """Diarize a finished recording; see meetcore.diarization.offline.recording.diarize."""
        ...


class OpenDiarizer:
    """Segmentation and voices from weights anyone can get, without a token."""

    def __init__(
        self,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        live: LiveOptions | None = None,
        offline: OfflineOptions | None = None,
    ) -> None:
        self.segmentation = segmentation
        self.embedding = embedding
        self._live = live or LiveOptions()
        self._offline = offline or OfflineOptions()

    @property
    def name(self) -> str:
        """What runs, for the page and the store."""
        return f"{SEGMENTATION_WEIGHT} + {self.embedding.weight}"

    def open_live(self, max_speakers: int | None = None) -> LiveDiarizer:
        """Begin one meeting."""
        clustering = replace(self._live.clustering, max_speakers=max_speakers)
        options = replace(self._live, clustering=clustering)
        return LiveDiarizer(self.segmentation, self.embedding, options)

    def diarize(
        self,
        read: Read,
        total_samples: int,
        options: DiarizeOptions | None = None,
        *,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Diarization:
        """Diarize a finished recording; see meetcore.diarization.offline.recording.diarize."""
        return diarize(
            read,
            total_samples,
            self.segmentation,
            self.embedding,
            options,
            self._offline,
            progress,
            cancelled,
        )


def load_open_diarizer(resolver: WeightSource, device: str = "auto") -> OpenDiarizer:
    """The diarizer of open weights.

    Raises
    ------
    ModelUnavailableError
        A weight or pyannote.audio is missing; the message says which and what to do.
    """
    where = pick_device(device)
    segmentation = load_segmentation(resolver.resolve(SEGMENTATION_WEIGHT), where)
    return OpenDiarizer(segmentation, load_embedding(resolver.resolve(EMBEDDING_WEIGHT), where))


def load_diarizer(
    setting: str, resolver: WeightSource, *, hf_token: str | None = None, device: str = "auto"
) -> Diarizer:
    """The diarizer a setting asks for.

    Parameters
    ----------
    setting : str
        "auto" or "open" for the open weights; a folder (or its config.yaml) with a pyannote
        pipeline; else the id of a pipeline on the hub.

    Raises
    ------
    ModelUnavailableError
        It cannot be had; the message gives the reason and the remedy.
    """
    if setting in ("auto", "open"):
        return load_open_diarizer(resolver, device)
    if setting == "off":
        raise ModelUnavailableError(
            "Speakers are switched off. Set MEETCORE_DIARIZER=auto to have them."
        )
    from meetcore.diarization.pyannote_pipeline import PyannotePipelineDiarizer, load_pipeline

    pipeline = load_pipeline(setting, hf_token, pick_device(device))
    # Live needs window-by-window parts tuned together, which only the open weights give.
    return PyannotePipelineDiarizer(setting, pipeline, load_open_diarizer(resolver, device))


def pick_device(device: str) -> str:
    """Where models run: "auto" takes a GPU where torch sees one."""
    if device != "auto":
        return device
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
