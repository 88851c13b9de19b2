"""Words and turns become segments without losing or reordering a word."""

from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Segment, Turn, Word
from meetcore.transcript.attribution import AttributionOptions, attribute
from meetcore.transcript.spoken_units import units_of

times = st.floats(0, 120, allow_nan=False)
texts = st.sampled_from([" yes", " no.", " well,", " Hi?", "-ish", " Dr.", "", " 你好"])
any_words = st.lists(st.builds(Word, texts, times, times), max_size=40)
any_turns = st.lists(
    st.builds(Turn, times, times, st.sampled_from(["S1", "S2", "S3"])), max_size=12
)


def spoken(text: str, start: float, each: float = 0.3) -> list[Word]:
    """Words without gaps, `each` seconds long."""
    return [
        Word(f" {part}", start + n * each, start + (n + 1) * each)
        for n, part in enumerate(text.split())
    ]


def texts_by_speaker(segments: tuple[Segment, ...]) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in segments]


@given(any_words, any_turns)
def test_segments_hold_exactly_the_words_in_order(words: list[Word], turns: list[Turn]) -> None:
    segments = attribute(words, turns)
    found = [word for segment in segments for word in segment.words]
    assert [word.text for word in found] == [word.text for word in words]
    assert all(segment.words for segment in segments)
    assert turns or found == words


@given(any_words, any_turns)
def test_only_speakers_of_the_turns_are_named(words: list[Word], turns: list[Turn]) -> None:
    names = {turn.speaker for turn in turns} | {None}
    assert {segment.speaker for segment in attribute(words, turns)} <= names


@given(any_words, any_turns)
def test_order_of_turns_does_not_matter(words: list[Word], turns: list[Turn]) -> None:
    by_name = sorted(set(turns), key=lambda turn: (turn.speaker, turn.start, turn.end))
    assert attribute(words, by_name) == attribute(words, by_name[::-1])


def test_without_turns_the_speaker_is_unknown() -> None:
    assert texts_by_speaker(attribute(spoken("hello there", 0), [])) == [(None, "hello there")]


def test_a_word_between_turns_takes_the_nearest_within_reach() -> None:
    turns = [Turn(0, 1, "S1"), Turn(5, 6, "S2")]
    near, far = Word(" a", 1.3, 1.4), Word(" b", 2.9, 3.0)
    assert texts_by_speaker(attribute([near], turns)) == [("S1", "a")]
    assert texts_by_speaker(attribute([far], turns)) == [(None, "b")]


def test_a_change_of_speaker_snaps_to_the_end_of_the_sentence() -> None:
    words = spoken("is it you? Yes it is", 0)
    # The turns change 0.25 s late, inside "Yes".
    assert texts_by_speaker(attribute(words, [Turn(0, 1.15, "S1"), Turn(1.15, 3, "S2")])) == [
        ("S1", "is it you?"),
        ("S2", "Yes it is"),
    ]


def test_a_change_far_from_punctuation_stays_where_the_turns_have_it() -> None:
    words = spoken("is it you? Yes it is", 0)
    assert texts_by_speaker(attribute(words, [Turn(0, 1.5, "S1"), Turn(1.5, 3, "S2")])) == [
        ("S1", "is it you? Yes it"),
        ("S2", "is"),
    ]


def test_a_lone_word_inside_a_sentence_needs_a_turn_of_some_length() -> None:
    words = spoken("we went to the old house again", 0)
    short = [Turn(0, 0.9, "S1"), Turn(0.9, 1.2, "S2"), Turn(1.2, 4, "S1")]
    assert texts_by_speaker(attribute(words, short)) == [("S1", "we went to the old house again")]
    words = spoken("we went to no! the old house", 0)
    assert [segment.speaker for segment in attribute(words, short)] == ["S1", "S2", "S1"]


def test_a_long_turn_inside_a_sentence_is_kept() -> None:
    words = spoken("we went to the old house again today", 0)
    turns = [Turn(0, 0.9, "S1"), Turn(0.9, 1.8, "S2"), Turn(1.8, 4, "S1")]
    assert [segment.speaker for segment in attribute(words, turns)] == ["S1", "S2", "S1"]


def test_a_long_silence_begins_a_new_segment() -> None:
    words = spoken("one two", 0) + spoken("three", 4)
    assert texts_by_speaker(attribute(words, [Turn(0, 9, "S1")])) == [
        ("S1", "one two"),
        ("S1", "three"),
    ]


def test_a_long_speech_is_cut_into_paragraphs_at_sentence_ends() -> None:
    words = spoken("this is one sentence. " * 60, 0)
    segments = attribute(words, [Turn(0, 999, "S1")])
    assert len(segments) > 2
    assert all(segment.text.endswith(".") for segment in segments)
    assert all(segment.end - segment.start < 25 for segment in segments)


def test_a_speech_without_punctuation_is_cut_at_last() -> None:
    words = spoken("word " * 600, 0)
    segments = attribute(words, [], AttributionOptions(longest=30))
    assert max(segment.end - segment.start for segment in segments) <= 30.4


def test_marks_and_endings_stay_with_their_word() -> None:
    words = [Word(" Hello", 0, 0.5), Word("?", 0.5, 1.5), Word(" I", 1.5, 1.6), Word("'m", 1.6, 2)]
    segments = attribute(words, [Turn(0, 0.6, "S1"), Turn(0.9, 3, "S2")])
    assert texts_by_speaker(segments) == [("S1", "Hello?"), ("S2", "I'm")]
    assert segments[0].end == 0.6


def test_a_word_that_begins_in_the_pause_before_it_belongs_to_its_end() -> None:
    words = [*spoken("in New Jersey", 0), Word(" and", 0.9, 2.0), *spoken("I am here", 2.0)]
    turns = [Turn(0, 1.6, "S1"), Turn(1.75, 3, "S2")]
    assert texts_by_speaker(attribute(words, turns)) == [
        ("S1", "in New Jersey"),
        ("S2", "and I am here"),
    ]


def test_segments_begin_and_end_where_their_turns_do() -> None:
    words = [Word(" Hello.", 0.1, 1.2), Word(" Yes.", 1.3, 1.9)]
    segments = attribute(words, [Turn(0.7, 1.4, "S1"), Turn(1.5, 2.2, "S2")])
    assert [(s.start, s.end) for s in segments] == [(0.7, 1.4), (1.5, 2.2)]


def test_an_edge_inside_the_turn_of_two_segments_is_the_words_own() -> None:
    words = [*spoken("one two.", 0), *spoken("three four.", 3)]
    segments = attribute(words, [Turn(-0.2, 4, "S1")])
    assert [(s.start, s.end) for s in segments] == [(-0.2, 0.6), (3, 4)]


@given(any_words)
def test_units_are_made_of_exactly_the_words(words: list[Word]) -> None:
    assert [word for unit in units_of(words) for word in unit.words] == words
