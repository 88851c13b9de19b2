"""Meetcore's own page elements: one script and one style each, drawn without a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

ASSETS = Path(__file__).parent / "assets"


def read_asset(name: str) -> str:
    """The text of one asset."""
    return (ASSETS / name).read_text(encoding="utf-8")


def register(name: str, *shared: str) -> ComponentRenderer:
    """The drawing function of the element whose script and style bear this name.

    Scripts and styles named in `shared` come between the base and its own.

    Everything a user typed or said reaches the script as data and the page as text nodes;
    nothing of it is ever parsed as HTML.
    """
    return st.components.v2.component(
        f"meetcore_{name}",
        css="".join(read_asset(f"{part}.css") for part in ("base", *shared, name)),
        js="".join(read_asset(f"{part}.js") for part in ("base", *shared, name)),
    )
