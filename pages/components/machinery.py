"""The parts of the Diagnostics page."""

from __future__ import annotations

import platform
from importlib import metadata

import streamlit as st

from meetcore.records import ModelsInUse
from meetcore.settings import Settings
from pages.components import look, sidebar

LIBRARIES = (
    "streamlit",
    "streamlit-webrtc",
    "aiortc",
    "av",
    "torch",
    "torchaudio",
    "openai-whisper",
    "ctranslate2",
    "pyannote.audio",
    "numpy",
    "scipy",
    "SQLAlchemy",
)


def mode(models: ModelsInUse | None) -> None:
    """The mode in force, and each better one that could not be held, with its remedy."""
    _, title, reason = sidebar.mode_words(models)
    st.subheader(title)
    look.facts(reason)
    if models is None:
        return
    for rung in models.rungs_left:
        with st.container(border=True):
            st.html(look.paragraph(f"{look.MODE_TEXT[rung.mode][1]} is not possible", rung.reason))
            if rung.remedy:
                st.code(rung.remedy, language=None, wrap_lines=True)


def weights(models: ModelsInUse | None) -> None:
    """What recognises words and tells voices apart."""
    if models is None:
        return
    st.subheader("Weights in use")
    rows = (
        ("While people talk", models.live_recognizer),
        ("Second pass", models.final_recognizer),
        ("Speakers", models.diarizer),
    )
    look.table(("For", "Weight"), [(name, value or "none") for name, value in rows])


def folders(settings: Settings) -> None:
    """Where things are kept."""
    st.subheader("Kept on this machine")
    look.table(
        ("What", "Where"),
        [
            ("Recordings and database", str(settings.data_dir)),
            ("Weights", str(settings.cache_dir)),
        ],
    )


def versions() -> None:
    """The libraries that matter, as installed."""
    st.subheader("Versions")
    rows = [("Python", platform.python_version())]
    rows += [(name, version_of(name)) for name in LIBRARIES]
    look.table(("Library", "Version"), rows)


def version_of(name: str) -> str:
    """The installed version of a library.

    >>> version_of("no-such-library")
    'not installed'
    """
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
