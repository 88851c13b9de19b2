"""`bench diarization` on the sample: figures, scored regions, and mistakes in its arguments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meetcore.cli.main import main
from tests.conftest import SamplePaths


@pytest.mark.model
def test_the_sample_is_scored(
    sample_paths: SamplePaths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uem = tmp_path / "scored.uem"
    uem.write_text("other NA 0 5\nsample NA 0.000 30.000\n")
    command = ["bench", "diarization", str(sample_paths.wav), "--reference"]
    assert main([*command, str(sample_paths.rttm), "--uem", str(uem), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    errors = row["errors"]
    wrong = errors["missed"] + errors["false_alarm"] + errors["confusion"]
    assert wrong / errors["total"] <= 0.056
    assert (row["found"], row["true"], row["duration"]) == (2, 2, 30.0)
    assert 0 < row["cpu_s"] < 30


def test_wrong_arguments_fail_before_anything_is_loaded(
    sample_paths: SamplePaths, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, uem = tmp_path / "other.rttm", tmp_path / "scored.uem"
    other.write_text("SPEAKER other 1 0 1 <NA> <NA> A <NA> <NA>\n")
    uem.write_text("other NA 0 5\n")
    command = ["bench", "diarization", str(sample_paths.wav), "--reference"]
    for arguments, sentence in (
        ([str(other)], "No reference has turns of sample."),
        ([str(tmp_path / "none.rttm")], "can't be read"),
        ([str(sample_paths.rttm), "--uem", str(uem)], "scores nothing of sample"),
        ([str(sample_paths.rttm), "--speakers", "0"], "at least 1"),
        ([str(sample_paths.rttm), "--speakers", "2", "--max-speakers", "3"], "not both"),
    ):
        assert main([*command, *arguments]) != 0
        assert sentence in capsys.readouterr().err
