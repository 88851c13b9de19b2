"""A button that puts a text into the clipboard."""

from __future__ import annotations

from pages.components import bidi

draw = bidi.register("copying")


def button(label: str, text: str) -> None:
    """Draw the button; where the browser keeps the clipboard shut, it says so."""
    draw(key="copying", data={"label": label, "text": text})
