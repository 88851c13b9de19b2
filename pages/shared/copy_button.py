"""A button that copies a text to the clipboard."""

from __future__ import annotations

from pages.shared import element

draw = element.register(__file__, "copy_button")


def button(label: str, text: str) -> None:
    """Draw the button; it says so where the browser refuses access to the clipboard."""
    draw(key="copying", data={"label": label, "text": text})
