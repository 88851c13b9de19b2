"""Converts OpenAI's Whisper checkpoints (.pt) to CTranslate2 model directories, once per file."""

from __future__ import annotations

import base64
import gzip
import hashlib
import itertools
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, cast

import numpy as np

from meetcore.asr.whisper.checkpoint import not_a_checkpoint, read_checkpoint
from meetcore.errors import ModelUnavailableError

logger = logging.getLogger(__name__)

Tensors = dict[str, Any]
"""OpenAI's state dict: torch tensors by name."""


def converted_model(checkpoint: Path, weight: str, cache_dir: Path) -> Path:
    """Directory of the converted weight; converts it on first use.

    Two processes may convert at once: each writes its own folder, and the first rename wins.

    Parameters
    ----------
    checkpoint : OpenAI's .pt, or another file with the same layout
    weight : Whisper's name for it ("tiny.en"); known names bring their alignment heads
    cache_dir : the folder of verified weights; the result goes to ``converted/`` inside

    Raises
    ------
    ModelUnavailableError
        The file is not a Whisper checkpoint, or the folder cannot be written; the message names
        the remedy.
    """
    with checkpoint.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    target = cache_dir / "converted" / f"{weight}-{digest[:8]}"
    if (target / "model.bin").is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise ModelUnavailableError(
            f"The cache folder {target.parent} cannot be written ({error});"
            " set MEETCORE_CACHE_DIR to a folder that can."
        ) from error
    try:
        convert(checkpoint, weight, scratch / "model")
        _move_into_place(scratch / "model", target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    logger.info("converted %s for CTranslate2 into %s", weight, target)
    return target


def _move_into_place(source: Path, target: Path) -> None:
    try:
        os.replace(source, target)
    except OSError:
        # Another process was faster; its result has the same content.
        if not (target / "model.bin").is_file():
            raise


def convert(checkpoint: Path, weight: str, output: Path) -> None:
    """Write an OpenAI checkpoint as a CTranslate2 model into the new folder `output`.

    Raises
    ------
    ModelUnavailableError
        The file is not a Whisper checkpoint; give another one.
    """
    from ctranslate2.specs import WhisperSpec

    dims, tensors = read_checkpoint(checkpoint)
    try:
        spec = WhisperSpec(
            dims["n_audio_layer"], dims["n_audio_head"], dims["n_text_layer"], dims["n_text_head"]
        )
        _fill_encoder(spec.encoder, tensors)
        _fill_decoder(spec.decoder, tensors)
    except Exception as error:  # a file with other tensors raises KeyError, ValueError and others
        raise not_a_checkpoint(checkpoint, error) from error
    _describe(spec, weight, dims)
    spec.validate()
    spec.optimize(quantization=_stored_type(tensors))
    output.mkdir(parents=True)
    spec.save(str(output))


def _stored_type(tensors: Tensors) -> str:
    """Number type of the checkpoint itself, so that the conversion loses no precision."""
    return str(tensors["decoder.token_embedding.weight"].dtype).removeprefix("torch.")


def _describe(spec: Any, weight: str, dims: dict[str, int]) -> None:
    """Add the vocabulary and the token ids of config.json, from openai-whisper's tokenizer."""
    from meetcore.asr.whisper.tokenizer import WhisperTokens

    multilingual = dims["n_vocab"] >= 51_865
    tokens = WhisperTokens(multilingual, dims["n_vocab"] - 51_765 - int(multilingual))
    tokenizer = tokens.tokenizer()
    encoding = tokenizer.encoding
    # Only the ids are used; Latin-1 maps every byte to one character, so each token has a spelling.
    vocabulary = [
        encoding.decode_single_token_bytes(token).decode("latin-1")
        for token in range(dims["n_vocab"])
    ]
    spec.register_vocabulary(vocabulary)
    special = (
        tokenizer.transcribe,
        tokenizer.translate,
        tokenizer.sot,
        tokenizer.sot_prev,
        tokenizer.sot_lm,
        tokenizer.no_speech,
    )
    spec.config.suppress_ids = sorted({*tokenizer.non_speech_tokens, *special})
    spec.config.suppress_ids_begin = [*tokenizer.encoding.encode(" "), tokenizer.eot]
    spec.config.lang_ids = list(tokenizer.all_language_tokens)
    spec.config.alignment_heads = alignment_heads(weight, dims["n_text_layer"], dims["n_text_head"])


def alignment_heads(weight: str, layers: int, heads: int) -> list[tuple[int, int]]:
    """(layer, head) pairs whose cross-attention follows the audio, for word times.

    Published weights have known pairs (openai-whisper's ``_ALIGNMENT_HEADS``). For others they
    are all heads of the upper half of the layers, as openai-whisper takes by default.

    Parameters
    ----------
    weight : Whisper's name for the weight
    layers, heads : layers of the decoder, heads per layer
    """
    import whisper

    dump = whisper._ALIGNMENT_HEADS.get(weight)
    if dump is None:
        return list(itertools.product(range(layers // 2, layers), range(heads)))
    flags = np.frombuffer(gzip.decompress(base64.b85decode(dump)), dtype=bool)
    if flags.size != layers * heads:
        return list(itertools.product(range(layers // 2, layers), range(heads)))
    pairs = np.argwhere(flags.reshape(layers, heads))
    return [(int(layer), int(head)) for layer, head in pairs]


def _fill_encoder(spec: Any, tensors: Tensors) -> None:
    spec.conv1.weight = _array(tensors, "encoder.conv1.weight")
    spec.conv1.bias = _array(tensors, "encoder.conv1.bias")
    spec.conv2.weight = _array(tensors, "encoder.conv2.weight")
    spec.conv2.bias = _array(tensors, "encoder.conv2.bias")
    spec.position_encodings.encodings = _array(tensors, "encoder.positional_embedding")
    _fill_norm(spec.layer_norm, tensors, "encoder.ln_post")
    for index, layer in enumerate(spec.layer):
        block = f"encoder.blocks.{index}"
        _fill_self_attention(layer.self_attention, tensors, block)
        _fill_feed_forward(layer.ffn, tensors, block)


def _fill_decoder(spec: Any, tensors: Tensors) -> None:
    embedding = _array(tensors, "decoder.token_embedding.weight")
    spec.embeddings.weight = embedding
    spec.projection.weight = embedding
    spec.position_encodings.encodings = _array(tensors, "decoder.positional_embedding")
    _fill_norm(spec.layer_norm, tensors, "decoder.ln")
    for index, layer in enumerate(spec.layer):
        block = f"decoder.blocks.{index}"
        _fill_self_attention(layer.self_attention, tensors, block)
        _fill_cross_attention(layer.attention, tensors, block)
        _fill_feed_forward(layer.ffn, tensors, block)


def _fill_self_attention(spec: Any, tensors: Tensors, block: str) -> None:
    """Self-attention: one fused matrix of queries, keys and values."""
    _fill_norm(spec.layer_norm, tensors, f"{block}.attn_ln")
    _fill_fused(spec.linear[0], tensors, f"{block}.attn", ("query", "key", "value"))
    _fill_fused(spec.linear[1], tensors, f"{block}.attn", ("out",))


def _fill_cross_attention(spec: Any, tensors: Tensors, block: str) -> None:
    """Cross-attention: queries from the text, keys and values (fused) from the audio."""
    _fill_norm(spec.layer_norm, tensors, f"{block}.cross_attn_ln")
    _fill_fused(spec.linear[0], tensors, f"{block}.cross_attn", ("query",))
    _fill_fused(spec.linear[1], tensors, f"{block}.cross_attn", ("key", "value"))
    _fill_fused(spec.linear[2], tensors, f"{block}.cross_attn", ("out",))


def _fill_feed_forward(spec: Any, tensors: Tensors, block: str) -> None:
    _fill_norm(spec.layer_norm, tensors, f"{block}.mlp_ln")
    _fill_fused(spec.linear_0, tensors, f"{block}.mlp", ("0",))
    _fill_fused(spec.linear_1, tensors, f"{block}.mlp", ("2",))


def _fill_fused(spec: Any, tensors: Tensors, prefix: str, names: tuple[str, ...]) -> None:
    """Stack the named linear layers; a missing bias (Whisper's keys have none) becomes zero."""
    weights = [_array(tensors, f"{prefix}.{name}.weight") for name in names]
    biases = [
        _array(tensors, f"{prefix}.{name}.bias")
        if f"{prefix}.{name}.bias" in tensors
        else np.zeros(weight.shape[0], dtype=weight.dtype)
        for name, weight in zip(names, weights, strict=True)
    ]
    spec.weight = np.concatenate(weights)
    spec.bias = np.concatenate(biases)


def _fill_norm(spec: Any, tensors: Tensors, name: str) -> None:
    spec.gamma = _array(tensors, f"{name}.weight")
    spec.beta = _array(tensors, f"{name}.bias")


def _array(tensors: Tensors, name: str) -> np.ndarray[Any, Any]:
    return cast("np.ndarray[Any, Any]", tensors[name].numpy())
