"""Which language each stretch of speech is in, where the weight has several and none was given.

Whisper's language probabilities are unsure below three seconds, so the stretches of a piece are
decided together: evidence counts by its length, and each change of language has a cost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from meetcore.asr.recognizer import MAX_CONTEXT, Recognizer
from meetcore.records import SAMPLE_RATE, Samples

LONGEST_EVIDENCE_S = 6.0
"""Speech beyond this makes a stretch's evidence no stronger."""
LEAST_PROBABILITY = 0.003
"""Bounds what one second of speech can say against a language."""
CHANGE_COST = 2.0
"""Log-probability that a change to a language of this recording must outweigh."""
NEW_LANGUAGE_COST = 1.5
"""Added to that for a language that was not spoken in this recording before."""
ENOUGH_TO_BEGIN_S = 5.0
"""Speech by which the first language of a recording is decided, as nothing else speaks for one."""
MOST_LANGUAGES = 8
"""Languages of one recording that are remembered."""

SURE = 0.9
"""Probability from which a stretch needs no second look."""
WORTH_LOOKING_S = 2.0
"""Shorter speech counts less than its length, and a second look tells no more of it."""
SHORT_CONTEXT = 5.0
"""Seconds that stretches are padded to at first, which takes a tenth of the time of 30."""

Heard = tuple[str, ...]
"""ISO codes of the languages decided so far in a recording, the latest first."""


@dataclass(frozen=True, slots=True)
class LanguageEvidence:
    """The language probabilities of one stretch of speech."""

    speech_s: float
    probabilities: Mapping[str, float]
    """By ISO code."""

    def score(self, language: str) -> float:
        """Log-probability of a language, weighted by the seconds of speech."""
        probability = max(self.probabilities.get(language, 0.0), LEAST_PROBABILITY)
        weight = min(self.speech_s, LONGEST_EVIDENCE_S, self.speech_s**2 / WORTH_LOOKING_S)
        return weight * math.log(probability)

    @property
    def likeliest(self) -> str:
        """ISO code of the language with the highest probability."""
        return max(self.probabilities, key=lambda code: self.probabilities[code])

    def speaks_against(self, language: str | None) -> bool:
        """Whether a change from this language could outweigh its cost."""
        if language is None:
            return False
        return self.score(self.likeliest) - self.score(language) > CHANGE_COST


def among(probabilities: Mapping[str, float], languages: Sequence[str]) -> Mapping[str, float]:
    """The probabilities of a few languages if one of them is spoken; all of them for none.

    >>> among({"nl": 0.5, "de": 0.375, "en": 0.125}, ("de", "en"))
    {'de': 0.75, 'en': 0.25}
    """
    if not languages:
        return probabilities
    few = {code: max(probabilities.get(code, 0.0), 1e-9) for code in languages}
    total = sum(few.values())
    return {code: found / total for code, found in few.items()}


def language_evidence(
    samples: Samples,
    recognizer: Recognizer,
    languages: Sequence[str] = (),
    before: str | None = None,
) -> LanguageEvidence:
    """The evidence of a stretch of speech; looks twice where it is unsure or changes the language.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz, at most 30 s
    languages : ISO codes, one of which is spoken; empty for any
    before : ISO code of the language before it; None where it is not known

    Raises
    ------
    InferenceError
        The engine failed on these samples.
    """
    seconds = len(samples) / SAMPLE_RATE
    context = max(SHORT_CONTEXT, math.ceil(seconds))
    found = among(recognizer.language_probabilities(samples, context), languages)
    evidence = LanguageEvidence(seconds, found)
    unsure = max(found.values()) < SURE and seconds >= WORTH_LOOKING_S
    if (unsure or evidence.speaks_against(before)) and context < MAX_CONTEXT:
        found = among(recognizer.language_probabilities(samples, MAX_CONTEXT), languages)
    return LanguageEvidence(seconds, found)


def decide(stretches: Sequence[LanguageEvidence], heard: Heard = ()) -> Heard:
    """The most likely language of each stretch, in order (Viterbi's algorithm).

    A stretch too short to tell keeps the language before it, or at the start that of the next.

    Parameters
    ----------
    stretches : of consecutive speech
    heard : the languages before the first stretch

    >>> sure, short = {"de": 0.95, "en": 0.03}, {"en": 0.6, "de": 0.2}
    >>> said = [(5.0, {"en": 0.97}), (4.0, sure), (0.8, short)]
    >>> decide([LanguageEvidence(*each) for each in said])
    ('en', 'de', 'de')
    """
    languages = _candidates(stretches, heard)
    paths: dict[str, tuple[float, Heard]] = {
        language: (-_cost(heard[0] if heard else language, language, heard), ())
        for language in languages
    }
    for stretch in stretches:
        paths = {
            language: _extended(paths, language, stretch.score(language), heard)
            for language in languages
        }
    return max(paths.values(), key=lambda path: path[0])[1] if stretches else ()


def _extended(
    paths: Mapping[str, tuple[float, Heard]], language: str, score: float, heard: Heard
) -> tuple[float, Heard]:
    """The best path that ends with `language`, one stretch longer than the given paths."""
    reached, path = max(
        (
            (total - (_cost(path[-1], language, heard) if path else 0.0), path)
            for before, (total, path) in paths.items()
            if path or before == language
        ),
        key=lambda each: each[0],
    )
    return reached + score, (*path, language)


def _candidates(stretches: Sequence[LanguageEvidence], heard: Heard) -> Heard:
    """Languages heard before, and the three most likely of each stretch; the latest first."""
    likely = [
        language
        for stretch in stretches
        for language in sorted(
            stretch.probabilities, key=lambda code: -stretch.probabilities[code]
        )[:3]
    ]
    return tuple(dict.fromkeys((*heard, *likely)))


def _cost(before: str, language: str, heard: Heard) -> float:
    if language == before:
        return 0.0
    return CHANGE_COST + (NEW_LANGUAGE_COST if heard and language not in heard else 0.0)


def heard_after(heard: Heard, languages: Sequence[str]) -> Heard:
    """The languages heard, after those of further stretches.

    >>> heard_after(("en",), ["en", "de", "en", "es"])
    ('es', 'en', 'de')
    """
    return tuple(dict.fromkeys((*reversed(languages), *heard)))[:MOST_LANGUAGES]
