"""`PendingUpdate`: collects what a live stream commits and rejects until its caller takes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from meetcore.asr.hallucination import GateDecision
from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.asr.recognizer import RecognizedWord
from meetcore.records import RejectedText, Word


class PendingUpdate:
    """What was committed and rejected since the update before."""

    def __init__(self) -> None:
        self._committed: list[Word] = []
        self._rejected: list[RejectedText] = []

    def commit(self, words: Iterable[RecognizedWord], language: str | None) -> None:
        """Add committed words, with the language where it was detected."""
        self._committed.extend(replace(_as_word(word), language=language) for word in words)

    def reject(self, words: tuple[RecognizedWord, ...], decision: GateDecision) -> None:
        """Add a text that the gate rejected."""
        text = "".join(word.text for word in words).strip()
        self._rejected.append(
            RejectedText(words[0].start, words[-1].end, text, str(decision.reason))
        )

    def take(self, tentative: Iterable[RecognizedWord]) -> StreamUpdate:
        """The update, with the tentative words of now; the next one begins empty."""
        update = StreamUpdate(
            tuple(self._committed), tuple(map(_as_word, tentative)), tuple(self._rejected)
        )
        self._committed.clear()
        self._rejected.clear()
        return update


def _as_word(word: RecognizedWord) -> Word:
    return Word(word.text, word.start, word.end, word.probability)
