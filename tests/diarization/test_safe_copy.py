"""The copy that is loaded: torch's reader for weights wrote it, and pyannote.audio reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetcore.checkpoints.judge import judged_file, sha256_of
from meetcore.checkpoints.pipeline_report import JudgedFile, PipelineReport
from meetcore.diarization.safe_copy import config_of_copies
from meetcore.weights.resolver import WeightResolver

pytestmark = pytest.mark.model


def test_a_real_checkpoint_is_read_from_its_copy(resolver: WeightResolver, tmp_path: Path) -> None:
    from pyannote.audio import Model

    path = resolver.resolve("segmentation-3.0")
    path = path / "pytorch_model.bin" if path.is_dir() else path
    info, problem = judged_file(path, "segmentation", "4.0.7")
    assert problem == ""
    file = JudgedFile("segmentation", "pytorch_model.bin", path, sha256_of(path), info)
    report = PipelineReport((file,), config={"pipeline": {"name": "x"}})
    config = config_of_copies(report, tmp_path, ())
    copy = config["pipeline"]["params"]["segmentation"]["checkpoint"]
    ours, theirs = Model.from_pretrained(copy), Model.from_pretrained(path)
    assert ours is not None and theirs is not None
    assert ours.specifications == theirs.specifications
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    assert all(one.equal(other) for one, other in pairs)
