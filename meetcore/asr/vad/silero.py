"""Silero VAD in numpy: the published network, run on whole stretches at once, without torch.

The package's own loader sets torch to one thread for the whole process when it is imported, so
only its weights are taken. Source: github.com/snakers4/silero-vad (MIT), the 16 kHz network.
"""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from meetcore.asr.vad.activity import FRAME_SAMPLES, Activity, EnergyActivity, Probabilities
from meetcore.errors import ModelUnavailableError
from meetcore.installation import REINSTALL
from meetcore.records import Samples

CONTEXT_SAMPLES = 64
"""Samples of the previous frame that each frame sees again."""
_FFT = 256
_HOP = 128
_BINS = _FFT // 2 + 1
_CONVOLUTIONS = {"conv1": 1, "conv2": 2, "conv3": 2, "conv4": 1}
"""Layers and their strides."""
_BLOCK = 1024
"""Frames convolved at once (33 s of audio): bounds memory on long recordings."""

Array = npt.NDArray[np.float32]


def load_activity() -> Activity:
    """Silero VAD where its package is installed, else the energy detector."""
    try:
        return SileroActivity(silero_weights())
    except ModelUnavailableError:
        return EnergyActivity()


def silero_weights() -> dict[str, Array]:
    """The 16 kHz network's tensors from the installed `silero-vad` package, which isn't imported.

    Raises
    ------
    ModelUnavailableError
        The package is missing, or another version with other files.
    """
    spec = importlib.util.find_spec("silero_vad")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        path = Path(place) / "data" / "silero_vad_16k.safetensors"
        if path.is_file():
            return read_safetensors(path)
    raise ModelUnavailableError(f"Silero VAD's weights are not installed; run: {REINSTALL}")


def read_safetensors(path: Path) -> dict[str, Array]:
    """Float32 tensors of a safetensors file.

    Source: huggingface.co/docs/safetensors, "Format": a length, a JSON header, the bytes.
    """
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], dtype="<f4").reshape(
            entry["shape"]
        )
        for name, entry in header.items()
        if name != "__metadata__"
    }


class SileroActivity:
    """Silero VAD with its memory; one object per stream of audio, not for several threads.

    Parameters
    ----------
    weights : tensors by their published names (see ``silero_weights``)
    """

    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = weights
        self._spectrum = np.ascontiguousarray(weights["stft_conv.weight"][:, 0, :].T)
        self._recurrent = np.ascontiguousarray(weights["lstm_cell.weight_hh"].T)
        # Sliced out of the published layout their elements lie apart, and numpy leaves BLAS aside.
        self._taps = {
            name: [np.ascontiguousarray(weights[f"{name}.weight"][:, :, tap].T) for tap in range(3)]
            for name in _CONVOLUTIONS
        }
        self.reset()

    def reset(self) -> None:
        """Forget the audio heard so far."""
        self._hidden = np.zeros(128, dtype=np.float32)
        self._cell = np.zeros(128, dtype=np.float32)
        self._context = np.zeros(CONTEXT_SAMPLES, dtype=np.float32)

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        """One probability per frame of 512 samples; goes on from the previous call."""
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
        return self._remember(self._features(frames))

    def _features(self, frames: Array) -> Array:
        """The convolutional part, frame by frame alike: shape (n_frames, 128)."""
        mirrored = frames[:, -2 : -CONTEXT_SAMPLES - 2 : -1]
        padded = np.concatenate((frames, mirrored), axis=1)
        windows = np.lib.stride_tricks.sliding_window_view(padded, _FFT, axis=1)[:, ::_HOP]
        bins = windows @ self._spectrum
        hidden = np.sqrt(bins[..., :_BINS] ** 2 + bins[..., _BINS:] ** 2)
        for name, stride in _CONVOLUTIONS.items():
            hidden = self._convolution(hidden, name, stride)
        return hidden[:, 0, :]

    def _convolution(self, inputs: Array, name: str, stride: int) -> Array:
        """Three taps, one step of padding, then a rectifier; (n, steps, in) to (n, steps, out)."""
        padded = np.pad(inputs, ((0, 0), (1, 1), (0, 0)))
        steps = (padded.shape[1] - 3) // stride + 1
        output = sum(
            padded[:, tap : tap + stride * (steps - 1) + 1 : stride] @ weight
            for tap, weight in enumerate(self._taps[name])
        )
        return np.maximum(output + self._weights[f"{name}.bias"], 0.0)

    def _remember(self, features: Array) -> Probabilities:
        """The recurrent part: one step per frame, then the output unit."""
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
    # The hyperbolic tangent never overflows, where the exponential does.
    result: Array = np.float32(0.5) * (np.tanh(values * np.float32(0.5)) + np.float32(1.0))
    return result
