"""Moonshine's encoder and merged decoder on ONNX Runtime: greedy decoding with a forced prefix.

Source: Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription and Voice
Commands"; the publisher's moonshine_onnx/model.py for names and shapes of the decoder's inputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from meetcore.asr.moonshine.alignment import Attention
from meetcore.asr.moonshine.onnx_graph import with_branch_outputs
from meetcore.asr.moonshine.vocabulary import END, START
from meetcore.asr.repetition import loop_start
from meetcore.records import Samples

ENCODER, DECODER = "encoder_model.onnx", "decoder_model_merged.onnx"
SHORTEST_SAMPLES = 1_600
"""0.1 s, the least the publisher transcribes; the convolutions need 895 samples."""
LOOP_CHECK = 16
"""Tokens between two looks whether the decoder is in a loop."""

ALIGNMENT_HEADS = {
    6: ((3, 5), (4, 1), (4, 2), (5, 1), (5, 4), (5, 5)),
    8: ((5, 0), (5, 3), (5, 4), (6, 0), (6, 4), (6, 7)),
}
"""(layer, head) of tiny (6 layers) and base (8) whose attention lies most within the word: 64 to
81 % of it, over 1,380 words of clean English speech that Whisper's tiny.en has timed."""

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Generated:
    """Newly decoded tokens of one window, with their scores."""

    tokens: tuple[int, ...]
    log_probabilities: npt.NDArray[np.float64]
    """Shape (n_tokens,), or one more for the end of text where it was reached."""
    no_speech_probability: float
    """Probability of the end of text before any word of the window."""
    capped: bool
    """Stopped by the token cap or by a loop."""
    attention: Attention
    """Rows of the prefix, the new tokens, and the end of text where it was reached."""


class MoonshineModel:
    """Both networks of one weight. Calls run on the caller's thread, in parallel if several call.

    Parameters
    ----------
    folder : holds ENCODER and DECODER
    n_text_tokens : tokens from this id on are never chosen

    Raises
    ------
    OSError, ValueError
        A file is missing, or is not such a network. ONNX Runtime raises errors of its own.
    """

    def __init__(self, folder: Path, n_text_tokens: int) -> None:
        decoder = (folder / DECODER).read_bytes()
        layers = _layers(decoder)
        heads = ALIGNMENT_HEADS.get(layers) or ((layers - 2, None),)
        used = sorted({layer for layer, _ in heads})
        self._attention_names = [_attention_name(layer) for layer in used]
        self._heads = [(used.index(layer), head) for layer, head in heads]
        self._encoder = _session(str(folder / ENCODER))
        self._decoder = _session(with_branch_outputs(decoder, self._attention_names))
        self._n_text_tokens = n_text_tokens
        kinds = [(layer, kind) for layer in range(layers) for kind in ("key", "value")]
        self._own = [f"{layer}.decoder.{kind}" for layer, kind in kinds]
        self._cross = [f"{layer}.encoder.{kind}" for layer, kind in kinds]
        shapes = {each.name: each.shape for each in self._decoder.get_inputs()}
        _, n_heads, _, width = shapes[f"past_key_values.{self._own[0]}"]
        # Without a cache the decoder still wants its inputs, with no items.
        self._empty = np.zeros((0, n_heads, 1, width), dtype=np.float32)

    def encode(self, samples: Samples) -> Numbers:
        """Encoder output, shape (1, n_frames, width), float32, 41.7 frames a second.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz, at least SHORTEST_SAMPLES
        """
        (hidden,) = self._encoder.run(None, {"input_values": samples[None]})
        result: Numbers = hidden
        return result

    def generate(
        self, hidden: Numbers, prefix: Sequence[int], cap: int, draft: Sequence[int] = ()
    ) -> Generated:
        """The likeliest next token again and again, after a prefix that costs one pass in all.

        Parameters
        ----------
        hidden : the encoder's output
        prefix : tokens of text that the window begins with
        cap : most new tokens
        draft : what probably follows the prefix. It is read in the same pass and kept as far as
            each of its tokens is the likeliest, so that only what follows costs a step a token.
        """
        steps = _Steps(self, hidden)
        scores = steps.first([START, *prefix, *draft])
        no_speech = float(np.exp(_log_softmax(scores[0, : self._n_text_tokens])[END]))
        chosen = _Chosen(cap)
        position = len(prefix)
        for expected in (*draft, None):
            chosen.take(scores[position, : self._n_text_tokens])
            if chosen.ended or chosen.latest != expected:
                break
            position += 1
        steps.keep(position + 1)
        while not chosen.ended:
            scores = steps.next(chosen.latest)
            chosen.take(scores[-1, : self._n_text_tokens])
        return Generated(
            tuple(chosen.tokens),
            np.asarray(chosen.log_probabilities),
            no_speech,
            chosen.capped,
            steps.attention(),
        )

    def _run(self, wanted: Sequence[str], inputs: dict[str, Any]) -> list[Any]:
        outputs: list[Any] = self._decoder.run([*wanted, *self._attention_names], inputs)
        return outputs


