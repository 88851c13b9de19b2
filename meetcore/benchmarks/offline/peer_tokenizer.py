"""Makes Whisper's tokenizer.json, which faster-whisper needs, from openai-whisper's vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any


def readable_directory(model: Path, multilingual: bool, folder: Path) -> Path:
    """Fill `folder` so that faster-whisper can load it: links to the model's files, a tokenizer.

    Without a tokenizer.json faster-whisper would download one.
    """
    for file in model.iterdir():
        (folder / file.name).symlink_to(file.resolve())
    if not (folder / "tokenizer.json").exists():
        byte_pair_tokenizer(multilingual).save(str(folder / "tokenizer.json"))
    return folder


def byte_pair_tokenizer(multilingual: bool) -> Any:
    """A `tokenizers.Tokenizer` with the same ids as openai-whisper's."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from whisper.tokenizer import get_tokenizer

    encoding = get_tokenizer(multilingual).encoding
    ranks: Mapping[bytes, int] = encoding._mergeable_ranks
    letters = byte_letters()
    merges = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = merged_from(token, rank, ranks)
        if len(parts) == 2:
            left, right = ("".join(letters[byte] for byte in part) for part in parts)
            merges.append((left, right))
    vocabulary = {"".join(letters[byte] for byte in token): rank for token, rank in ranks.items()}
    tokenizer: Any = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = sorted(encoding._special_tokens.items(), key=lambda item: item[1])
    tokenizer.add_special_tokens([AddedToken(text, normalized=False) for text, _ in special])
    return tokenizer


def merged_from(token: bytes, rank: int, ranks: Mapping[bytes, int]) -> Sequence[bytes]:
    """The parts left of a token after all merges of lower rank; the last merge joins them.

    >>> merged_from(b"the", 9, {b"t": 0, b"h": 1, b"e": 2, b"th": 5, b"he": 7, b"the": 9})
    [b'th', b'e']
    """
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 1:
        pairs = [ranks.get(left + right, rank) for left, right in pairwise(parts)]
        best = min(pairs)
        if best >= rank:
            break
        at = pairs.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def byte_letters() -> dict[int, str]:
    """The printable letter by which byte-level BPE writes each byte.

    Source: bytes_to_unicode of GPT-2's encoder.py, https://github.com/openai/gpt-2.
    """
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in letters]
    return letters | {byte: chr(256 + index) for index, byte in enumerate(others)}
