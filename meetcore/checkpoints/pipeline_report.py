"""Examines the pipeline that MEETCORE_DIARIZER names; called before it is loaded, and by doctor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.checkpoints.judge import judged_file, sha256_of
from meetcore.checkpoints.pipeline_folder import (
    CONFIG,
    Fetch,
    PipelineRefusedError,
    cached_file,
    hub_cache,
    read_pipeline,
)

OPEN = "or set MEETCORE_DIARIZER=open, which needs no pipeline"


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file that a pipeline names, and whether it may be loaded."""

    part: str
    name: str
    path: Path
    sha256: str
    info: CheckpointInfo


@dataclass(frozen=True, slots=True)
class PipelineReport:
    """What a pipeline consists of."""

    files: tuple[JudgedFile, ...] = ()
    trouble: str = ""
    """Why it is not loaded, and what to do, for a user; empty where it may be."""
    missing: tuple[str, ...] = ()
    """Files that are still to be fetched from the hub, and are judged then."""
    config: Mapping[str, Any] = field(default_factory=dict)


def examine_pipeline(
    setting: str, installed: str, trusted: Collection[str] = (), fetch: Fetch | None = None
) -> PipelineReport:
    """Follow a pipeline's config.yaml to every checkpoint and judge each; nothing is loaded.

    Parameters
    ----------
    setting : a folder, its config.yaml, or an id on the hub
    installed : version of pyannote.audio; empty where it is not installed
    trusted : sha256 of checkpoints that are loaded in spite of code in them
    fetch : gives files of the hub; None looks into its local cache only

    Raises
    ------
    Exception
        Whatever `fetch` raises.
    """
    fetch = fetch or partial(cached_file, hub_cache())
    local = Path(setting).expanduser()
    model_id = "" if local.exists() else setting
    config = local / CONFIG if local.is_dir() else local
    if model_id:
        fetched = fetch(*_id_and_file(setting))
        if fetched is None:
            return PipelineReport(missing=(CONFIG,))
        config = fetched
        model_id = setting.partition("@")[0]
    try:
        pipeline = read_pipeline(config, model_id, fetch)
    except PipelineRefusedError as error:
        return PipelineReport(trouble=f"{setting} is not loaded: {error}. Correct it, {OPEN}.")
    files: list[JudgedFile] = []
    trouble = ""
    for each in pipeline.files:
        if each.path is None:
            continue
        info, problem = judged_file(each.path, each.part, installed, trusted)
        sha256 = sha256_of(each.path)
        files.append(JudgedFile(each.part, each.name, each.path, sha256, info))
        if problem and not trouble:
            trouble = f"{setting} is not loaded: its {each.part} {problem}. {_remedy(info, sha256)}"
    missing = tuple(f"{each.part}/{each.name}" for each in pipeline.files if each.path is None)
    return PipelineReport(tuple(files), trouble, missing, pipeline.config)


def _id_and_file(setting: str) -> tuple[str, str, str | None]:
    model_id, _, revision = setting.partition("@")
    return model_id, CONFIG, revision or None


def _remedy(info: CheckpointInfo, sha256: str) -> str:
    if info.trouble:
        return f"Download it again, {OPEN}."
    if info.code and info.has_introspection is not None and not _foreign(info):
        return f"Use pyannote/speaker-diarization-community-1, {OPEN}."
    return f"If you trust its author, add {sha256} to MEETCORE_TRUSTED_CHECKPOINTS, {OPEN}."


def _foreign(info: CheckpointInfo) -> bool:
    return any(not name.startswith("pyannote.audio.core.") for name in info.code)
