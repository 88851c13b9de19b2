"""Facts of a machine without problems, of which tests change one at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.diagnostics.facts.cuda_linkage import Accelerator, TorchBuild
from meetcore.diagnostics.facts.fact_types import DatabaseFacts, Facts, FolderFacts, ImportTrial
from meetcore.diagnostics.facts.installed import LIBRARIES, tested_versions
from meetcore.diagnostics.findings import FileState, WeightReport
from meetcore.settings import Settings

SPEAKER_CHECKPOINT = CheckpointInfo(
    path=Path("pytorch_model.bin"),
    size=5_905_440,
    container="torch zip",
    kind="pyannote.audio model",
    written_by=(("pyannote.audio", "3.0.0"), ("torch", "2.0.0")),
    has_introspection=False,
    architecture="pyannote.audio.models.segmentation.PyanNet.PyanNet",
    precision=("float32",),
)
WEIGHTS = (
    WeightReport("base.en", "second pass", FileState.CONVERTED),
    WeightReport("tiny.en", "while people talk", FileState.VERIFIED),
    WeightReport(
        "segmentation-3.0", "who speaks when", FileState.VERIFIED, checkpoint=SPEAKER_CHECKPOINT
    ),
    WeightReport(
        "campplus",
        "voices",
        FileState.VERIFIED,
        checkpoint=CheckpointInfo(Path("campplus.pt"), precision=("float32",)),
    ),
)


def made_settings(**changes: Any) -> Settings:
    """Settings that ignore .env."""
    return Settings(_env_file=None, **changes)


def healthy(**changes: Any) -> Facts:
    """A machine without a graphics card on which everything works, with changes."""
    tested = tested_versions()
    facts = Facts(
        python="3.11.7",
        versions=dict(tested),
        tested=tested,
        torch=TorchBuild("2.11.0+cu130", "13.0", carries_cuda=True, torchaudio_wants_cuda=True),
        accelerator=Accelerator(),
        trials={each.module: ImportTrial(each.module) for each in LIBRARIES if each.module},
        settings=made_settings(),
        weights=WEIGHTS,
        folders=(FolderFacts(Path("/kept"), 500 * 10**9), FolderFacts(Path("/cache"), 10**12)),
        database=DatabaseFacts("0002", "0002"),
    )
    return replace(facts, **changes)


def with_versions(**versions: str | None) -> Facts:
    """The same with other versions (`pyannote_audio="2.1.1"`); None for not installed."""
    installed = dict(tested_versions())
    for name, version in versions.items():
        installed[name.replace("_", "-")] = version or ""
    return healthy(versions={name: version for name, version in installed.items() if version})


def with_weight(name: str, **changes: Any) -> Facts:
    """The same with one weight changed."""
    return healthy(
        weights=tuple(replace(each, **changes) if each.name == name else each for each in WEIGHTS)
    )


def with_checkpoint(name: str, **changes: Any) -> Facts:
    """The same with one weight's checkpoint changed."""
    known = next(each.checkpoint for each in WEIGHTS if each.name == name)
    assert known is not None
    return with_weight(name, checkpoint=replace(known, **changes))
