"""A button that puts a text into the clipboard."""

from __future__ import annotations

from pages.shared import element

draw = element.register(__file__, "copy_button")


def button(label: str, text: str) -> None:
    """Draw the button; where the browser keeps the clipboard shut, it says so."""
    draw(key="copying", data={"label": label, "text": text})
