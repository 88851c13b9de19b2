"""DER counts overlap, has no collar, and maps labels by itself."""

import importlib.util
from pathlib import Path

import pytest

from meetcore.metrics.der import DiarizationErrors, Span, diarization_errors
from meetcore.records import Turn
from meetcore.transcript.formats import rttm


def test_other_labels_are_no_error() -> None:
    (package,) = importlib.util.find_spec("pyannote").submodule_search_locations
    turns = rttm.loads(Path(package, "audio", "sample", "sample.rttm").read_text())
    renamed = [Turn(t.start, t.end, t.speaker[::-1]) for t in turns]
    found = diarization_errors(turns, renamed)
    assert found.rate == pytest.approx(0, abs=1e-9)
    assert found.total == pytest.approx(24.35, abs=0.01)


def test_each_kind_of_error_is_counted_in_seconds() -> None:
    reference = [Turn(0, 4, "a"), Turn(3, 6, "b")]
    hypothesis = [Turn(0, 4, "x"), Turn(4, 5, "y"), Turn(5, 7, "x")]
    found = diarization_errors(reference, hypothesis)
    assert (found.missed, found.false_alarm, found.confusion, found.total) == (1, 1, 1, 7)


def test_only_the_scored_spans_count() -> None:
    reference, hypothesis = [Turn(0, 4, "a")], [Turn(0, 4, "x"), Turn(8, 9, "x")]
    assert diarization_errors(reference, hypothesis, [Span(0, 5)]).rate == 0
    assert diarization_errors(reference, hypothesis).false_alarm == 1


def test_two_voices_over_the_same_span_both_count() -> None:
    assert diarization_errors([Turn(0, 1, "a"), Turn(0, 1, "b")], []).missed == 2


def test_empty_recordings_and_sums() -> None:
    assert diarization_errors([], []).rate == 0
    assert (DiarizationErrors(1, 1, 0, 10) + DiarizationErrors(0, 0, 2, 30)).rate == 0.1
