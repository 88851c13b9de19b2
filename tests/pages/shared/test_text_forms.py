"""Times, sizes and lengths of names are the same in the page scripts and in Python."""

from __future__ import annotations

import json
import re
from pathlib import Path

from meetcore.text.durations import position_text
from meetcore.text.names import LONGEST_NAME, LONGEST_TITLE
from meetcore.text.sizes import size_text
from pages.shared import element


def test_times_and_sizes_have_one_form() -> None:
    forms = json.loads(Path(__file__).with_name("text_forms.json").read_text())
    for seconds, text in forms["times"]:
        assert position_text(seconds) == text
    for size, text in forms["sizes"]:
        assert size_text(size) == text


def test_fields_take_what_the_routes_take() -> None:
    script = Path(element.__file__).with_name("base.js").read_text()
    found = dict(re.findall(r"^const (LONGEST_\w+) = (\d+);", script, re.MULTILINE))
    assert found == {"LONGEST_NAME": str(LONGEST_NAME), "LONGEST_TITLE": str(LONGEST_TITLE)}
