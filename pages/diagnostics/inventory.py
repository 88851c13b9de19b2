"""The tables of installed libraries, weights and folders."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.diagnostics.findings import (
    Diagnosis,
    FileState,
    LibraryVersion,
    Verdict,
    WeightReport,
)
from meetcore.settings import Settings
from meetcore.text.sizes import size_text
from pages.diagnostics import verdicts
from pages.shared import style
from pages.shared.plain_text import plain

STATES = {
    FileState.VERIFIED: "sha256 as published",
    FileState.CONVERTED: "made here from a verified file",
    FileState.GIVEN: "given by path; there is no published sha256",
    FileState.MISSING: "missing",
    FileState.CORRUPT: "not what was published",
}
SHOWN_HASH = 12


def libraries(diagnosis: Diagnosis) -> None:
    """Draw the libraries: the installed version, and the one that was tested."""
    known = diagnosis.libraries
    with st.expander(plain(label("Libraries", [each.verdict for each in known])), key="libraries"):
        if not known:
            st.caption("Not looked at yet.")
            return
        rows = "".join(library_row(each) for each in known)
        st.html(
            '<table class="meetcore-table meetcore-libraries"><thead><tr><th scope=col>Library</th>'
            "<th scope=col>Installed</th><th scope=col>Tested with</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def label(thing: str, seen: list[Verdict]) -> str:
    """A section's name with the number of rows of each verdict.

    >>> label("Libraries", [Verdict.GREEN, Verdict.RED, Verdict.AMBER, Verdict.AMBER])
    'Libraries · 1 to fix, 2 warnings, 1 fine'
    """
    counts = [
        verdicts.count_text(seen.count(verdict), verdict)
        for verdict in (Verdict.RED, Verdict.AMBER, Verdict.GREEN)
        if verdict in seen
    ]
    return f"{thing} · {', '.join(counts)}" if counts else thing


def library_row(library: LibraryVersion) -> str:
    """HTML of one library."""
    note = f"<small>{escape(library.note)}</small>" if library.note else ""
    return (
        f"<tr><td><div>{verdicts.dot(library.verdict)}<p>{escape(library.name)}{note}</p></div></td>"
        f"<td>{escape(library.installed or 'not installed')}</td>"
        f"<td>{escape(library.tested or '–')}</td></tr>"
    )


def weights(diagnosis: Diagnosis) -> None:
    """Draw the weights in use, and what wrote them."""
    known = diagnosis.weights
    with st.expander(plain(label("Weights", [each.verdict for each in known])), key="weights"):
        if not known:
            st.caption("Not looked at yet.")
        st.html(f'<ul class="meetcore-weights">{"".join(weight(each) for each in known)}</ul>')


def weight(report: WeightReport) -> str:
    """HTML of one weight."""
    facts = [
        size_text(report.size) if report.size else "",
        STATES[report.state],
        report.publisher,
        report.licence,
        f"sha256 {report.sha256[:SHOWN_HASH]}…" if report.sha256 else "",
    ]
    line = " · ".join(escape(each) for each in facts if each)
    wrote = written(report.checkpoint) if report.checkpoint else ""
    note = f'<p class="note">{escape(report.note)}</p>' if report.note else ""
    return (
        f"<li>{verdicts.dot(report.verdict)}<div><b>{escape(report.name)}</b>"
        f' <span class="role">{escape(report.role)}</span><p>{line}</p>'
        f"{wrote}{note}</div></li>"
    )


def written(checkpoint: CheckpointInfo) -> str:
    """HTML of what a file says about its author."""
    sentences = list(authorship(checkpoint))
    return f"<p>{escape(' · '.join(sentences))}</p>" if sentences else ""


def authorship(checkpoint: CheckpointInfo) -> Iterable[str]:
    """Sentences on what wrote a file, and on the key that pyannote.audio 2.x needs."""
    if checkpoint.written_by:
        by = ", ".join(f"{library} {version}" for library, version in checkpoint.written_by)
        yield f"written by {by}"
    if checkpoint.has_introspection is not None:
        there = "present" if checkpoint.has_introspection else "absent"
        yield f"'introspection' key {there}"
    if checkpoint.trouble:
        yield checkpoint.trouble


def folders(settings: Settings) -> None:
    """Draw the folders in use."""
    rows: list[tuple[str, ...]] = [
        ("Recordings and database", str(settings.data_dir)),
        ("Weights", str(settings.cache_dir)),
    ]
    style.table(("What", "Where"), rows)
