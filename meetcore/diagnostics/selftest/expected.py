"""The error rates that the self-test should give, measured for each weight of a recognizer.

Each row was measured twice on a CPU with the first engine that reads it (int8); openai-whisper
stays within the tolerance where it can read the weight. The command, for other weights and engines:
`MEETCORE_RECOGNIZER=tiny.en MEETCORE_ENGINE=ctranslate2 python -m meetcore doctor --self-test`
"""

from __future__ import annotations

from dataclasses import dataclass

from meetcore.diagnostics.findings import Verdict
from meetcore.metrics.accuracy import Accuracy


@dataclass(frozen=True, slots=True)
class Expected:
    """Error rates on the sample conversation, for one weight."""

    weight: str
    wer: float
    cpwer: float
    """With speakers told apart by the weight VOICES."""


EXPECTED = (
    Expected("tiny.en", wer=0.149, cpwer=0.172),
    Expected("base.en", wer=0.057, cpwer=0.057),
    Expected("base", wer=0.172, cpwer=0.172),
    Expected("moonshine-base", wer=0.149, cpwer=0.161),
)
VOICES = "campplus"
"""The embedding weight that cpWER and DER were measured with, beside segmentation-3.0."""
DER = 0.051
"""Diarization error rate on the sample, no collar."""
WORDS_TOLERANCE = 0.03
"""Three of the sample's 87 words: differences by rounding on another processor."""
DER_TOLERANCE = 0.02
RTF_LIMIT = 1.0
RTF_SEEN = 0.2
"""Measured with base.en on two idle cores without a GPU, speaker models loading meanwhile."""
RED_TOLERANCES = 3.0
"""An error rate more than this many tolerances above the expected one is red."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a self-test and its expected value."""

    key: str
    name: str
    value: float
    here: str
    expected: str
    """The expected value as text; a dash without one."""
    verdict: Verdict | None
    """None where nothing is expected."""

    @property
    def judgement(self) -> str:
        """The verdict in words."""
        if self.verdict is None:
            return "nothing to compare with"
        if self.key == "rtf":
            return "faster than the talk" if self.verdict is Verdict.GREEN else "slower than talk"
        return {
            Verdict.GREEN: "as expected",
            Verdict.AMBER: "worse than expected",
            Verdict.RED: "far from expected",
        }[self.verdict]


def judged(value: float, expected: float, tolerance: float) -> Verdict:
    """The verdict on an error rate; a lower one than expected is green.

    >>> [judged(value, 0.07, 0.03).value for value in (0.0, 0.1, 0.12, 0.2)]
    ['green', 'green', 'amber', 'red']
    """
    if value <= expected + tolerance + 1e-9:
        return Verdict.GREEN
    return Verdict.AMBER if value <= expected + RED_TOLERANCES * tolerance else Verdict.RED


def measures(weight: str, voices: str, errors: Accuracy, rtf: float) -> tuple[Measure, ...]:
    """The figures of one run with their verdicts; figures that were not measured are left out.

    Parameters
    ----------
    weight, voices : str
        Names of the recognizer's weight and of the embedding weight; `voices` is empty without.
    errors : Accuracy
        Errors against the reference.
    rtf : float
        Processing time / audio duration.
    """
    row = next((row for row in EXPECTED if row.weight == weight), None)
    known = voices == VOICES
    found = []
    if errors.words is not None:
        name = "Wrong words (WER)"
        value, expected = errors.words.rate, row.wer if row else None
        found.append(_rate("wer", name, value, expected, WORDS_TOLERANCE))
    if voices and errors.words_by_speaker is not None:
        name = "Wrong words or speakers (cpWER)"
        value, expected = errors.words_by_speaker.rate, row.cpwer if row and known else None
        found.append(_rate("cpwer", name, value, expected, WORDS_TOLERANCE))
    if voices and errors.turns is not None:
        name = "Wrongly attributed speech (DER)"
        expected = DER if known else None
        found.append(_rate("der", name, errors.turns.rate, expected, DER_TOLERANCE))
    return (*found, _speed(rtf))


def remark(weight: str, voices: str) -> str:
    """Which weights have no expected figures, as a sentence; empty where all have."""
    unknown = [name for name in (weight,) if name not in {row.weight for row in EXPECTED}]
    unknown += [name for name in (voices,) if name not in ("", VOICES)]
    if not unknown:
        return ""
    return f"There are no expected figures for {' and '.join(unknown)}, so some are not compared."


def _rate(key: str, name: str, value: float, expected: float | None, tolerance: float) -> Measure:
    if expected is None:
        return Measure(key, name, value, _percent(value), "–", None)
    text = f"{_percent(expected)}, at most {_percent(expected + tolerance)}"
    verdict = judged(value, expected, tolerance)
    return Measure(key, name, value, _percent(value), text, verdict)


def _speed(rtf: float) -> Measure:
    verdict = Verdict.GREEN if rtf < RTF_LIMIT else Verdict.AMBER
    expected = f"below {RTF_LIMIT:g}; {RTF_SEEN:g} on two cores"
    return Measure("rtf", "Time per second of sound (rtf)", rtf, f"{rtf:.2f}", expected, verdict)


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"
