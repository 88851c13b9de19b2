"""Hypothesis strategies for transcripts with any text, names and times, and a fixed one."""

from __future__ import annotations

from hypothesis import strategies as st

from meetcore.records import RejectedText, Segment, Speaker, Stage, Transcript, Turn, Word
from meetcore.transcript.attribution import make_segment

WICKED = (
    " -->",
    " a\n\n2\n",
    " <b>",
    " ;;",
    "\r\n",
    " <v Ann>",
    "</v>",
    "&amp;",
    " =1+1",
    '"',
    " “x”",
    " 00:00:01,000 --> 00:00:02,000",
    "\x00\x0b\x1b[31m\ufffe\uffff",
    " שלום",
    " مرحبا\u200f!",
    " 👩‍👩‍👧",
    " क्षत्रिय",
    " # 1. * - _a_ `b` [c](d) ![e](f) \\ ~~g~~ | $h$ <i>",
    " NA",
    " long" * 80,
    "x" * 300,
    "\x85\u2028",
)
texts = st.one_of(st.text(max_size=12), st.sampled_from(WICKED))
floats = st.floats(0, 20_000, allow_nan=False)
words = st.builds(Word, texts, floats, floats, st.floats(0, 1))
labels = st.sampled_from([None, "S1", "S2", "S10"])
spoken = st.builds(make_segment, st.lists(words, min_size=1, max_size=8), labels)
instants = st.builds(
    lambda at, text, label: Segment(at, at, label, (Word(text, at, at),)), floats, texts, labels
)
corrected = st.builds(
    lambda segment, machine: Segment(
        segment.start, segment.end, segment.speaker, segment.words, tuple(machine)
    ),
    spoken,
    st.lists(words, max_size=3),
)
speakers = st.builds(
    Speaker,
    st.sampled_from(["S1", "S2"]),
    st.none() | texts,
    st.none() | st.floats(0, 1),
    st.none() | texts,
)
transcripts = st.builds(
    Transcript,
    st.lists(spoken | instants | corrected, max_size=6).map(tuple),
    st.lists(speakers, max_size=2).map(tuple),
    st.sampled_from(Stage),
    st.lists(st.builds(RejectedText, floats, floats, texts, texts), max_size=3).map(tuple),
)
turns = st.lists(st.builds(Turn, floats, floats, st.sampled_from(["S1", "S2"])), max_size=6)


def sentence(text: str, start: float, speaker: str | None, each: float = 0.4) -> Segment:
    """A segment of evenly timed words."""
    parts = text.split()
    return make_segment(
        [Word(f" {p}", start + n * each, start + (n + 1) * each) for n, p in enumerate(parts)],
        speaker,
    )


TWO_VOICES = Transcript(
    (sentence("Oh, hello. I didn't know you were there.", 8.4, "S1"), sentence("Me?", 12.2, "S2")),
    (Speaker("S1", "Diane"), Speaker("S2")),
)
