"""Which words `StreamingRecognizer` may commit while the speech goes on (pure).

Local agreement (Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System",
section 3): a word is committed when two hypotheses in a row have it at the same place. The second
condition is that of AlignAtt (Papi et al. 2023): a word whose alignment reaches into the newest
audio stays tentative. Here the distance depends on the word's probability: sure words need one
decode only, doubtful ones wait for more of the audio after them.
"""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from dataclasses import dataclass, replace

from meetcore.asr.recognizer import RecognizedWord
from meetcore.asr.streaming.options import StreamingOptions
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


@dataclass(frozen=True, slots=True)
class Look:
    """What is known about a hypothesis besides its words.

    Parameters
    ----------
    end : seconds; end of the audio
    hole : number of the first word that has speech without words before it or in it
    in_dip : whether the audio ends with a little silence, so that no word is cut off
    """

    end: float
    hole: int | None = None
    in_dip: bool = False


def committable(
    previous: Sequence[RecognizedWord],
    words: Sequence[RecognizedWord],
    look: Look,
    options: StreamingOptions,
) -> tuple[RecognizedWord, ...]:
    """The leading words that may be committed while the speech goes on.

    The less probable a word is, the more audio must follow it. The last word of a hypothesis
    loses its closing punctuation: decoders write a full stop wherever the audio ends.

    Parameters
    ----------
    previous, words : the hypothesis before and the newest one
    """
    both = agreed(previous, words)
    count = 0
    for position, word in enumerate(words):
        is_covered = look.hole is None or position < look.hole
        hold = _hold(word, position < both, is_covered, look.in_dip, options)
        if not is_mark(word.text) and look.end - word.end < hold:
            break
        count += 1
    chosen = list(words[:count])
    while chosen and is_mark(chosen[-1].text):
        chosen.pop()
    if chosen and len(chosen) == len(words):
        chosen[-1] = without_closing_marks(chosen[-1])
    return tuple(chosen)


def _hold(
    word: RecognizedWord,
    is_agreed: bool,
    is_covered: bool,
    in_dip: bool,
    options: StreamingOptions,
) -> float:
    """Seconds of audio that must follow a word before it is committed."""
    if not is_covered:
        return options.hole_hold if is_agreed else math.inf
    is_sure = word.probability >= options.sure
    if in_dip and is_sure:
        return options.dip
    if not is_agreed:
        return options.single_hold if is_sure else options.patience
    doubt = max(0.0, 1.0 - word.probability / options.sure)
    return options.hold + doubt * options.doubt_hold


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
