"""Forced alignment finds the hand-marked ends of the sample's segments."""

import importlib.util
import statistics
from pathlib import Path

import pytest

from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.reference_alignment import ReferenceAligner
from meetcore.settings import load_settings
from meetcore.transcript.formats import stm


@pytest.mark.model
def test_word_ends_agree_with_the_marked_segment_ends() -> None:
    (package,) = importlib.util.find_spec("pyannote").submodule_search_locations
    sample = Path(package, "audio", "sample")
    segments = stm.loads((sample / "sample.stm").read_text()).segments
    words = ReferenceAligner(load_settings()).word_times(
        read_audio(sample / "sample.wav"), segments
    )
    assert [w.text for w in words] == [w.text.strip() for s in segments for w in s.words]
    assert all(word.start <= word.end for word in words)
    last = [sum(len(s.words) for s in segments[: n + 1]) - 1 for n in range(len(segments))]
    distances = [words[n].end - s.end for n, s in zip(last, segments, strict=True)]
    assert abs(statistics.median(distances)) < 0.1
    assert statistics.median(map(abs, distances)) < 0.15
