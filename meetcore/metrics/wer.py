"""Word error rate (WER), or of characters (CER) where words have no spaces, and alignment."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from meetcore.text.scripts import mostly_unspaced


@dataclass(frozen=True, slots=True)
class WordErrors:
    """Counts of the edits from reference to hypothesis; add them up to pool recordings."""

    substitutions: int = 0
    insertions: int = 0
    deletions: int = 0
    reference_words: int = 0
    of_characters: bool = field(default=False, repr=False)
    """Whether characters were counted in place of words (CER): the text has no spaces."""

    @property
    def errors(self) -> int:
        """All edits together."""
        return self.substitutions + self.insertions + self.deletions

    @property
    def rate(self) -> float:
        """Errors per reference word, 0 being perfect; infinite for words without any reference.

        >>> WordErrors(1, 0, 1, 10).rate
        0.2
        """
        if self.reference_words == 0:
            return float("inf") if self.errors else 0.0
        return self.errors / self.reference_words

    def __add__(self, other: WordErrors) -> WordErrors:
        return WordErrors(
            self.substitutions + other.substitutions,
            self.insertions + other.insertions,
            self.deletions + other.deletions,
            self.reference_words + other.reference_words,
            self.of_characters or other.of_characters,
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of an alignment: positions in both lists; None where one has no counterpart."""

    reference: int | None
    hypothesis: int | None
    equal: bool = False


@cache
def _english() -> Callable[[str], str]:
    from whisper.normalizers import EnglishTextNormalizer

    normaliser: Callable[[str], str] = EnglishTextNormalizer()
    return normaliser


def _other(text: str) -> str:
    """Lower case, without punctuation; marks over letters stay, as they are vowels in Hindi."""
    composed = unicodedata.normalize("NFKC", text).lower()
    return "".join(" " if unicodedata.category(char)[0] in "SPZC" else char for char in composed)


def normalise(text: str, language: str = "en") -> list[str]:
    """The normalised words of a text; its characters where the script has no spaces.

    Lower case, without punctuation; in English without fillers, with uniform numbers and spelling.
    Source: Radford et al. 2022, appendix C (https://arxiv.org/abs/2212.04356).

    >>> normalise("開始、です。"), normalise("Так, да!", "ru")
    (['開', '始', 'で', 'す'], ['так', 'да'])
    """
    return _units(text, language, mostly_unspaced(text))


def _units(text: str, language: str, of_characters: bool) -> list[str]:
    if of_characters:
        return list("".join(_other(text).split()))
    return (_english() if language == "en" else _other)(text).split()


def word_errors(reference: str, hypothesis: str, language: str = "en") -> WordErrors:
    """WER counts of two texts after normalisation; CER counts where the reference has no spaces.

    Source: Levenshtein distance over words (https://en.wikipedia.org/wiki/Word_error_rate).
    """
    of_characters = mostly_unspaced(reference)
    units = (_units(text, language, of_characters) for text in (reference, hypothesis))
    return replace(count_errors(*units), of_characters=of_characters)


def count_errors(reference: Sequence[str], hypothesis: Sequence[str]) -> WordErrors:
    """WER counts of two lists of words, compared without normalisation.

    >>> count_errors(["a", "b", "c"], ["a", "x", "c", "d"])
    WordErrors(substitutions=1, insertions=1, deletions=0, reference_words=3)
    """
    edits = [edit for edit in align(reference, hypothesis) if not edit.equal]
    insertions = sum(edit.reference is None for edit in edits)
    deletions = sum(edit.hypothesis is None for edit in edits)
    substitutions = len(edits) - insertions - deletions
    return WordErrors(substitutions, insertions, deletions, len(reference))


def distance(reference: Sequence[str], hypothesis: Sequence[str]) -> int:
    """The smallest number of edits between two lists of words.

    >>> distance(["a", "b"], ["b"])
    1
    """
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(list(reference), list(hypothesis))


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> list[Edit]:
    """An alignment of two lists of words with fewest edits.

    >>> align(["a", "b"], ["b"])
    [Edit(reference=0, hypothesis=None, equal=False), Edit(reference=1, hypothesis=0, equal=True)]
    """
    from rapidfuzz.distance import Levenshtein

    edits = []
    for step in Levenshtein.opcodes(list(reference), list(hypothesis)):
        length = max(step.src_end - step.src_start, step.dest_end - step.dest_start)
        for n in range(length):
            left = None if step.tag == "insert" else step.src_start + n
            right = None if step.tag == "delete" else step.dest_start + n
            edits.append(Edit(left, right, step.tag == "equal"))
    return edits
