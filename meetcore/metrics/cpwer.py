"""Concatenated minimum-permutation word error rate (cpWER): words and speakers in one number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from meetcore.metrics.wer import WordErrors, count_errors, distance, normalise
from meetcore.records import Segment

NO_SPEAKER = ""
"""Words without a speaker are scored as those of one more speaker."""


def cp_word_errors(reference: Sequence[Segment], hypothesis: Sequence[Segment]) -> WordErrors:
    """cpWER counts of two transcripts after normalisation.

    Each speaker's segments are joined in order of start; of all pairings of reference and
    hypothesis speakers the one with fewest errors counts. All words of a speaker without a
    partner count as deletions or insertions.
    Source: Watanabe et al. 2020, CHiME-6 (https://arxiv.org/abs/2004.09249).
    """
    return pair_texts(_texts(reference), _texts(hypothesis))


def pair_texts(
    reference: Mapping[str, Sequence[str]], hypothesis: Mapping[str, Sequence[str]]
) -> WordErrors:
    """cpWER counts of word lists by speaker, compared without normalisation.

    >>> pair_texts({"Ana": ["a", "b"], "Bo": ["c"]}, {"S1": ["c"], "S2": ["a"]})
    WordErrors(substitutions=0, insertions=0, deletions=1, reference_words=3)
    """
    from scipy.optimize import linear_sum_assignment

    said, found = list(reference.values()), list(hypothesis.values())
    size = max(len(said), len(found))
    said += [[]] * (size - len(said))
    found += [[]] * (size - len(found))
    costs = np.array([[distance(one, other) for other in found] for one in said], dtype=np.int64)
    if size == 0:
        return WordErrors()
    pairs = zip(*linear_sum_assignment(costs), strict=True)
    return sum((count_errors(said[row], found[column]) for row, column in pairs), WordErrors())


def _texts(segments: Sequence[Segment]) -> dict[str, list[str]]:
    """Each speaker's normalised words."""
    texts: dict[str, str] = {}
    for segment in sorted(segments, key=lambda segment: segment.start):
        speaker = segment.speaker or NO_SPEAKER
        texts[speaker] = f"{texts.get(speaker, '')} {segment.text}"
    return {speaker: normalise(text) for speaker, text in texts.items()}
