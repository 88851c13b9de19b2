"""Joins what several recognizers heard in the same audio, word by word, by vote (pure).

Source: Fiscus 1997, "A post-processing system to yield reduced word error rates: Recognizer Output
Voting Error Reduction (ROVER)", with the vote by frequency and confidence of its section 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from meetcore.asr.recognizer import RecognizedWord

Slot = tuple[RecognizedWord | None, ...]
"""What each recognizer has at one place; None where it has no word there."""

FREQUENCY = 0.5
"""Share of a vote that every recognizer has; the rest is its confidence."""
NO_WORD = 0.5
"""Confidence of a recognizer that has no word at a place."""
SUBSTITUTION = 1.2
"""Cost of two different words in one slot; a word alone in its slot costs 1."""
BESIDE_NONE = 0.3
"""Cost of a further recognizer without a word where one has none already."""
PER_SECOND = 0.3
LONGEST_S = 3.0
"""Words cost more the further apart they are, up to so many seconds."""


def voted(
    hypotheses: Sequence[Sequence[RecognizedWord]], trust: Sequence[float]
) -> tuple[RecognizedWord, ...]:
    """The words that most recognizers heard, the surer ones where they disagree.

    Parameters
    ----------
    hypotheses : the words of each recognizer, in order; the first one's spelling is preferred
    trust : weight of each recognizer's vote

    >>> def word(text, probability):
    ...     return [RecognizedWord(text, 0.0, 1.0, probability, ())]
    >>> heard = word(" need", 0.9), word(" Neither", 0.8), word(" neither,", 0.5)
    >>> [found.text for found in voted(heard, (1.2, 1.0, 1.0))]
    [' Neither']
    """
    chosen = (_winner(slot, trust) for slot in slots(hypotheses))
    found: list[RecognizedWord] = []
    latest = 0.0
    for word in filter(None, chosen):
        # Words of different recognizers may overlap; their order is that of the slots.
        start = max(word.start, latest)
        found.append(replace(word, start=start, end=max(word.end, start)))
        latest = start
    return tuple(found)


def slots(hypotheses: Sequence[Sequence[RecognizedWord]]) -> list[Slot]:
    """The hypotheses side by side: each is aligned with the slots of those before it."""
    found: list[Slot] = [(word,) for word in hypotheses[0]]
    for number, words in enumerate(hypotheses[1:], 1):
        found = [
            (
                *(found[at] if at is not None else (None,) * number),
                words[place] if place is not None else None,
            )
            for at, place in _aligned(found, words)
        ]
    return found


def spelling(word: RecognizedWord) -> str:
    """The letters and digits by which words are compared.

    >>> spelling(RecognizedWord(' "Don\\'t!', 0.0, 1.0, 1.0, ()))
    "don't"
    """
    return re.sub(r"[^\w']", "", word.text.lower())


def _winner(slot: Slot, trust: Sequence[float]) -> RecognizedWord | None:
    votes: dict[str | None, float] = {}
    for word, weight in zip(slot, trust, strict=True):
        confidence = NO_WORD if word is None else word.probability
        name = None if word is None else spelling(word)
        share = weight * (FREQUENCY + (1.0 - FREQUENCY) * confidence)
        votes[name] = votes.get(name, 0.0) + share
    best = max(votes, key=votes.__getitem__)
    return next((word for word in slot if word is not None and spelling(word) == best), None)


def _aligned(
    known: Sequence[Slot], words: Sequence[RecognizedWord]
) -> list[tuple[int | None, int | None]]:
    """Pairs of slot and word with the least cost; None where one has no counterpart."""
    spellings = [{spelling(word) for word in slot if word} for slot in known]
    middles = [_middle([word for word in slot if word]) for slot in known]
    alone = [BESIDE_NONE if None in slot else 1.0 for slot in known]
    names = [(spelling(word), _middle([word])) for word in words]
    costs = [[float(column) for column in range(len(words) + 1)]]
    for row in range(1, len(known) + 1):
        above, line = costs[-1], [costs[-1][0] + alone[row - 1]]
        for column, (name, middle) in enumerate(names, 1):
            same = name in spellings[row - 1]
            both = _pair_cost(same, abs(middles[row - 1] - middle))
            line.append(
                min(above[column - 1] + both, above[column] + alone[row - 1], line[-1] + 1.0)
            )
        costs.append(line)
    return _path(costs, alone)


def _path(
    costs: Sequence[Sequence[float]], alone: Sequence[float]
) -> list[tuple[int | None, int | None]]:
    """The steps of the cheapest way through a table of costs, from its beginning."""
    steps: list[tuple[int | None, int | None]] = []
    row, column = len(costs) - 1, len(costs[0]) - 1
    while row or column:
        here = costs[row][column]
        if row and here == costs[row - 1][column] + alone[row - 1]:
            row -= 1
            steps.append((row, None))
        elif column and here == costs[row][column - 1] + 1.0:
            column -= 1
            steps.append((None, column))
        else:
            row, column = row - 1, column - 1
            steps.append((row, column))
    return steps[::-1]


def _pair_cost(same: bool, apart_s: float) -> float:
    """Cost of one slot for a word of the same or another spelling, so many seconds apart."""
    distance = PER_SECOND * min(apart_s, LONGEST_S)
    return min(distance, PER_SECOND) if same else SUBSTITUTION + distance


def _middle(words: Sequence[RecognizedWord]) -> float:
    return sum(word.start + word.end for word in words) / (2 * len(words))
