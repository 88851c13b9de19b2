"""Which words `StreamingRecognizer` may commit: those of two decodes in a row (pure).

Local agreement (Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System",
section 3): a word is committed when two hypotheses in a row have it at the same place. The second
condition is that of AlignAtt (Papi et al. 2023): a word whose alignment reaches into the newest
audio stays tentative.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

from meetcore.asr.recognizer import RecognizedWord
from meetcore.text.scripts import CLAUSE_MARKS, SENTENCE_MARKS, continues_word

SHORTEST_WORD = 0.03
"""Seconds. Words hallucinated past the end of the audio are all aligned to one point."""
EDGE = 0.06
"""Seconds. A word that starts this close to the end of the audio has no evidence in it yet."""
_MARKS = string.punctuation + "…“”‘’«»—–。，！？、：；"


def bare(text: str) -> str:
    """A word in lower case without punctuation, for comparing hypotheses.

    >>> bare(" Hello?") == bare(" hello")
    True
    """
    return text.strip().strip(_MARKS).casefold()


def is_mark(text: str) -> bool:
    """True for text that is punctuation only."""
    return not bare(text)


def plausible(words: Sequence[RecognizedWord], end: float) -> tuple[RecognizedWord, ...]:
    """The leading words with a plausible alignment inside the audio of `end` seconds.

    A decoder that goes on after the end of the speech writes words that are all aligned to the
    last instant, or have no duration.
    """
    brief = 0
    for position, word in enumerate(words):
        if is_mark(word.text):
            continue
        brief = brief + 1 if word.end - word.start < SHORTEST_WORD else 0
        if word.start >= end - EDGE or brief >= 2:
            return tuple(words[: position + 1 - max(brief, 1)])
    return tuple(words)


def agreed(previous: Sequence[RecognizedWord], words: Sequence[RecognizedWord]) -> int:
    """How many leading items of `words` both hypotheses share; case and punctuation don't count.

    An item that is punctuation only agrees with anything, as it differs from decode to decode.
    """
    before = [bare(word.text) for word in previous if not is_mark(word.text)]
    matched = 0
    for position, word in enumerate(words):
        if is_mark(word.text):
            continue
        if matched == len(before) or bare(word.text) != before[matched]:
            return position
        matched += 1
    return len(words)


def committable(
    previous: Sequence[RecognizedWord], words: Sequence[RecognizedWord], trusted_until: float
) -> tuple[RecognizedWord, ...]:
    """The leading words that may be committed while the speech goes on.

    The last word of a hypothesis loses its closing punctuation: decoders write a full stop
    wherever the audio ends.

    Parameters
    ----------
    previous, words : the hypothesis before and the newest one
    trusted_until : seconds; a word that ends later stays tentative
    """
    count = 0
    for word in words[: agreed(previous, words)]:
        if word.end > trusted_until:
            break
        count += 1
    chosen = list(words[:count])
    while chosen and is_mark(chosen[-1].text):
        chosen.pop()
    if chosen and count == len(words):
        chosen[-1] = without_closing_marks(chosen[-1])
    return tuple(chosen)


def without_closing_marks(word: RecognizedWord) -> RecognizedWord:
    """The word without the punctuation at its end."""
    if not word.closing_tokens:
        return word
    return replace(
        word,
        text=word.text.removesuffix(word.closing_marks),
        tokens=word.tokens[: -word.closing_tokens],
        closing_marks="",
        closing_tokens=0,
    )


def cut_position(words: Sequence[RecognizedWord], target: float, end: float) -> int | None:
    """How many of the committed words leave the window when it must shrink; None for no cut.

    The best cut is at a pause and at the end of a sentence, near `target`. A cut never separates
    a word from the pieces that continue it.

    Parameters
    ----------
    words : committed words of the window
    target : seconds; where the cut should be
    end : seconds; end of the window's audio
    """
    best: tuple[float, int] | None = None
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else None
        if following is not None and continues_word(following.text):
            continue
        if word.end > target and best is not None:
            break
        gap = (following.start if following else end) - word.end
        closing = word.text[-1:]
        sentence = 1.0 if closing in SENTENCE_MARKS else 0.3 if closing in CLAUSE_MARKS else 0.0
        score = 2.0 * min(gap, 1.0) + sentence - 0.15 * abs(target - word.end)
        if best is None or score > best[0]:
            best = (score, position + 1)
    return best[1] if best else None
