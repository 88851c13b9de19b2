"""A voice as a vector: which numbers stay the same when one person speaks again."""

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
"""One row per voice, shape (n_speakers, dimension), unit length; NaN where nothing was heard."""

Embedding = npt.NDArray[np.float32]
"""One voice, shape (dimension,), unit length."""

Masks = npt.NDArray[np.bool_]
"""When each voice is alone, shape (n_speakers, n_frames), frames spread evenly over the samples."""

Frames = npt.NDArray[np.int64]
"""Positions of feature frames, growing."""

_FEATURE_SIZE_SAMPLES = SAMPLE_RATE // 40
_LENGTH_STEP = 4
"""Feature frames that lengths are multiples of. Voices of one length are embedded as a batch,
which took 13 ms for each of five one-second pieces where single ones took 19 ms."""
_LEAST_FEATURES = 20
"""Feature frames (10 ms each) below which the statistics over time mean nothing."""


class EmbeddingModel(Protocol):
    """A model that turns speech into a voice vector; safe from several threads."""

    @property
    def weight(self) -> str:
        """Name in the catalogue of the weight that makes these vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
        """Embed each masked voice of one stretch of audio.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        masks : np.ndarray, shape (n_speakers, n_frames), bool, optional
            Which part of the audio to listen to for each voice; all of it when absent.

        Returns
        -------
        np.ndarray, shape (n_speakers, dimension), float32
            Rows of unit length; a row is NaN where less than 0.2 s was left to hear.

        Raises
        ------
        InferenceError
            The model failed on these samples.
        """
        ...


def single_thread(threads: int = 1) -> None:
    """Let torch use `threads` CPU threads; the identifier calls this once before loading.

    The models here run whole batches of small operations. Measured on 2 shared cores, the
    default pool spins: a 10 s segmentation cost 42 CPU-ms with one thread, 1600 with two.
    """
    import torch

    torch.set_num_threads(threads)


def _select(masks: Masks, n_features: int) -> Masks:
    """Spread each mask over the feature frames: shape (n_speakers, n_features)."""
    index = (np.arange(n_features) + 0.5) * (masks.shape[1] / n_features)
    selected: Masks = masks[:, index.astype(np.int64)]
    return selected


def _whole_steps(frames: Frames) -> Frames:
    """Without the last few, so that many masks have one length."""
    return frames[: len(frames) - len(frames) % _LENGTH_STEP]


def _of_one_length(heard: Sequence[Frames]) -> list[list[int]]:
    """Positions of those equally long; what is too short to embed is left out."""
    rows: dict[int, list[int]] = {}
    for row, frames in enumerate(heard):
        if len(frames) >= _LEAST_FEATURES:
            rows.setdefault(len(frames), []).append(row)
    return list(rows.values())


class CamPlusPlusEmbedding:
    """CAM++ on mean-normalised Kaldi filter banks.

    Features of a voice's own frames are gathered before the trunk, so that no other voice
    leaks into its context, and all voices of a window together cost about one trunk pass.
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
        """Length of a vector."""
        return EMBEDDING_DIMENSION

    def embed(self, samples: Samples, masks: Masks | None = None) -> Embeddings:
        """Embed each masked voice; see EmbeddingModel."""
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
            heard = [_whole_steps(np.flatnonzero(mask)) for mask in wanted]
            for rows in _of_one_length(heard):
                frames = self._torch.from_numpy(np.stack([heard[row] for row in rows]))
                result[rows] = self._embed(features[frames])
        except RuntimeError as error:
            raise InferenceError(f"Embedding {samples.shape} samples failed ({error}).") from error
        return result

    def _features(self, samples: Samples) -> Any:
        """Log mel energies, shape (n_features, 80), 10 ms apart."""
        from torchaudio.compliance import kaldi

        audio = self._torch.tensor(samples)[None]  # a copy: recordings may be read-only
        return kaldi.fbank(audio, num_mel_bins=80, sample_frequency=SAMPLE_RATE, dither=0.0)

    def _embed(self, features: Any) -> Embeddings:
        """One vector per item of a batch, shape (n_items, n_features, 80)."""
        with self._lock, self._torch.inference_mode():
            centred = (features - features.mean(1, keepdim=True)).to(self._device)
            vectors = self._model(centred).cpu().numpy().astype(np.float32)
        if not np.isfinite(vectors).all():
            # Left in, one of them would spoil all sums of voices it became part of.
            raise InferenceError(f"{self.weight} gave no numbers for a voice; it is passed over.")
        normalised: Embeddings = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return normalised


def load_embedding(path: Path, device: str = "cpu") -> CamPlusPlusEmbedding:
    """Load CAM++ from a checkpoint whose checksum the resolver has verified.

    Raises
    ------
    ModelUnavailableError
        The file does not hold exactly this network.
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
