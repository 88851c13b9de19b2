"""Speaker embeddings: speech as a vector that is similar for speech of the same person."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from meetcore.diarization.campplus import EMBEDDING_DIMENSION, CamPlusPlus
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.installation import command
from meetcore.records import SAMPLE_RATE, Samples

Embeddings = npt.NDArray[np.float32]
"""Shape (n_speakers, dimension), float32, rows of unit length; NaN where there is no speech."""

Embedding = npt.NDArray[np.float32]
"""Shape (dimension,), float32, unit length."""

Masks = npt.NDArray[np.bool_]
"""Speech of each speaker, shape (n_speakers, n_frames), bool, frames even over the samples."""

Frames = npt.NDArray[np.int64]
"""Positions of feature frames (10 ms), shape (n_frames,), int64, ascending."""

_FEATURE_SIZE_SAMPLES = SAMPLE_RATE // 40
_LENGTH_STEP = 4
"""Lengths are cut to a multiple of so many feature frames, so that more speech of equal length is
embedded in one batch (13 ms per second of speech in batches of five, 19 ms one by one)."""
_MIN_FEATURES = 20
"""Feature frames (10 ms each) below which statistics over time are meaningless."""


class EmbeddingModel(Protocol):
    """A speaker embedding model; safe from several threads."""

    @property
    def weight(self) -> str:
        """Name in the catalogue of the weight that makes these vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        ...

    def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
        """Embed the speech of each speaker in some audio.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        masks : np.ndarray, shape (n_speakers, n_frames), bool, optional
            The part of the audio to embed for each speaker; None embeds all of it as one.

        Returns
        -------
        np.ndarray, shape (n_speakers, dimension), float32
            Rows of unit length; NaN where a mask leaves less than 0.2 s of audio.

        Raises
        ------
        InferenceError
            The model failed on these samples; others may still work.
        """
        ...


def _select(masks: Masks, n_features: int) -> Masks:
    """Masks resampled to the feature frames, shape (n_speakers, n_features)."""
    index = (np.arange(n_features) + 0.5) * (masks.shape[1] / n_features)
    selected: Masks = masks[:, index.astype(np.int64)]
    return selected


def _whole_steps(frames: Frames) -> Frames:
    """The frames without the last few, so that many masks have the same length."""
    return frames[: len(frames) - len(frames) % _LENGTH_STEP]


def _of_one_length(items: Sequence[Frames]) -> list[list[int]]:
    """Indices of items grouped by length; items too short to embed are left out."""
    rows: dict[int, list[int]] = {}
    for row, frames in enumerate(items):
        if len(frames) >= _MIN_FEATURES:
            rows.setdefault(len(frames), []).append(row)
    return list(rows.values())


class CamPlusPlusEmbedding:
    """CAM++ on mean-normalised Kaldi filter banks.

    Masks select feature frames before the network runs, so that no other speaker's frames are in
    its context, and all speakers of a window together cost about one pass.
    """

    def __init__(self, model: CamPlusPlus, device: str = "cpu") -> None:
        import torch

        self._torch = torch
        self._device = torch.device(device)
        self._model = model
        self._lock = threading.Lock()

    @property
    def weight(self) -> str:
        """Name in the catalogue of the weight that makes these vectors."""
        return "campplus"

    @property
    def dimension(self) -> int:
        """Length of an embedding."""
        return EMBEDDING_DIMENSION

    def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
        """Embed the speech of each speaker (see ``EmbeddingModel.embed``, errors included).

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        masks : np.ndarray, shape (n_speakers, n_frames), bool, optional

        Returns
        -------
        np.ndarray, shape (n_speakers, 192), float32
        """
        n_speakers = 1 if masks is None else masks.shape[0]
        result = np.full((n_speakers, self.dimension), np.nan, dtype=np.float32)
        if samples.shape[0] < _FEATURE_SIZE_SAMPLES:
            return result
        try:
            features = self._features(samples)
            wanted = (
                np.ones((1, features.shape[0]), dtype=np.bool_)
                if masks is None
                else _select(masks, features.shape[0])
            )
            selected = [_whole_steps(np.flatnonzero(mask)) for mask in wanted]
            for rows in _of_one_length(selected):
                frames = self._torch.from_numpy(np.stack([selected[row] for row in rows]))
                result[rows] = self._embed(features[frames])
        except RuntimeError as error:
            raise InferenceError(f"Embedding {samples.shape} samples failed ({error}).") from error
        return result

    def _features(self, samples: Samples) -> Any:
        """Log mel energies, torch.Tensor of shape (n_features, 80), 10 ms apart."""
        from torchaudio.compliance import kaldi

        audio = self._torch.tensor(samples)[None]  # copies: torch warns about read-only arrays
        return kaldi.fbank(audio, num_mel_bins=80, sample_frequency=SAMPLE_RATE, dither=0.0)

    def _embed(self, features: Any) -> Embeddings:
        """Embeddings, shape (n_items, 192), of features of shape (n_items, n_features, 80)."""
        with self._lock, self._torch.inference_mode():
            centred = (features - features.mean(1, keepdim=True)).to(self._device)
            vectors = self._model(centred).cpu().numpy().astype(np.float32)
        if not np.isfinite(vectors).all():
            # One NaN vector would spoil every sum of voices that it became part of.
            raise InferenceError(f"{self.weight} gave no numbers for a voice; it is passed over.")
        normalised: Embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised


def load_embedding(path: Path, device: str = "cpu") -> CamPlusPlusEmbedding:
    """Load CAM++ from a checkpoint.

    Raises
    ------
    ModelUnavailableError
        The file does not hold exactly this network; fetch it again.
    """
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        model = CamPlusPlus(state, device)
    except Exception as error:  # unpicklers raise anything
        raise ModelUnavailableError(
            f"{path.name} is not the CAM++ weight ({type(error).__name__}: {error}). "
            f"Fetch it again: {command('weights pull campplus')}."
        ) from error
    return CamPlusPlusEmbedding(model, device)
