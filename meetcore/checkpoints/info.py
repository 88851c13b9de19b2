"""`CheckpointInfo`: what a file of weights contains."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CheckpointInfo:
    """What a file of weights contains, read without running any code in it."""

    path: Path
    size: int = 0
    """Bytes."""
    container: str = "unknown"
    """The file format: "torch zip", "torch legacy", "safetensors", "onnx", "ggml"…"""
    kind: str = ""
    """What it holds, where known: "pyannote.audio model", "openai-whisper model"."""
    written_by: tuple[tuple[str, str], ...] = ()
    """Libraries and versions that wrote it: ("pyannote.audio", "3.1.1"), ("torch", "2.1.1")…"""
    has_introspection: bool | None = None
    """Whether it has the key that pyannote.audio 2.x needs; None for other kinds."""
    architecture: str = ""
    """Class of the model: "pyannote.audio.models.segmentation.PyanNet.PyanNet"."""
    precision: tuple[str, ...] = ()
    """Number formats of its tensors: ("float32",)."""
    n_tensors: int = 0
    n_parameters: int = 0
    code: tuple[str, ...] = ()
    """Python names that unpickling would import, besides those of tensors and containers."""
    trouble: str = ""
    """Why it could not be read, and what to do; empty where it could."""

    def version_of(self, library: str) -> str | None:
        """The version of a library that wrote it."""
        return dict(self.written_by).get(library)
