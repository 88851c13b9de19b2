"""The language of live speech: decided once the evidence suffices, then looked at after pauses."""

from __future__ import annotations

import math

from meetcore.asr.language import SHORT_CONTEXT, Heard, LanguageEvidence, among, decide, heard_after
from meetcore.asr.recognizer import MAX_CONTEXT, Recognizer
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.text.languages import candidates, only_language

LEAST_SPEECH_S = 0.8
"""Speech before which nothing is decided, unless it ends."""
LEAST_TO_CHANGE_S = 1.5
LONGEST_WAIT_S = 2.5
"""Speech after which words are no longer held back: the likeliest language is taken."""
LONGEST_FIRST_WAIT_S = 6.0
"""The same before the first language of a meeting is decided: nothing else speaks for one."""
LONGEST_HOLD_S = 3.0
"""Silence up to which the first words of a meeting wait for more speech to decide by."""
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
    given : ISO code that is spoken throughout, several with commas between, one of which each
        utterance is in, or None for any
    """

    def __init__(self, recognizer: Recognizer, given: str | None) -> None:
        self._languages = candidates(given)
        self._given = only_language(given)
        self.detects = self._given is None and len(recognizer.info.languages) > 1
        """Whether languages are detected at all."""
        self._recognizer = recognizer
        self._heard: Heard = ()
        self._likeliest: str | None = None
        """Of the first words, while no language is decided."""
        self._unsure: list[LanguageEvidence] = []
        """Of utterances that ended before the first language was decided."""
        self._decided = not self.detects
        self._looking = self.detects

    @property
    def current(self) -> str | None:
        """ISO code of the latest language, or the likeliest; None before the first look."""
        return self._heard[0] if self._heard else self._given or self._likeliest

    @property
    def decided(self) -> bool:
        """Whether words of the present utterance may be committed."""
        return self._decided

    @property
    def looking(self) -> bool:
        """Whether `look` should be called with more of the present utterance."""
        return self._looking

    def waits(self, silence_s: float) -> bool:
        """Whether the words before a pause should wait for more speech to decide by."""
        return not self._decided and not self._heard and silence_s < LONGEST_HOLD_S

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
        ended : whether there will be no more evidence

        Raises
        ------
        InferenceError
            The engine failed on these samples.
        """
        if speech_s < LEAST_SPEECH_S and not ended:
            return False
        context = max(SHORT_CONTEXT, math.ceil(len(samples) / SAMPLE_RATE))
        evidence = self._evidence(samples, speech_s, context)
        likeliest = self._decided_by(evidence)
        before = self.current
        if likeliest != before or (not self._decided and not _is_sure(evidence, likeliest)):
            evidence = self._evidence(samples, speech_s, MAX_CONTEXT)
            likeliest = self._decided_by(evidence)
        suffices = self._suffices(evidence, likeliest)
        if not self._decided and not ended and not suffices:
            self._likeliest = likeliest
            return False
        self._decided = True
        self._looking = not _is_sure(evidence, likeliest) and speech_s < LONGEST_LOOK_S
        if self._heard or suffices:
            self._heard = heard_after(self._heard, [likeliest])
        else:
            self._likeliest = likeliest
            self._unsure.append(evidence)
        return before is not None and likeliest != before

    def _decided_by(self, evidence: LanguageEvidence) -> str:
        """The language of the present utterance, by what is known of those before it too."""
        before = [] if self._heard else self._unsure
        return decide([*before, evidence], self._heard)[-1]

    def _evidence(self, samples: Samples, speech_s: float, context: float) -> LanguageEvidence:
        found = self._recognizer.language_probabilities(samples, context)
        return LanguageEvidence(speech_s, among(found, self._languages))

    def _suffices(self, evidence: LanguageEvidence, likeliest: str) -> bool:
        if not self._heard:
            known = [*self._unsure, evidence]
            scores = {
                code: sum(each.score(code) for each in known) for code in evidence.probabilities
            }
            others = [score for code, score in scores.items() if code != likeliest]
            ahead = scores[likeliest] - max(others, default=-math.inf)
            speech_s = sum(each.speech_s for each in known)
            return ahead >= FIRST_MARGIN or speech_s >= LONGEST_FIRST_WAIT_S
        if likeliest == self._heard[0]:
            return _is_sure(evidence, likeliest) or evidence.speech_s >= LONGEST_WAIT_S
        return evidence.speech_s >= LEAST_TO_CHANGE_S


def _is_sure(evidence: LanguageEvidence, language: str) -> bool:
    return evidence.probabilities.get(language, 0.0) >= SURE
