"""Gives a corrected text word times: kept words keep theirs, new words share the gaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from meetcore.records import Word
from meetcore.text.columns import clusters
from meetcore.text.scripts import is_unspaced

INSERTED_S = 0.12
"""Seconds given to words inserted after the last one."""


def reworded(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    """The words of a new text, with times from the old words.

    Examples
    --------
    >>> old = (Word(" Hi", 0.0, 0.4), Word(" Jon.", 0.4, 1.0))
    >>> [(w.text, w.start, w.end) for w in reworded(old, "Hi Joan.")]
    [(' Hi', 0.0, 0.4), (' Joan.', 0.4, 1.0)]
    """
    if text.split() == "".join(word.text for word in words).split():
        return tuple(words)
    owners, old = _numbered(words)
    typed = _parts("".join(f" {part}" for part in text.split()))
    if typed and words and not words[0].text.startswith(" "):
        typed[0] = typed[0].lstrip()
    matcher = SequenceMatcher(None, [_bare(w.text) for w in old], list(map(_bare, typed)), False)
    result: list[tuple[int, Word]] = []
    for number, (tag, low, high, first, stop) in enumerate(matcher.get_opcodes(), start=1):
        if tag == "equal":
            kept = zip(owners[low:high], old[low:high], typed[first:stop], strict=True)
            result += [(owner, replace(word, text=new)) for owner, word, new in kept]
        elif first < stop:
            new = _spread(typed[first:stop], *_span(old, low, high), _language(old, low))
            result += [(-number, word) for word in new]
    return tuple(_joined(result))


def _numbered(words: Sequence[Word]) -> tuple[list[int], list[Word]]:
    """The pieces of the words, and the number of the word that each is of."""
    pieces = [(number, piece) for number, word in enumerate(words) for piece in _pieces(word)]
    return [number for number, _ in pieces], [piece for _, piece in pieces]


def _joined(pieces: Sequence[tuple[int, Word]]) -> Iterator[Word]:
    """Letters of one word, or of one correction, as one word where no space is between them."""
    held: Word | None = None
    owner = 0
    for number, piece in pieces:
        glued = held is not None and number == owner and not piece.text.startswith(" ")
        if held is not None and glued:
            held = replace(held, text=held.text + piece.text, end=piece.end)
            continue
        if held is not None:
            yield held
        held, owner = piece, number
    if held is not None:
        yield held


def _pieces(word: Word) -> list[Word]:
    """A word split as typed words are."""
    parts = _parts(word.text) or [word.text]
    if len(parts) == 1:
        return [word]
    return _spread(parts, word.start, word.end, word.language, word.probability)


def _parts(text: str) -> list[str]:
    """A text split before its spaces, and where its script has none into letters.

    >>> _parts(" So it's"), _parts(" 会議 OKです")
    ([' So', " it's"], [' 会', '議', ' OK', 'で', 'す'])
    """
    found: list[str] = []
    for part in re.findall(r"\s*\S+", text):
        run = ""
        for cluster in clusters(part):
            if not any(map(is_unspaced, cluster)):
                run += cluster
                continue
            if run.strip():
                found.append(run)
                run = ""
            found.append(run + cluster)
            run = ""
        found += [run] * bool(run)
    return found


def _span(old: Sequence[Word], low: int, high: int) -> tuple[float, float]:
    """The time span of the words replaced, or the gap between two that are kept."""
    if low < high:
        return old[low].start, max(word.end for word in old[low:high])
    before = old[low - 1].end if low else (old[0].start if old else 0.0)
    after = old[low].start if low < len(old) else before + INSERTED_S
    return before, max(after, before)


def _language(old: Sequence[Word], position: int) -> str | None:
    """The language of the word at a position; past the end, that of the last word."""
    return old[min(position, len(old) - 1)].language if old else None


def _spread(
    texts: Sequence[str], start: float, end: float, language: str | None, probability: float = 1.0
) -> list[Word]:
    """Words that share a time span in proportion to their length."""
    total = sum(map(len, texts)) or 1
    words, before = [], 0
    for text in texts:
        low, high = (start + (end - start) * n / total for n in (before, before + len(text)))
        words.append(Word(text, low, high, probability, language))
        before += len(text)
    return words


def _bare(text: str) -> str:
    return text.strip()
