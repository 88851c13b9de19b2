"""The levels sweep without weights: its table, its options, its sounds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from meetcore.benchmarks.offline.levels_report import LevelTexts, markdown, to_json
from meetcore.benchmarks.offline.levels_sweep import recorded
from meetcore.benchmarks.offline.synthetic_sounds import KINDS, sound
from meetcore.cli.main import main
from meetcore.metrics.reference import Reference
from meetcore.records import Segment, Word

TALK = Path("talk.wav")
ROWS = [
    LevelTexts("talk", TALK, -60.0, " a b c", " a b", " a c", ""),
    LevelTexts("hum", None, -75.0, "", " you"),
]


def references(known: bool) -> dict[Path, Reference]:
    words = tuple(Word(f" {text}", 0.0, 1.0) for text in "abcd")
    return {TALK: Reference((Segment(0.0, 4.0, "A", words),)) if known else Reference()}


def test_speech_has_error_rates_and_sounds_have_counts() -> None:
    text = markdown({"tiny.en": ROWS}, references(known=True))
    assert text.startswith("**tiny.en**")
    assert "| talk | -60 dB | 25.0 %, 3 words | 50.0 %, 2 words | 50.0 %, 2 words |" in text
    assert "| hum | -75 dB | 0 words | 1 word |  |  |" in text
    assert "| talk | -60 dB | 3 words |" in markdown({"x": ROWS}, references(known=False))
    (talk, hum) = json.loads(to_json({"tiny.en": ROWS}, references(known=True)))["tiny.en"]
    assert talk["final"] == {"words": 3, "wer": 0.25} and talk["noisy_live"]["wer"] == 1.0
    assert hum["live"] == {"words": 1, "wer": None} and hum["noisy_final"] is None


@pytest.mark.parametrize("option", ["--levels=loud", "--noises=whales"])
def test_unknown_levels_and_sounds_are_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["bench", "offline", "talk.wav", option])
    assert "--levels=-60,-20" in (said := capsys.readouterr().err) or "melody" in said


@pytest.mark.parametrize("kind", KINDS)
def test_every_sound_has_the_level_asked_for_and_no_silent_second(kind: str) -> None:
    samples = sound(kind, 3.3, -40.0)
    assert samples.shape == (52_800,) and samples.dtype == np.float32
    assert 10 * np.log10(np.mean(samples**2)) == pytest.approx(-40.0, abs=0.01)
    assert np.array_equal(samples, sound(kind, 3.3, -40.0))
    assert all(np.any(second) for second in np.array_split(samples, 3))


def test_levels_are_rounded_as_recordings_are_unless_they_exceed_full_scale() -> None:
    tone = np.sin(np.arange(16_000) * 0.1).astype(np.float32)
    quiet = recorded(tone, -75.0) * 32768
    assert np.array_equal(quiet, np.round(quiet))
    assert np.abs(recorded(tone, 25.0)).max() > 20.0
