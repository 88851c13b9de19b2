"""Copies what was judged of a pipeline, so that the files that are loaded are those."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from meetcore.checkpoints.pipeline_report import JudgedFile, PipelineReport
from meetcore.errors import ModelUnavailableError

PIECE_BYTES = 2**20


def config_of_copies(
    report: PipelineReport, folder: Path, trusted: Collection[str]
) -> dict[str, Any]:
    """The pipeline's config, naming copies of its files in a folder of our own.

    A checkpoint is read by torch's reader for weights, which runs no code, and written again; only
    a trusted one is copied as it is.

    Raises
    ------
    ModelUnavailableError
        A file is not the one that was judged, or torch refuses it.
    """
    for file in report.files:
        copy = folder / file.part / file.name
        copy.parent.mkdir(exist_ok=True)
        _copy(file, copy)
        if copy.suffix != ".npz" and file.sha256 not in trusted:
            _write_again(copy)
    pipeline = dict(report.config["pipeline"])
    parts = dict.fromkeys(file.part for file in report.files)
    models = {
        # As a mapping: pyannote.audio judges the library of an embedding by words in a text.
        part: {"checkpoint": str(folder / part)}
        for part in parts
    }
    params = {**(pipeline.get("params") or {}), **models}
    return {**report.config, "pipeline": {**pipeline, "params": params}}


def _copy(file: JudgedFile, copy: Path) -> None:
    digest = hashlib.sha256()
    with file.path.open("rb") as source, copy.open("xb") as target:
        while piece := source.read(PIECE_BYTES):
            digest.update(piece)
            target.write(piece)
    if digest.hexdigest() != file.sha256:
        raise ModelUnavailableError(
            f"The pipeline's {file.part} was changed while it was loaded. Start again."
        )


def _write_again(path: Path) -> None:
    import torch
    from pyannote.audio.core.model import Introspection
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    version = torch.torch_version.TorchVersion
    plain: list[Any] = [Problem, Resolution, Specifications, Introspection, version]
    with torch.serialization.safe_globals(plain):
        try:
            loaded = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises anything from KeyError to UnpicklingError
            raise ModelUnavailableError(
                f"The pipeline's {path.parent.name} cannot be read as weights"
                f" ({type(error).__name__}). Download it again, or set MEETCORE_DIARIZER=open,"
                " which needs no pipeline."
            ) from error
    torch.save(loaded, path)
