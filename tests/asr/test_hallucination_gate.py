"""The gate weighs signs together: text with one bad sign is accepted."""

from __future__ import annotations

import pytest

from meetcore.asr.hallucination import Evidence, GateOptions, Reason, gate_decision, is_filler
from meetcore.asr.recognizer import Recognition, RecognizedWord
from meetcore.asr.repetition import compression_ratio

LOUD = Evidence(level_db=-25.0, speech=0.9)
SHORT = Evidence(level_db=-25.0, speech=0.95, speech_seconds=0.4)
NOTE = Evidence(level_db=-25.0, speech=0.9, speech_seconds=0.13)
CLICK = Evidence(level_db=-25.0, speech=0.9, speech_seconds=0.0)
WEAK = Evidence(level_db=-25.0, speech=0.4, speech_seconds=0.5)
FAINT = Evidence(level_db=-55.0, speech=0.05)


def said(text: str, logprob: float = -0.3, no_speech: float = 0.1) -> Recognition:
    words = tuple(RecognizedWord(f" {part}", 0.0, 1.0, 0.9, (1,)) for part in text.split())
    return Recognition(words, logprob, no_speech, compression_ratio(text), "en")


@pytest.mark.parametrize(
    ("recognition", "evidence", "reason"),
    [
        (said("At least you know they all call me a Yankee"), LOUD, None),
        (said(""), FAINT, None),
        (said("Thank you."), LOUD, None),
        (said("Thank you."), FAINT, Reason.FILLER),
        (said("Thanks for watching!", no_speech=0.9), LOUD, Reason.FILLER),
        (said("We shall meet on Monday", no_speech=0.9), LOUD, None),
        (said("We shall meet on Monday", logprob=-1.2), LOUD, None),
        (said("We shall meet on Monday", logprob=-1.2, no_speech=0.9), LOUD, Reason.NO_SPEECH),
        (said("We shall meet on Monday", logprob=-1.2), FAINT, Reason.UNLIKELY),
        (said("We shall meet on Monday", logprob=-2.5), LOUD, Reason.UNLIKELY),
        (said("We shall meet on Monday"), Evidence(-80.0, 0.9), Reason.SILENCE),
        (said("Yes.", logprob=-0.9, no_speech=0.4), SHORT, None),
        (said("Yes.", logprob=-0.5, no_speech=0.7), SHORT, None),
        (said("Mm.", logprob=-0.9, no_speech=0.6), SHORT, Reason.NO_SPEECH),
        (said("Yeah. Yeah.", logprob=-1.4, no_speech=0.5), SHORT, Reason.NO_SPEECH),
        (said("Okay.", logprob=-0.4, no_speech=0.2), NOTE, None),
        (said("Okay.", logprob=-0.4, no_speech=0.4), NOTE, Reason.NO_SPEECH),
        (said("Okay.", logprob=-0.8, no_speech=0.2), NOTE, Reason.NO_SPEECH),
        (said("I don't know how to do it", no_speech=0.2), NOTE, Reason.NO_SPEECH),
        (said("B", no_speech=0.02), CLICK, Reason.NO_SPEECH),
        (said("See you.", logprob=-0.8, no_speech=0.6), WEAK, Reason.NO_SPEECH),
        (said("no, no, no, she said"), LOUD, None),
        (said("Hello. hello! Hello hello, hello"), LOUD, Reason.REPETITION),
        (said("and then we went there again " * 12), LOUD, Reason.REPETITION),
    ],
)
def test_decisions(recognition: Recognition, evidence: Evidence, reason: Reason | None) -> None:
    decision = gate_decision(recognition, evidence)
    assert decision.reason == reason
    assert decision.accepted == (reason is None)


def test_voice_activity_is_optional_evidence() -> None:
    assert gate_decision(said("Thank you."), Evidence(-25.0)).accepted


def test_thresholds_are_options() -> None:
    strict = GateOptions(hopeless_log_probability=-0.2)
    assert gate_decision(said("We shall meet"), LOUD, strict).reason == Reason.UNLIKELY


def test_fillers_ignore_case_and_marks() -> None:
    assert is_filler(" THANK YOU!!")
    assert not is_filler(" you there")
