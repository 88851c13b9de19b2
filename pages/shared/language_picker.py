"""The choice of the languages that are spoken, on Live, Upload and "Run again"."""

from __future__ import annotations

import streamlit as st

from meetcore.text import languages
from pages.shared import process, state


def language_picker(key: str, only_english: bool, width: int | None = None) -> None:
    """Draw the choice of one language or a few; an empty choice means any language.

    Parameters
    ----------
    only_english : the recognizer in use writes English alone, so that is what it writes unless
        another language is chosen
    width : in pixels; None takes the room there is
    """
    st.multiselect(
        "Language",
        languages.BY_NAME,
        default=languages.candidates(process.settings().language),
        key=key,
        format_func=languages.name_of,
        max_selections=languages.MOST_CANDIDATES,
        placeholder="English" if only_english else "Any language",
        help="Choose the language that is spoken, or the few that are: Meetcore then looks for no"
        " other. It finds out by itself where none is chosen.",
        width=width or "stretch",
    )


def picked(key: str) -> str | None:
    """The chosen languages, as the service takes them: "de,en", "auto" or None for the default.

    Inside a callback, or after `language_picker`.
    """
    codes = state.widget_value(key)
    if codes is None:
        return None
    return ",".join(codes) or ("auto" if process.settings().language else None)
