"""Committed words never change, in whatever order words and turns arrive."""

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.live_transcript import LiveTranscript

times = st.floats(0, 60, allow_nan=False)
words = st.lists(st.builds(Word, st.sampled_from([" a", " b.", " c,"]), times, times), max_size=6)
turns = st.lists(st.builds(Turn, times, times, st.sampled_from(["S1", "S2"])), max_size=6)
events = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), words),
        st.tuples(st.just("tentative"), words),
        st.tuples(st.just("turns"), st.tuples(turns, times)),
        st.tuples(st.just("relabel"), st.just({"S2": "S1"})),
        st.tuples(st.just("store"), st.booleans()),
    ),
    max_size=25,
)


def committed_words(live: LiveTranscript) -> list[Word]:
    return [word for segment in live.segments() for word in segment.words]


@given(events, st.booleans())
def test_any_interleaving_keeps_words_and_store_in_step(events: list, has_turns: bool) -> None:
    live, expected, store = LiveTranscript(has_turns), [], []

    def save() -> None:
        changes = live.changes()
        if changes is not None:
            assert changes.first_position <= len(store)
            for position, segment in enumerate(store[: changes.first_position]):
                label = changes.merged.get(segment.speaker, segment.speaker)
                store[position] = replace(segment, speaker=label)
            store[changes.first_position :] = changes.segments

    for name, value in events:
        if name == "commit":
            live.commit(value)
            expected += value
        elif name == "tentative":
            live.set_tentative(value)
        elif name == "turns":
            live.set_turns(*value)
        elif name == "relabel":
            live.relabel(value)
        else:
            save()
            if value:  # else the write failed, and the same is offered again
                live.mark_stored()
        assert committed_words(live) == expected
        spoken = [segment.speaker for segment in live.segments() if segment.speaker is not None]
        assert live.labels() == tuple(dict.fromkeys(spoken))
    save()
    live.mark_stored()
    assert tuple(store) == live.segments()
    assert live.changes() is None


def test_speakers_follow_the_turns_until_they_are_settled() -> None:
    live = LiveTranscript()
    live.commit([Word(" Hello?", 0, 0.5), Word(" Hi.", 1, 1.5)])
    assert [s.speaker for s in live.segments()] == [None]
    live.set_turns([Turn(0, 0.6, "S1"), Turn(0.9, 1.6, "S2")], settled_until=1.2)
    assert [s.speaker for s in live.segments()] == ["S1", "S2"]
    live.set_turns([Turn(0, 1.6, "S3")], settled_until=1.6)
    assert [s.speaker for s in live.segments()] == ["S1", "S3"]


def test_a_merge_of_voices_reaches_frozen_segments_and_the_store() -> None:
    live = LiveTranscript()
    live.commit([Word(" a.", 0, 1), Word(" b.", 10, 11), Word(" c.", 20, 21)])
    live.set_turns([Turn(0, 1, "S1"), Turn(10, 11, "S2"), Turn(20, 21, "S1")], settled_until=30)
    live.mark_stored()
    live.relabel({"S2": "S1"})
    changes = live.changes()
    assert changes is not None
    assert (changes.first_position, changes.segments) == (3, ())
    assert changes.merged == {"S2": "S1"} == live.merged
    assert {segment.speaker for segment in live.segments()} == {"S1"}


def test_merges_in_a_chain_are_followed_to_their_end() -> None:
    live = LiveTranscript()
    live.commit([Word(" a.", 0, 1), Word(" b.", 10, 11)])
    live.set_turns([Turn(0, 1, "S3"), Turn(10, 11, "S2")], settled_until=30)
    live.relabel({"S3": "S2", "S2": "S1"})
    assert [segment.speaker for segment in live.segments()] == ["S1", "S1"]


def test_a_voice_that_becomes_known_late_changes_segments_of_the_last_minute() -> None:
    live = LiveTranscript()
    live.commit([Word(" a.", 0, 1), Word(" b.", 10, 11), Word(" c.", 20, 21)])
    live.set_turns([Turn(10, 11, "S1")], settled_until=25)
    live.set_turns([Turn(0, 1, "S2"), Turn(10, 11, "S1")], settled_until=40)
    assert [segment.speaker for segment in live.segments()] == ["S2", "S1", None]
    live.commit([Word(" d.", 100, 101)])
    live.set_turns([Turn(100, 101, "S1")], settled_until=102)
    live.set_turns([Turn(20, 21, "S3"), Turn(100, 101, "S1")], settled_until=102)
    assert [segment.speaker for segment in live.segments()] == ["S2", "S1", None, "S1"]


def test_the_tentative_speaker_is_the_last_one_heard() -> None:
    live = LiveTranscript()
    live.set_tentative([Word(" so", 5.0, 5.2), Word(" then", 5.2, 5.5)])
    assert live.tentative_speaker is None
    live.set_turns([Turn(0, 2, "S1"), Turn(2, 4, "S2")], settled_until=2)
    assert live.tentative_speaker == "S2"
    live.set_tentative([Word(" so", 9.0, 9.2)])
    assert live.tentative_speaker is None


def test_without_turns_segments_settle_by_themselves() -> None:
    live = LiveTranscript(has_turns=False)
    for second in range(100):
        live.commit([Word(" word.", second, second + 0.5)])
    frozen: tuple[Segment, ...] = live.segments()[:-1]
    assert len(frozen) >= 4
    assert all(segment.speaker is None for segment in frozen)


def test_the_fourth_hour_costs_no_more_than_the_first() -> None:
    live = LiveTranscript()
    costs = []
    for second in range(0, 4 * 3600, 2):
        began = time.perf_counter()
        live.commit([Word(" one", second, second + 0.3), Word(" two.", second + 1, second + 1.5)])
        recent = [
            Turn(s, s + 2.0, f"S{s // 10 % 3}") for s in range(max(second - 20, 0), second, 2)
        ]
        live.set_turns(recent, settled_until=second - 5)
        live.segments()
        costs.append(time.perf_counter() - began)
        live.changes()
        live.mark_stored()
    first, last = sorted(costs[:1000])[500], sorted(costs[-1000:])[500]
    assert last < 3 * first + 0.001
