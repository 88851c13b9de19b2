"""Labels of the second pass are matched to those of the live pass."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.records import Segment, Turn
from meetcore.transcript.label_matching import match_speakers

TURNS = st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 20), st.sampled_from("ABCD")))


def turns(items: list[tuple[float, float, str]]) -> list[Turn]:
    return [Turn(start, start + length, who) for start, length, who in items]


@settings(deadline=None)  # the first example imports scipy
@given(TURNS, st.permutations("WXYZ"))
def test_renaming_every_speaker_is_undone(
    items: list[tuple[float, float, str]], names: list[str]
) -> None:
    alone = [(30.0 * i, length, who) for i, (_, length, who) in enumerate(items)]
    renamed = dict(zip("ABCD", names, strict=True))
    before = turns(alone)
    after = [Turn(turn.start, turn.end, renamed[turn.speaker]) for turn in before]
    assert match_speakers(before, after) == {renamed[who]: who for _, _, who in alone}


@settings(deadline=None)
@given(TURNS, TURNS)
def test_matches_are_one_to_one(
    before: list[tuple[float, float, str]], after: list[tuple[float, float, str]]
) -> None:
    matched = match_speakers(turns(before), turns(after))
    assert len(set(matched.values())) == len(matched)


def test_most_time_in_common_wins_over_first_come() -> None:
    before = [Turn(0, 10, "S1"), Turn(10, 13, "S2")]
    after = [Turn(0, 4, "S1"), Turn(4, 10, "S2"), Turn(10, 13, "S1")]
    assert match_speakers(before, after) == {"S1": "S2", "S2": "S1"}


def test_unknown_speakers_are_ignored() -> None:
    assert match_speakers([Segment(0, 5, None, ())], [Turn(0, 5, "S1")]) == {}
    assert match_speakers([], [Turn(0, 5, "S1")]) == {}
