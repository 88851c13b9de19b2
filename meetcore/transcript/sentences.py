"""Detects the end of a sentence or a clause by the punctuation of one word."""

from __future__ import annotations

from meetcore.text.scripts import CLAUSE_MARKS, SENTENCE_MARKS, without_closing

ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e."})


def ends_sentence(text: str) -> bool:
    """Whether a sentence can end with this word.

    >>> ends_sentence(" there."), ends_sentence(' here?"'), ends_sentence(" Dr.")
    (True, True, False)
    """
    bare = without_closing(text)
    if not bare or bare[-1] not in SENTENCE_MARKS:
        return False
    is_initial = len(bare) == 2 and bare[0].isalpha() and bare[0].isupper() and bare[0] != "I"
    return bare.lower() not in ABBREVIATIONS and not is_initial


def ends_clause(text: str) -> bool:
    """Whether a clause, or a sentence, can end with this word.

    >>> ends_clause(" Okay,"), ends_clause(" then")
    (True, False)
    """
    bare = without_closing(text)
    return bool(bare) and (bare[-1] in CLAUSE_MARKS or ends_sentence(text))
