"""The language of live speech: decided at the start and after each pause, else kept."""

from __future__ import annotations

import math

from meetcore.asr.language import SHORT_CONTEXT, Heard, LanguageEvidence, decide, heard_after
from meetcore.asr.recognizer import MAX_CONTEXT, Recognizer
from meetcore.records import SAMPLE_RATE, Samples

LEAST_SPEECH_S = 0.8
"""Speech before which nothing is decided, unless it ends."""
LEAST_TO_CHANGE_S = 1.5
LONGEST_WAIT_S = 2.5
"""Speech after which the words are no longer held back: the likeliest language is taken."""
LONGEST_LOOK_S = 6.0
"""Speech up to which an unsure decision is looked at again; what was committed stays."""
SURE = 0.75
"""Probability from which the decision is not looked at again."""
FIRST_MARGIN = 3.0
"""How far the first language of a meeting must be ahead, as a weighted log-probability."""


class StreamLanguage:
    """Decides the language of each utterance of one stream.

    While an utterance is undecided its words should stay tentative, as committed words never
    change.

    Parameters
    ----------
    given : ISO code that is spoken throughout; None detects it where the weight has several
    """

    def __init__(self, recognizer: Recognizer, given: str | None) -> None:
        self.detects = given is None and len(recognizer.info.languages) > 1
        """Whether languages are detected at all."""
        self._recognizer = recognizer
        self._given = given
        self._heard: Heard = ()
        self._decided = not self.detects
        self._looking = self.detects

    @property
    def current(self) -> str | None:
        """ISO code of the latest language; None before the first is decided."""
        return self._heard[0] if self._heard else self._given

    @property
    def decided(self) -> bool:
        """Whether words of the present utterance may be committed."""
        return self._decided

    @property
    def looking(self) -> bool:
        """Whether `look` should be called with more of the present utterance."""
        return self._looking

    def utterance_ended(self) -> None:
        """The next speech may be in another language."""
        self._decided = not self.detects
        self._looking = self.detects

    def look(self, samples: Samples, speech_s: float, ended: bool) -> bool:
        """Decide the present utterance where its evidence suffices; whether the language changed.

        A change, and what is unsure, is looked at with the full context too, which costs more
        and errs less.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz: the utterance so far, at most
            30 s
        speech_s : seconds of speech in it
        ended : whether a pause follows, so that there will be no more evidence

        Raises
        ------
        InferenceError
            The engine failed on these samples.
        """
        if speech_s < LEAST_SPEECH_S and not ended:
            return False
        context = max(SHORT_CONTEXT, math.ceil(len(samples) / SAMPLE_RATE))
        evidence, likeliest = self._likeliest(samples, speech_s, context)
        if not self._decided and not ended and not self._suffices(evidence, likeliest):
            return False
        before = self.current
        if likeliest != before or (not self._decided and not _is_sure(evidence, likeliest)):
            evidence, likeliest = self._likeliest(samples, speech_s, MAX_CONTEXT)
        self._decided = True
        self._looking = not _is_sure(evidence, likeliest) and speech_s < LONGEST_LOOK_S
        self._heard = heard_after(self._heard, [likeliest])
        return before is not None and likeliest != before

    def _likeliest(
        self, samples: Samples, speech_s: float, context: float
    ) -> tuple[LanguageEvidence, str]:
        found = self._recognizer.language_probabilities(samples, context)
        evidence = LanguageEvidence(speech_s, found)
        return evidence, decide([evidence], self._heard)[0]

    def _suffices(self, evidence: LanguageEvidence, likeliest: str) -> bool:
        if evidence.speech_s >= LONGEST_WAIT_S:
            return True
        if not self._heard:
            others = [code for code in evidence.probabilities if code != likeliest]
            best_other = max(map(evidence.score, others), default=-FIRST_MARGIN)
            return evidence.score(likeliest) - best_other >= FIRST_MARGIN
        if likeliest == self._heard[0]:
            return _is_sure(evidence, likeliest)
        return evidence.speech_s >= LEAST_TO_CHANGE_S


def _is_sure(evidence: LanguageEvidence, language: str) -> bool:
    return evidence.probabilities.get(language, 0.0) >= SURE
