"""The panel that inspects a checkpoint of the user's: what wrote it, and whether it would load."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import BinaryIO, cast

import streamlit as st

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.checkpoints.inspect import inspect_checkpoint
from meetcore.diagnostics.facts.installed import installed_versions
from meetcore.diagnostics.findings import Finding
from meetcore.diagnostics.rules.browser import is_loopback
from meetcore.diagnostics.rules.registry import judge_checkpoint
from meetcore.text.sizes import size_text
from pages.diagnostics import findings
from pages.shared import notice, state, style

UPLOAD_KEY, PATH_KEY, KEPT = "checkpoint-file", "checkpoint-path", "inspected"


@dataclass(frozen=True, slots=True)
class Inspected:
    """A checkpoint, and the findings of the rules on it."""

    checkpoint: CheckpointInfo
    findings: tuple[Finding, ...]


def panel() -> None:
    """Draw the file field, the path field, and the result."""
    with st.expander("Inspect a checkpoint", key="inspect", icon=":material/frame_inspect:"):
        st.caption(
            "What wrote a file of weights, and whether what is installed can read it. Nothing in"
            " the file is run, and it is not kept."
        )
        st.file_uploader("A file", key=UPLOAD_KEY, on_change=inspect_upload)
        # Who reaches the pages from elsewhere must not learn which files this machine has.
        if is_loopback(str(st.get_option("server.address") or "")):
            st.text_input(
                "Or a path on the machine that runs Meetcore, so that nothing large has to travel",
                key=PATH_KEY,
                on_change=inspect_path,
                placeholder="/models/segmentation-3.0/pytorch_model.bin",
            )
        inspected = cast("Inspected | None", state.remembered(KEPT))
        if inspected is not None:
            result(inspected)


def inspect_upload() -> None:
    """Inspect the uploaded file in a temporary folder."""
    upload = state.widget_value(UPLOAD_KEY)
    if upload is None:
        state.remember(KEPT, None)
        return
    with notice.showing_errors(), tempfile.TemporaryDirectory() as folder:
        # The suffix helps to detect the container; the rest of the name is untrusted.
        suffix = Path(upload.name).suffix[:12]
        copy = Path(folder) / f"checkpoint{suffix if suffix[1:].isalnum() else ''}"
        with copy.open("wb") as file:
            shutil.copyfileobj(cast(BinaryIO, upload), file)
        seen = inspect_checkpoint(copy)
        # An error message may name the temporary folder, which is deleted by now.
        trouble = seen.trouble.replace(str(copy), upload.name).replace(copy.name, upload.name)
        keep(replace(seen, path=Path(upload.name), trouble=trouble))


def inspect_path() -> None:
    """Inspect a file or folder on this machine."""
    path = str(state.widget_value(PATH_KEY) or "").strip().strip("\"'")
    if not path:
        state.remember(KEPT, None)
        return
    with notice.showing_errors():
        keep(inspect_checkpoint(Path(path).expanduser()))


def keep(checkpoint: CheckpointInfo) -> None:
    """Keep the result for the page to draw."""
    found = () if checkpoint.trouble else judge_checkpoint(checkpoint, installed_versions())
    state.remember(KEPT, Inspected(checkpoint, found))


def result(inspected: Inspected) -> None:
    """Draw what the file holds, then the findings."""
    checkpoint = inspected.checkpoint
    st.html(f'<p class="meetcore-inspected"><b>{escape(checkpoint.path.name)}</b></p>')
    if checkpoint.trouble:
        notice.error(checkpoint.trouble)
    style.table(("", "In this file"), list(facts(checkpoint)))
    for index, finding in enumerate(inspected.findings):
        findings.card(finding, f"inspected-{index}")


def facts(checkpoint: CheckpointInfo) -> Iterable[tuple[str, str]]:
    """Rows of what is known of a checkpoint; unknown facts are left out."""
    rows = (
        ("Holds", checkpoint.kind or "not known"),
        ("Packed as", checkpoint.container),
        ("Size", size_text(checkpoint.size)),
        ("Written by", ", ".join(f"{name} {version}" for name, version in checkpoint.written_by)),
        ("'introspection' key", introspection(checkpoint)),
        ("Builds", checkpoint.architecture),
        ("Tensors", tensors(checkpoint)),
        ("Code it would import", ", ".join(checkpoint.code)),
    )
    return ((name, value) for name, value in rows if value)


def introspection(checkpoint: CheckpointInfo) -> str:
    """Whether the file has the key that pyannote.audio 2.x needs; empty where it is not known."""
    if checkpoint.has_introspection is None:
        return ""
    return "present" if checkpoint.has_introspection else "absent: pyannote.audio 2.x looks for it"


def tensors(checkpoint: CheckpointInfo) -> str:
    """The number of tensors, their parameters and number formats."""
    if not checkpoint.n_tensors:
        return ""
    formats = f", {', '.join(checkpoint.precision)}" if checkpoint.precision else ""
    return f"{checkpoint.n_tensors:,} with {checkpoint.n_parameters:,} numbers{formats}"
