"""The pages for those who carry on say what the tree says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_architecture import ALLOWED

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"


def drawn() -> set[tuple[str, str]]:
    """The arrows of the drawing: who imports whom."""
    (block,) = re.findall(
        r"```mermaid\n(.*?)```", ARCHITECTURE.read_text(encoding="utf-8"), re.DOTALL
    )
    return set(re.findall(r"^\s*(\w+) --> (\w+)$", block, re.MULTILINE))


def needed() -> set[tuple[str, str]]:
    """The arrows that the table allows, without those that a longer way implies."""
    reached: dict[str, set[str]] = {}

    def reach(part: str) -> set[str]:
        if part not in reached:
            found = set(ALLOWED[part])
            for other in ALLOWED[part]:
                found |= reach(other)
            reached[part] = found
        return reached[part]

    return {
        (part, other)
        for part, others in ALLOWED.items()
        for other in others
        if not any(other in reach(between) for between in others - {other})
    }


def test_the_drawing_shows_the_arrows_that_the_architecture_test_holds() -> None:
    assert drawn() == needed()


def test_every_path_named_in_the_pages_exists() -> None:
    pages = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    named = {
        (page.name, path)
        for page in pages
        for path in re.findall(
            r"`((?:meetcore|pages|tests|docs)/[\w/.]+\.\w+)`", page.read_text(encoding="utf-8")
        )
    }
    assert named
    assert not [(page, path) for page, path in sorted(named) if not (ROOT / path).exists()]
