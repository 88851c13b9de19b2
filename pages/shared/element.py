"""Meetcore's own page elements: one script and one style each, drawn without a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

SHARED = Path(__file__).parent


def read_asset(folder: Path, name: str) -> str:
    """The text of a script or a style: from this folder, else from the shared one."""
    return asset_path(folder, name).read_text(encoding="utf-8")


def asset_path(folder: Path, name: str) -> Path:
    """Where a script or a style lies, or would lie."""
    path = folder / name
    return path if path.is_file() else SHARED / name


def style_of(module_file: str, name: str) -> str:
    """A style beside the module as an HTML element; for what is drawn without a script."""
    return f"<style>{read_asset(Path(module_file).parent, f'{name}.css')}</style>"


def register(module_file: str, name: str, *shared: str) -> ComponentRenderer:
    """The drawing function of the element whose script and style bear this name.

    They lie beside the module that registers it. Scripts and styles named in `shared`, from the
    same folder or from `pages/shared`, come between the base and its own; a part that draws
    nothing has a script and no style.

    Everything a user typed or said reaches the script as data and the page as text nodes;
    nothing of it is ever parsed as HTML.
    """
    folder = Path(module_file).parent
    parts = ("base", *shared, name)
    styles = [f"{part}.css" for part in parts if asset_path(folder, f"{part}.css").is_file()]
    return st.components.v2.component(
        f"meetcore_{name}",
        css="".join(read_asset(folder, style) for style in styles),
        js="".join(read_asset(folder, f"{part}.js") for part in parts),
    )
