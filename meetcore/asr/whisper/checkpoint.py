"""Reads OpenAI's Whisper checkpoints (.pt)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from meetcore.errors import ModelUnavailableError


def read_checkpoint(path: Path) -> tuple[dict[str, int], dict[str, Any]]:
    """The dimensions of a Whisper model, and its torch tensors by name.

    Raises
    ------
    ModelUnavailableError
        The file is not a Whisper checkpoint; give another one.
    """
    import torch

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        return loaded["dims"], loaded["model_state_dict"]
    except Exception as error:  # torch.load raises anything from KeyError to UnpicklingError
        raise not_a_checkpoint(path, error) from error


def not_a_checkpoint(path: Path, error: Exception) -> ModelUnavailableError:
    """The error for a file with another layout than OpenAI's."""
    return ModelUnavailableError(
        f"{path.name} is not a Whisper checkpoint ({type(error).__name__}: {error});"
        " name a .pt file as OpenAI publishes them, or a weight of the catalogue."
    )
