"""The README says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from meetcore.settings import Settings

README = Path(__file__).parent.parent / "README.md"


def settings_table() -> str:
    """The table of settings as the README must show it."""
    rows = ["| variable | default | what it is for |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"MEETCORE_{name.upper()}")
        default = "the user's folder" if field.default_factory else field.default
        assert default is not PydanticUndefined
        shown = "" if default in (None, ()) else f"`{default}`".replace("False", "false")
        rows.append(f"| `{variable}` | {shown} | {field.description} |".replace("|  |", "| |"))
    return "\n".join(rows)


def test_the_table_of_settings_is_the_one_in_the_code() -> None:
    assert settings_table() in README.read_text(encoding="utf-8")


def test_every_file_the_readme_links_to_exists() -> None:
    text = README.read_text(encoding="utf-8")
    links = re.findall(r"\]\(((?!http)[^)]+)\)", text)
    assert links and all((README.parent / link).exists() for link in links)
