"""The registry of diarizers: finds the one that MEETCORE_DIARIZER names and loads it.

To add a diarizer to Meetcore, write a module with a class that has a class method `load` (see
meetcore.diarization.diarizer.DiarizerClass), and add its row to `DIARIZERS`::

    "sortformer": "meetcore.diarization.sortformer:SortformerDiarizer",

Another installed package adds one with the same row in its own pyproject.toml::

    [project.entry-points."meetcore.diarizers"]
    sortformer = "sortformer_for_meetcore:SortformerDiarizer"

Either is then used when MEETCORE_DIARIZER=sortformer. What `load` returns follows
meetcore.diarization.diarizer.Diarizer; its `open_live` returns any
meetcore.diarization.live_diarizer.LiveDiarizer. A diarizer for finished recordings only can load
OpenDiarizer for its `open_live` and `embedding`, as PyannotePipelineDiarizer does.
"""

from __future__ import annotations

from pathlib import Path

from meetcore.diarization.diarizer import (
    Diarizer,
    DiarizerClass,
    DiarizerRequest,
    WeightSource,
)
from meetcore.errors import ModelUnavailableError
from meetcore.plugins import Row, registry_rows

DIARIZERS = {"open": "meetcore.diarization.open_diarizer:OpenDiarizer"}
"""Names and classes of Meetcore's own diarizers; the first is what "auto" takes."""

PIPELINE = "meetcore.diarization.pyannote_pipeline:PyannotePipelineDiarizer"
"""What loads a setting that is no name: a pipeline's folder, or its id on the hub."""

ENTRY_POINT_GROUP = "meetcore.diarizers"
"""Entry points with which other packages add diarizers."""


def diarizer_names() -> tuple[str, ...]:
    """Names that MEETCORE_DIARIZER takes besides "auto", "off", folders and hub ids."""
    return tuple(registry_rows(DIARIZERS, ENTRY_POINT_GROUP))


def load_diarizer(
    setting: str,
    weights: WeightSource,
    *,
    hf_token: str | None = None,
    device: str = "auto",
    trusted: tuple[str, ...] = (),
) -> Diarizer:
    """The diarizer that a setting asks for.

    Parameters
    ----------
    setting : "auto", a name of the registry, a folder (or its config.yaml) with a pyannote
        pipeline, or the id of a pipeline on the hub
    weights : gives weights of the catalogue
    hf_token : Hugging Face token, for gated pipelines only
    device : "cpu", "cuda", or "auto"
    trusted : sha256 of checkpoints that a pipeline may load in spite of code in them

    Raises
    ------
    ModelUnavailableError
        It cannot be loaded, or is "off"; the message gives the reason and the remedy.
    """
    if setting == "off":
        raise ModelUnavailableError(
            "Speakers are switched off. Set MEETCORE_DIARIZER=auto to have them."
        )
    row = _row_of(next(iter(DIARIZERS)) if setting == "auto" else setting)
    loader: DiarizerClass = row.load()
    with row.translated_errors():
        return loader.load(DiarizerRequest(setting, weights, device, hf_token, trusted))


def _row_of(name: str) -> Row:
    """The row of a name; that of pipelines for a folder or a hub id."""
    rows = registry_rows(DIARIZERS, ENTRY_POINT_GROUP)
    if name in rows:
        return rows[name]
    if "/" not in name and not Path(name).expanduser().exists():
        raise ModelUnavailableError(
            f"No diarizer is called '{name}'; set MEETCORE_DIARIZER to auto, off,"
            f" {', '.join(diarizer_names())}, a pipeline's folder or its id on the hub."
        )
    return Row("pipeline", PIPELINE)
