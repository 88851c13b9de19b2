"""Speaker segmentation: the activity of up to three local speakers in a short window."""

from __future__ import annotations

import os
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from meetcore.errors import InferenceError, ModelUnavailableError, first_cause
from meetcore.installation import REINSTALL, command
from meetcore.records import SAMPLE_RATE, Samples

Activity = npt.NDArray[np.float32]
"""Probability of activity, shape (n_frames, n_local_speakers), float32 in [0, 1]."""


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """Positions of a model's frames: frame i covers `size_samples` from `i * step_samples` on."""

    step_samples: int
    size_samples: int

    def count(self, n_samples: int) -> int:
        """Number of frames a model gives for `n_samples` samples.

        >>> FrameGrid(270, 991).count(160_000)
        589
        """
        return max(0, (n_samples - self.size_samples) // self.step_samples + 1)

    def edge(self, frame: int) -> float:
        """Start in seconds of the step around the centre of a frame.

        These steps follow each other without gaps or overlap, as the frames themselves do not.
        """
        return (frame * self.step_samples + (self.size_samples - self.step_samples) / 2) / (
            SAMPLE_RATE
        )


class SegmentationModel(Protocol):
    """A model that separates the speakers inside one window; safe from several threads."""

    @property
    def grid(self) -> FrameGrid:
        """Positions of the frames."""
        ...

    @property
    def window_samples(self) -> int:
        """Length of the windows the model was trained on."""
        ...

    def activity(self, windows: Samples) -> Activity:
        """Activity of the local speakers in windows of one length.

        Parameters
        ----------
        windows : np.ndarray, shape (n_windows, n_samples), float32, 16 kHz

        Returns
        -------
        np.ndarray, shape (n_windows, n_frames, n_local_speakers), float32
            Probability of activity; speakers are in another order in each window.

        Raises
        ------
        InferenceError
            The model failed on these samples; others may still work.
        """
        ...


def quiet_pyannote() -> None:
    """Import pyannote.audio without its telemetry and its warning about torchcodec.

    Meetcore decodes with PyAV and passes waveforms, so torchcodec is not needed.

    Raises
    ------
    ModelUnavailableError
        It cannot be imported; install the tested set of packages.
    """
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pyannote.audio  # noqa: F401
        except Exception as error:  # a broken torch or torchaudio raises OSError and others
            cause = first_cause(error)
            raise ModelUnavailableError(
                f"pyannote.audio cannot be imported ({type(cause).__name__}: {cause}). "
                f"Install the tested set: {REINSTALL}."
            ) from error


class PyannoteSegmentation:
    """pyannote's segmentation-3.0 (a powerset PyanNet) on 10 s windows.

    Source: Plaquet & Bredin 2023, "Powerset multi-class cross entropy loss for neural
    speaker diarization". A speaker's activity is the sum over the classes that contain it.

    Raises
    ------
    ModelUnavailableError
        The model is not a powerset model; use segmentation-3.0.
    """

    def __init__(self, model: Any, device: str) -> None:
        import torch
        from pyannote.audio.utils.powerset import Powerset

        specifications = model.specifications
        if not specifications.powerset:
            raise ModelUnavailableError(
                "This segmentation checkpoint is not a powerset model. Use segmentation-3.0."
            )
        self._torch = torch
        self._device = torch.device(device)
        self._model = model.eval().float().to(self._device)
        powerset = Powerset(len(specifications.classes), specifications.powerset_max_classes)
        self._mapping = powerset.mapping.to(self._device)
        self._lock = threading.Lock()
        field = model.receptive_field
        self._grid = FrameGrid(
            step_samples=round(field.step * SAMPLE_RATE),
            size_samples=round(field.duration * SAMPLE_RATE),
        )
        self._window_samples: int = round(specifications.duration * SAMPLE_RATE)

    @property
    def grid(self) -> FrameGrid:
        """Positions of the frames."""
        return self._grid

    @property
    def window_samples(self) -> int:
        """Length of the windows the model was trained on."""
        return self._window_samples

    def activity(self, windows: Samples) -> Activity:
        """Activity of the local speakers (see ``SegmentationModel.activity``, errors included).

        Parameters
        ----------
        windows : np.ndarray, shape (n_windows, n_samples), float32, 16 kHz

        Returns
        -------
        np.ndarray, shape (n_windows, n_frames, n_speakers), float32 in [0, 1]
        """
        try:
            with self._lock, self._torch.inference_mode():
                audio = self._torch.tensor(windows)
                scores = self._model(audio[:, None].to(self._device))
                marginals = scores.exp() @ self._mapping
                result: Activity = marginals.cpu().numpy().astype(np.float32)
        except RuntimeError as error:
            raise InferenceError(
                f"Segmentation failed on {windows.shape} samples ({error})."
            ) from error
        if not np.isfinite(result).all():
            raise InferenceError(
                f"Segmentation gave no numbers for {windows.shape} samples; they are passed over."
            )
        return result


def load_segmentation(path: Path, device: str = "cpu") -> PyannoteSegmentation:
    """Load a segmentation checkpoint.

    The checkpoint is unpickled, which can run code: pass only a file with a verified checksum.

    Raises
    ------
    ModelUnavailableError
        The file is missing or is not such a checkpoint; the message says which, and the remedy.
    """
    quiet_pyannote()
    from pyannote.audio import Model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = Model.from_pretrained(path)
        except KeyError as error:
            raise ModelUnavailableError(
                f"{path.name} was saved by another generation of pyannote.audio than the one"
                f" installed, which looks for {error} in it. Install the tested version:"
                f" {REINSTALL}."
            ) from error
        except Exception as error:
            raise ModelUnavailableError(
                f"{path.name} cannot be loaded as a segmentation model "
                f"({type(error).__name__}: {error}). "
                f"Fetch it again: {command('weights pull segmentation-3.0')}."
            ) from error
    if model is None:
        raise ModelUnavailableError(
            f"{path.name} is not there. Fetch it: {command('weights pull segmentation-3.0')}."
        )
    return PyannoteSegmentation(model, device)