class _Chosen:
    """The tokens of one window, chosen one after the other.

    Parameters
    ----------
    cap : most tokens
    """

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self.tokens: list[int] = []
        self.log_probabilities: list[float] = []
        self.ended = False
        self.capped = False
        """Ended by the cap or by a loop, not by the end of text."""

    @property
    def latest(self) -> int:
        """The last token."""
        return self.tokens[-1]

    def take(self, scores: Numbers) -> None:
        """Choose the likeliest token, or end.

        Parameters
        ----------
        scores : np.ndarray, shape (n_text_tokens,), float32, unnormalised
        """
        logs = _log_softmax(scores)
        token = int(logs.argmax())
        self.log_probabilities.append(float(logs[token]))
        if token == END:
            self.ended = True
            return
        self.tokens.append(token)
        self.ended = self.capped = len(self.tokens) >= self._cap or _loops(self.tokens)


class _Steps:
    """The decoder's caches while one window is decoded."""

    def __init__(self, model: MoonshineModel, hidden: Numbers) -> None:
        self._model = model
        self._hidden = hidden
        self._caches: dict[str, Numbers] = {}
        self._rows: list[list[Numbers]] = []

    def first(self, tokens: Sequence[int]) -> Numbers:
        """Scores after each of the first tokens, shape (n_tokens, n_vocabulary)."""
        names = [*self._model._own, *self._model._cross]
        empty = {f"past_key_values.{name}": self._model._empty for name in names}
        return self._pass(tokens, names, empty, use_cache=False)

    def next(self, token: int) -> Numbers:
        """Scores after one more token, shape (1, n_vocabulary)."""
        return self._pass([token], self._model._own, self._caches, use_cache=True)

    def keep(self, count: int) -> None:
        """Drop what the first pass computed for tokens after the first `count`."""
        names = [f"past_key_values.{name}" for name in self._model._own]
        self._caches |= {
            name: np.ascontiguousarray(self._caches[name][:, :, :count]) for name in names
        }
        self._rows = [[layer[:, :count] for layer in rows] for rows in self._rows]

    def attention(self) -> Attention:
        """Weights of the alignment heads, shape (n_heads, n_tokens, n_frames)."""
        rows = [np.concatenate(layer, axis=1) for layer in zip(*self._rows, strict=True)]
        chosen = [
            rows[place] if head is None else rows[place][head : head + 1]
            for place, head in self._model._heads
        ]
        return np.concatenate(chosen)

    def _pass(
        self, tokens: Sequence[int], names: Sequence[str], past: dict[str, Numbers], use_cache: bool
    ) -> Numbers:
        inputs = {
            "input_ids": np.asarray([tokens], dtype=np.int64),
            "encoder_hidden_states": self._hidden,
            "use_cache_branch": np.asarray([use_cache]),
            **past,
        }
        wanted = ["logits", *(f"present.{name}" for name in names)]
        scores, *rest = self._model._run(wanted, inputs)
        self._caches |= {
            f"past_key_values.{name}": value
            for name, value in zip(names, rest[: len(names)], strict=True)
        }
        self._rows.append([layer[0] for layer in rest[len(names) :]])
        result: Numbers = scores[0]
        return result


def _session(model: str | bytes) -> Any:
    """An inference session that computes on the caller's thread alone."""
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _attention_name(layer: int) -> str:
    return f"/model/decoder/layers.{layer}/encoder_attn/Softmax_output_0"


def _layers(decoder: bytes) -> int:
    """Number of layers whose cross-attention the decoder computes."""
    pattern = re.escape(_attention_name(0)).replace("0/encoder", r"(\d+)/encoder", 1)
    found: Iterable[bytes] = re.findall(pattern.encode(), decoder)
    count = len(set(found))
    if count < 2:
        raise ValueError("it is not a merged decoder of Moonshine")
    return count


def _log_softmax(scores: Numbers) -> npt.NDArray[np.float64]:
    shifted = scores.astype(np.float64) - scores.max()
    result: npt.NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result


def _loops(tokens: Sequence[int]) -> bool:
    """Whether the newest tokens repeat themselves; looked at now and then, as it costs."""
    return len(tokens) % LOOP_CHECK == 0 and loop_start(tokens[-8 * LOOP_CHECK :]) is not None
