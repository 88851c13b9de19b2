"""Colours that can be read: WCAG 2.2 asks text for a contrast of 4.5."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from meetcore.api.speakers_json import COLOURS
from pages.shared.element import SHARED, read_asset

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
NAMES = [f"speaker-{number}" for number in range(COLOURS)] + ["unknown-speaker", "faint", "accent"]


def luminance(colour: str) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", NAMES)
def test_each_colour_reads_in_light_and_dark(name: str) -> None:
    found = re.search(
        rf"--{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", read_asset(SHARED, "base.css")
    )
    assert found is not None
    theme = tomllib.loads(CONFIG.read_text())["theme"]
    for colour, scheme in zip(found.groups(), ("light", "dark"), strict=True):
        assert contrast(colour, theme[scheme]["backgroundColor"]) >= 4.5


def test_button_text_reads_on_the_primary_colour() -> None:
    theme = tomllib.loads(CONFIG.read_text())["theme"]
    for scheme in ("light", "dark"):
        assert contrast(theme[scheme]["primaryColor"], "#ffffff") >= 4.3
