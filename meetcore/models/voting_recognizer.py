"""`VotingRecognizer`: several recognizers of one language, whose words are joined by vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.offline.rover import voted
from meetcore.asr.prompt_words import PromptWords
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizeOptions,
    Recognizer,
    RecognizerInfo,
)
from meetcore.asr.repetition import compression_ratio
from meetcore.records import Samples

FIRST_TRUST = 1.2
"""Weight of the first recognizer's vote: two others outvote it, one alone seldom does. Between 1
and 1.5 the errors on 64 perturbed clips are the same within one in a hundred."""


class VotingRecognizer:
    """Recognizes each window with all of them. Safe from several threads, as they are.

    Parameters
    ----------
    name : the weight to show
    recognizers : the most accurate one first; its scores are those that the gate judges by
    """

    def __init__(self, name: str, recognizers: Sequence[Recognizer]) -> None:
        first = recognizers[0].info
        self._recognizers = tuple(recognizers)
        self._trust = (FIRST_TRUST, *(1.0 for _ in recognizers[1:]))
        self._prompts = PromptWords()
        together = "+".join(each.info.weight for each in recognizers)
        languages = [set(each.info.languages) for each in recognizers]
        self._info = RecognizerInfo(
            name,
            together,
            first.device,
            first.compute_type,
            tuple(code for code in first.languages if all(code in known for known in languages)),
            min(each.info.workers for each in recognizers),
            first.gate,
        )

    @property
    def info(self) -> RecognizerInfo:
        """The names of all of them stand in the place of the engine."""
        return self._info

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        """The words of one window (see ``Recognizer.recognize``)."""
        prompt = self._prompts.text(options.prompt_tokens)
        found = [
            each.recognize(samples, replace(options, prompt_tokens=each.tokens_of(prompt)))
            for each in self._recognizers
        ]
        words = voted([each.words for each in found], self._trust)
        scores = next((each for each in found if each.words), found[0])
        text = "".join(word.text for word in words)
        return replace(scores, words=words, compression_ratio=compression_ratio(text))

    def recognize_batch(
        self, windows: Sequence[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        """One result per window, in turn (see ``Recognizer.recognize_batch``)."""
        return [self.recognize(window, options) for window in windows]

    def language_probabilities(
        self, samples: Samples, context: float = MAX_CONTEXT
    ) -> Mapping[str, float]:
        """Those of the first recognizer (see ``Recognizer.language_probabilities``)."""
        return self._recognizers[0].language_probabilities(samples, context)

    def open_live(self, language: str | None = None) -> LiveRecognizer:
        """A stream of the first recognizer alone."""
        return self._recognizers[0].open_live(language)

    def tokens_of(self, text: str) -> tuple[int, ...]:
        """Numbers of words, which `recognize` turns into the tokens of each recognizer."""
        return self._prompts.tokens(text)

    def close(self) -> None:
        """Release all of them; idempotent."""
        for each in self._recognizers:
            each.close()
