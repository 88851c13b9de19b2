"""SECURITY.md names a test for each promise: those tests exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_each_named_test_exists() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    files = re.findall(r"`(tests/[\w/]+(?:\.py)?/?)`", page)
    names = re.findall(r"`(test_\w+)`", page)
    assert len(files) > 10 and len(names) > 3
    assert not [file for file in files if not (ROOT / file).exists()]
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    assert not [name for name in names if not any(f"def {name}(" in text for text in texts)]


def test_each_promise_names_a_test() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    promised = page.split("## What is promised")[1].split("## Behind a proxy")[0]
    promises = re.split(r"\n(?=\*\*)", promised)[1:]
    assert len(promises) > 8
    assert not [each[:60] for each in promises if "`test" not in each]
