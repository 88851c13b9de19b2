"""Silero VAD in numpy: the published network without torch, on many frames at once.

Importing the `silero-vad` package sets torch to one thread for the whole process, so only its
weight file is used. Source: github.com/snakers4/silero-vad (MIT), the 16 kHz network.
"""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path

import numpy as np
import numpy.typing as npt

from meetcore.asr.vad.activity import Activity, EnergyActivity, Probabilities
from meetcore.asr.vad.levels import FRAME_SAMPLES
from meetcore.errors import ModelUnavailableError
from meetcore.installation import PIP_INSTALL, REINSTALL
from meetcore.records import Samples

logger = logging.getLogger(__name__)

CONTEXT_SAMPLES = 64
"""Samples of the previous frame that are put before each frame."""
_FFT = 256
_HOP = 128
_BINS = _FFT // 2 + 1
_CONVOLUTIONS = {"conv1": 1, "conv2": 2, "conv3": 2, "conv4": 1}
"""Stride of each convolution, in order."""
_BLOCK = 1024
"""Frames convolved at once (33 s of audio), to bound memory on long recordings."""

Array = npt.NDArray[np.float32]


def load_activity() -> Activity:
    """A new detector: Silero VAD where its weights are installed, else the energy detector."""
    try:
        return SileroActivity(silero_weights())
    except ModelUnavailableError as error:
        logger.info("voice activity by level only: %s", error)
        return EnergyActivity()


def silero_weights() -> dict[str, Array]:
    """Weights of the 16 kHz network, by name, from the installed `silero-vad` package.

    The package itself is not imported.

    Returns
    -------
    dict of str to np.ndarray, float32
        With torch's shapes: (n_outputs, n_inputs, n_taps) for a convolution.

    Raises
    ------
    ModelUnavailableError
        The package is missing, or has no such file (another version); install it.
    """
    spec = importlib.util.find_spec("silero_vad")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        path = Path(folder) / "data" / "silero_vad_16k.safetensors"
        if path.is_file():
            return _read_weights(path)
    raise ModelUnavailableError(f"Silero VAD's weights are not installed; run: {REINSTALL}")


def _read_weights(path: Path) -> dict[str, Array]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelUnavailableError(
            f"Silero VAD's weights in {path.name} cannot be read ({error}); run:"
            f" {PIP_INSTALL} --force-reinstall --no-deps 'silero-vad>=6.2'"
        ) from error


class SileroActivity:
    """Silero VAD with the state of its recurrent layer; one object per stream and thread.

    Parameters
    ----------
    weights : float32 arrays with torch's shapes, by their published names (see ``silero_weights``)
    """

    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = weights
        self._spectrum = np.ascontiguousarray(weights["stft_conv.weight"][:, 0, :].T)
        self._recurrent = np.ascontiguousarray(weights["lstm_cell.weight_hh"].T)
        # Contiguous copies: numpy does not use BLAS for slices of the published layout.
        self._taps = {
            name: [np.ascontiguousarray(weights[f"{name}.weight"][:, :, tap].T) for tap in range(3)]
            for name in _CONVOLUTIONS
        }
        self.reset()

    def reset(self) -> None:
        """Clear the recurrent state and the context."""
        self._hidden = np.zeros(128, dtype=np.float32)
        self._cell = np.zeros(128, dtype=np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        """The probability of speech in each frame, continuing from the last call; see Activity.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Returns
        -------
        np.ndarray, shape (n_frames,), float32 in [0, 1]
            One per 512 samples; the last frame may be partial.
        """
        step = _BLOCK * FRAME_SAMPLES
        parts = [
            self._block(samples[start : start + step]) for start in range(0, samples.shape[0], step)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def _block(self, samples: Samples) -> Probabilities:
        count = -(-samples.shape[0] // FRAME_SAMPLES)
        audio = np.zeros(CONTEXT_SAMPLES + count * FRAME_SAMPLES, dtype=np.float32)
        audio[:CONTEXT_SAMPLES] = self._context
        audio[CONTEXT_SAMPLES : CONTEXT_SAMPLES + samples.shape[0]] = samples
        self._context = audio[-CONTEXT_SAMPLES:].copy()
        width = CONTEXT_SAMPLES + FRAME_SAMPLES
        frames = np.lib.stride_tricks.sliding_window_view(audio, width)[::FRAME_SAMPLES]
        return self._recurrence(self._features(frames))

    def _features(self, frames: Array) -> Array:
        """The convolutional part: (n_frames, 576) samples to (n_frames, 128) features."""
        mirrored = frames[:, -2 : -CONTEXT_SAMPLES - 2 : -1]
        padded = np.concatenate((frames, mirrored), axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(padded, _FFT, axis=1)[:, ::_HOP]
        bins = windows @ self._spectrum
        hidden = np.sqrt(bins[..., :_BINS] ** 2 + bins[..., _BINS:] ** 2)
        for name, stride in _CONVOLUTIONS.items():
            hidden = self._convolution(hidden, name, stride)
        return hidden[:, 0, :]

    def _convolution(self, inputs: Array, name: str, stride: int) -> Array:
        """Convolution of 3 taps with padding 1, and ReLU: (n, steps, in) to (n, steps, out)."""
        padded = np.pad(inputs, ((0, 0), (1, 1), (0, 0)))
        steps = (padded.shape[1] - 3) // stride + 1
        output = sum(
            padded[:, tap : tap + stride * (steps - 1) + 1 : stride] @ weight
            for tap, weight in enumerate(self._taps[name])
        )
        return np.maximum(output + self._weights[f"{name}.bias"], 0.0)

    def _recurrence(self, features: Array) -> Probabilities:
        """The LSTM and the output unit: (n_frames, 128) features to probabilities."""
        weights = self._weights
        driven = features @ weights["lstm_cell.weight_ih"].T
        driven += weights["lstm_cell.bias_ih"] + weights["lstm_cell.bias_hh"]
        states = np.empty((features.shape[0], 128), dtype=np.float32)
        hidden, cell = self._hidden, self._cell
        for index, inputs in enumerate(driven):
            gates = inputs + hidden @ self._recurrent
            opened = _sigmoid(gates)
            cell = opened[128:256] * cell + opened[:128] * np.tanh(gates[256:384])
            hidden = opened[384:] * np.tanh(cell)
            states[index] = hidden
        self._hidden, self._cell = hidden, cell
        scores = np.maximum(states, 0.0) @ weights["final_conv.weight"][0, :, 0]
        return _sigmoid(scores + weights["final_conv.bias"])


def _sigmoid(values: Array) -> Array:
    # By way of tanh, which cannot overflow as exp does.
    result: Array = np.float32(0.5) * (np.tanh(values * np.float32(0.5)) + np.float32(1.0))
    return result
