"""Latencies computed from logs of updates whose latencies are known."""

import math

import pytest

from meetcore.metrics.latency import LatencyReport, measure
from meetcore.metrics.live_log import LatencySummary, ReferenceWord, Update, percentiles
from meetcore.records import Segment, Word


def words_of(text: str) -> tuple[Word, ...]:
    return tuple(Word(f" {part}", 0, 0) for part in text.split())


def segment(text: str, speaker: str | None = "S1") -> Segment:
    return Segment(0, 1, speaker, words_of(text))


def update(wall_time: float, committed: str, tentative: str = "") -> Update:
    segments = (segment(committed),) if committed else ()
    return Update(wall_time, segments, words_of(tentative))


SAID = [ReferenceWord(text, n, n + 1.0) for n, text in enumerate(["the", "cat", "sat", "down"])]


def report(*updates: Update) -> LatencyReport:
    return measure(updates, SAID, lambda text: text.lower().strip(" .").split())


def test_final_latency_counts_from_the_end_of_the_word_to_the_commit() -> None:
    found = report(
        update(1.5, "", "The"),
        update(2.5, "The", "bat"),
        update(3.5, "The cat", "sat"),
        update(5.0, "The cat sat down."),
    )
    assert found.final == (1.5, 1.5, 2.0, 1.0)
    assert found.first_shown == (0.5, 1.5, 0.5, 1.0)
    assert found.first_text == 1.5
    assert (found.shown, found.revised) == (3, 1)


def test_a_commit_that_is_taken_back_does_not_count() -> None:
    found = report(update(1.2, "the"), update(2.2, "a"), update(6.0, "the cat sat down"))
    assert found.final == (5.0, 4.0, 3.0, 2.0)
    assert found.first_shown[0] == pytest.approx(0.2)


def test_wrong_words_have_no_latency() -> None:
    found = report(update(5.0, "the hat sat"))
    assert found.final == (4.0, 2.0)


def test_a_word_seen_before_it_was_said_is_not_taken_for_it() -> None:
    # "down" is shown by mistake at 1.5 s, long before it is said.
    found = report(update(1.5, "", "the down"), update(5.0, "the cat sat down"))
    assert found.first_shown[-1] == 1.0


def test_the_longest_freeze_needs_somebody_talking() -> None:
    said = [ReferenceWord("one", 0, 1), ReferenceWord("two", 10, 11)]
    shown = [update(1.5, "one"), update(12.5, "one two")]
    assert measure(shown, said, str.split).longest_freeze == 1.5


def test_the_label_lag_ends_with_the_last_change_of_speaker() -> None:
    found = report(
        Update(1.0, (segment("the cat", None),)),
        Update(2.0, (segment("the cat", "S2"),)),
        Update(3.5, (segment("the", "S2"), segment("cat sat", "S1"))),
        Update(4.0, (segment("the", "S2"), segment("cat sat", "S1"), segment("down", "S1"))),
    )
    assert found.label_lag == (1.0, 2.5, 0.0, 0.0)


def test_nothing_shown_is_no_crash() -> None:
    found = report()
    assert found.final == () and math.isnan(found.first_text)
    assert measure([update(1.0, "x")], [], str.split).first_shown == ()


def test_percentiles_are_nearest_rank() -> None:
    assert percentiles(range(1, 11)) == LatencySummary(5, 9, 10, 10)
    assert percentiles([]).count == 0
