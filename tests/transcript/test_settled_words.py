"""Settled words replace committed ones once and never change; the store is kept in step."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.live_transcript import LiveTranscript

LABELS = ["S1", "S2", "S3"]


def word(text: str, start: float) -> Word:
    return Word(text, start, start + 0.3)


class Store:
    """What a database has after each save."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []

    def save(self, live: LiveTranscript, works: bool = True) -> None:
        changes = live.changes()
        if changes is None:
            return
        assert changes.first_position <= len(self.segments)
        for position, segment in enumerate(self.segments[: changes.first_position]):
            label = changes.merged.get(segment.speaker or "", segment.speaker)
            self.segments[position] = replace(segment, speaker=label)
        self.segments[changes.first_position :] = changes.segments
        if works:
            live.mark_stored()


@st.composite
def meetings(draw: st.DrawFn) -> list[tuple[str, float]]:
    """Steps of a meeting: commits run ahead, the second pass follows at any distance."""
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["commit", "settle", "turns", "tentative", "store", "relabel"]),
                st.floats(0.5, 40.0),
            ),
            min_size=5,
            max_size=60,
        )
    )
    return [("commit", 30.0), *steps]


@settings(max_examples=150, deadline=None)
@given(meetings(), st.booleans())
def test_any_meeting_keeps_what_is_settled(steps: list[tuple[str, float]], turns: bool) -> None:
    live, store = LiveTranscript(turns), Store()
    recorded = settled_until = 0.0
    settled: list[Word] = []
    committed: list[Word] = []
    for kind, seconds in steps:
        if kind == "commit":
            # Two words may reach back into what is settled: the recognizer commits them late.
            new = [word(f" c{at}", max(0.0, recorded + at - 1)) for at in range(int(seconds))]
            live.commit(new)
            committed += [each for each in new if (each.start + each.end) / 2 >= settled_until]
            recorded += seconds
        elif kind == "settle" and settled_until + seconds <= recorded:
            new = [word(f" s{at}", settled_until + at) for at in range(int(seconds))]
            settled_until += seconds
            live.settle(new, settled_until)
            settled += new
            committed = [w for w in committed if (w.start + w.end) / 2 >= settled_until]
        elif kind == "turns":
            times = range(0, int(recorded), 3)
            recent = [t for t in times if t >= recorded - 50]
            live.set_turns([Turn(t, t + 3, LABELS[t % 3]) for t in recent], recorded - seconds)
        elif kind == "tentative":
            live.set_tentative([word(" t", settled_until - 1), word(" t", recorded)])
            late = settled_until > 0 and min(each.start for each in live.tentative)
            assert not late or late >= settled_until - 0.15
        elif kind == "relabel":
            live.relabel({"S3": "S1"})
        else:
            store.save(live, works=seconds > 10)
        found = live.segments()
        shape = live.shape
        first = [each for segment in found[: shape.settled] for each in segment.words]
        assert first == settled
        rest = [each for segment in found[shape.settled :] for each in segment.words]
        assert rest == committed
        assert shape.settled_frozen <= shape.settled
        assert shape.committed_frozen <= len(found) - shape.settled
        spoken = [segment.speaker for segment in found if segment.speaker is not None]
        assert live.labels() == tuple(dict.fromkeys(spoken))
    store.save(live)
    assert tuple(store.segments) == live.segments()


def test_settled_words_get_the_speakers_of_their_turns_however_late_they_come() -> None:
    """The diarizer gives the turns of the last minutes only; the second pass is an hour behind."""
    live = LiveTranscript()
    for second in range(0, 3600, 10):
        live.commit([word(f" c{second}.", second + 1), word(f" d{second}.", second + 6)])
        first = max(0, second - 120)
        turns = [Turn(t, t + 5, LABELS[t // 5 % 2]) for t in range(first, second + 10, 5)]
        live.set_turns(turns, second)
    for second in range(0, 3600, 10):
        new = [word(" a.", second + 1.2), word(" b.", second + 6.2)]
        live.settle(new, second + 10)
        live.set_turns(turns, 3590)
    speakers = [(segment.words[0].text, segment.speaker) for segment in live.segments()]
    assert speakers == [(" a.", "S1"), (" b.", "S2")] * 360


def test_numbers_of_frozen_turns_stay_while_the_first_are_replaced() -> None:
    live = LiveTranscript()
    live.commit([word(f" {t}.", t) for t in range(0, 100, 5)])
    live.set_turns([Turn(t, t + 5, LABELS[t // 5 % 2]) for t in range(0, 100, 5)], 100)
    before = live.segments()
    live.settle([word(" so.", 1), word(" it.", 6)], 32.0)
    shape = live.shape
    assert shape.replaced == 7 and shape.settled == 2
    assert live.segments()[shape.settled :] == before[7:]
    live.settle([word(" is.", 41)], 45.2)
    assert live.segments()[live.shape.settled] == before[live.shape.replaced]


def test_a_turn_that_is_settled_in_part_keeps_its_other_words() -> None:
    live = LiveTranscript(has_turns=False)
    live.commit([word(f" {t}", t * 0.5) for t in range(20)])
    live.commit([word(" later.", 60)])
    live.settle([word(" new", 1)], 5.0)
    segments = live.segments()
    assert [segment.text for segment in segments[:1]] == ["new"]
    assert segments[1].words[0].text == " 10" and segments[1].start == 5.0
