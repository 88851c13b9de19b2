"""Loops of a decoder are found; ordinary repetition in speech is not."""

from __future__ import annotations

import pytest

from meetcore.asr.repetition import compression_ratio, loop_start


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", None),
        ("no no no she said", None),
        ("very very very very good", None),
        ("hello hello hello hello hello", 1),
        ("well so what so what so what so what so what", 3),
        ("a b c d a b c d a b c d", None),
        ("x a b c d e a b c d e a b c d e y", 6),
        ("a b c d e f g h i j k l " * 2, 12),
        ("a b c d e f g h i j k " * 2, None),
        ("one two three four five six seven eight nine ten", None),
    ],
)
def test_loop_start(text: str, kept: int | None) -> None:
    assert loop_start(text.split()) == kept


def test_a_loop_of_the_longest_unit_is_found() -> None:
    unit = list(range(40))
    assert loop_start(unit * 3) == 40


def test_compression_ratio_tells_loops_from_prose() -> None:
    prose = "At least, you know, they all call me a Yankee down here, so what can I say?"
    assert compression_ratio("") == 0.0
    assert compression_ratio(prose) < 1.5
    assert compression_ratio("thank you very much " * 20) > 2.4
