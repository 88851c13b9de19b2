"""Cues are short and lose nothing; independent parsers read SRT and WebVTT as they were meant."""

import html
import io
from itertools import pairwise

import pytest
import srt as srt_parser
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.records import Segment, Speaker, Transcript, Word
from meetcore.text.columns import width
from meetcore.text.lines import one_line
from meetcore.transcript.attribution import make_segment
from meetcore.transcript.cue_text import LINE_COLUMNS, LONGEST, MAX_LINES, PER_SECOND, SHORTEST
from meetcore.transcript.cues import Cue, cues_of, timestamp
from meetcore.transcript.formats import srt, vtt
from tests.transcript.random_transcripts import TWO_VOICES, sentence, texts, transcripts

TAG = "<v "


def plain_lines(cue: Cue) -> tuple[str, ...]:
    return tuple(map(srt.without_markup, cue.lines))


@given(transcripts)
def test_srt_reads_back_as_the_cues_written(transcript: Transcript) -> None:
    written = list(cues_of(transcript, names_in_lines=True))
    read = srt.loads(srt.dumps(transcript))
    assert [cue.lines for cue in read] == [plain_lines(cue) for cue in written]
    for one, other in zip(read, written, strict=True):
        assert one.start == pytest.approx(other.start, abs=0.00051)
        assert one.end == pytest.approx(other.end, abs=0.00051)


@given(transcripts)
def test_a_subtitle_parser_reads_every_srt(transcript: Transcript) -> None:
    written = list(cues_of(transcript, names_in_lines=True))
    read = list(srt_parser.parse(srt.dumps(transcript)))
    assert [item.content.split("\n") for item in read] == [
        list(plain_lines(cue)) for cue in written
    ]
    assert [item.index for item in read] == list(range(1, len(written) + 1))
    starts = [item.start.total_seconds() for item in read]
    assert starts == pytest.approx([cue.start for cue in written], abs=0.00051)
    assert all(item.end > item.start for item in read)


@given(transcripts, texts)
def test_a_subtitle_parser_reads_every_vtt_with_its_voices(
    transcript: Transcript, title: str
) -> None:
    written = list(cues_of(transcript))
    read = webvtt.from_string(vtt.dumps(transcript, title))
    assert len(read) == len(written)
    for caption, cue in zip(read, written, strict=True):
        assert html.unescape(caption.voice or "") == cue.voice
        assert html.unescape(caption.text) == "\n".join(cue.lines)
        assert (caption.start, caption.end) == (timestamp(cue.start, "."), timestamp(cue.end, "."))
        assert "-->" not in caption.raw_text


@given(transcripts)
def test_cues_keep_the_text_and_their_lines_are_short(transcript: Transcript) -> None:
    for segment in transcript.segments:
        cues = list(cues_of(Transcript((Segment(0, 1, None, segment.words),))))
        shown = "".join("".join(cue.lines) for cue in cues)
        spoken = "".join(one_line("".join(word.text for word in segment.words)).split())
        assert "".join(shown.split()).replace("-->", "→") == spoken
        assert all(width(line) <= LINE_COLUMNS for cue in cues for line in cue.lines)
        assert all(len(cue.lines) <= MAX_LINES for cue in cues)


@pytest.mark.parametrize("names_in_lines", [True, False])
def test_a_long_segment_becomes_cues_of_seven_seconds_and_two_lines(names_in_lines: bool) -> None:
    long = Transcript((sentence("word " * 50 + "honorificabilitudinitatibus", 0, "S1"),))
    cues = list(cues_of(long, names_in_lines))
    assert len(cues) > 3
    assert all(
        cue.end - cue.start <= LONGEST + 0.001 and len(cue.lines) <= MAX_LINES for cue in cues
    )
    assert all(cue.lines[0].startswith("Speaker 1: ") is names_in_lines for cue in cues)
    assert {cue.voice for cue in cues} == {"Speaker 1"}


def test_a_very_long_name_leaves_room_for_the_words() -> None:
    long = Transcript((sentence("one two three four", 0, "S1"),), (Speaker("S1", "Jo " * 200),))
    (cue,) = cues_of(long, names_in_lines=True)
    assert len(cue.lines) <= MAX_LINES
    assert "…: one" in " ".join(cue.lines)


def test_a_voice_is_named_once() -> None:
    first, second = webvtt.from_string(vtt.dumps(TWO_VOICES, "Two voices"))
    assert (first.voice, second.voice) == ("Diane", "Speaker 2")
    assert second.raw_text == "<v Speaker 2>Me?</v>"
    assert "Diane" not in first.text


def test_an_unknown_speaker_has_no_voice_span() -> None:
    unnamed = vtt.dumps(Transcript((sentence("Hello there.", 0, None),)))
    assert TAG not in unnamed and unnamed.endswith("\nHello there.\n")


def test_arrows_and_markup_do_not_break_subtitles() -> None:
    wicked = Transcript((sentence("a --> b <i>c</i> & d", 0, "S1"),), (Speaker("S1", "x --> y\n"),))
    assert srt.dumps(wicked).count("-->") == 1
    assert "x → y: a → b" in srt.dumps(wicked)
    assert "&lt;i&gt;c&lt;/i&gt; &amp; d" in vtt.dumps(wicked)
    assert vtt.dumps(wicked, "One --> two").startswith("WEBVTT One → two\n\n")


def test_a_name_cannot_close_its_voice_span() -> None:
    wicked = Transcript((sentence("Me?", 0, "S1"),), (Speaker("S1", "A> & <B"),))
    assert "<v A&gt; &amp; &lt;B>Me?</v>" in vtt.dumps(wicked)
    (caption,) = webvtt.from_buffer(io.StringIO(vtt.dumps(wicked)))
    assert html.unescape(caption.voice) == "A> & <B"


SPOKEN = st.lists(
    st.one_of(
        st.sampled_from(["so", "yes.", "the", "budget,", "honorificabilitudinitatibus", "Why?"]),
        st.sampled_from(
            ["你好", "会议，", "を", "始めます。", "שלום", "\u200fمرحبا!", "👩\u200d👩\u200d👧"]
        ),
    ),
    min_size=1,
    max_size=60,
)
HOSTILE = st.sampled_from(
    ["<b>", "{\\an8}", "-->", "a\n\n2\n00:00:01,000 --> 00:00:02,000", "<v Ann>", "</v>", "&lt;",
     "\u202eevil", "*_`#", "Ana", "田中さん" * 12, "=1+1"]
)  # fmt: skip


@st.composite
def talks(draw: st.DrawFn) -> Transcript:
    """Segments of plausible words one after the other, with names of any kind."""
    at, segments = 0.0, []
    for number in range(draw(st.integers(1, 5))):
        words = []
        for text in draw(SPOKEN):
            at += draw(st.sampled_from([0.0, 0.0, 0.05, 0.4, 1.5]))
            length = draw(st.sampled_from([0.0, 0.08, 0.3, 0.6, 9.0]))
            glued = not text.isascii() and draw(st.booleans())
            words.append(Word(text if glued else f" {text}", at, at + length))
            at += length
        segments.append(make_segment(words, f"S{1 + number % 2}"))
        at += draw(st.sampled_from([0.0, 0.5, 3.0]))
    return Transcript(tuple(segments), (Speaker("S1", draw(HOSTILE)), Speaker("S2")))


@settings(deadline=None)
@given(talks(), st.booleans())
def test_cues_can_be_read(talk: Transcript, names_in_lines: bool) -> None:
    cues = list(cues_of(talk, names_in_lines))
    first_words = sorted(w.start for s in talk.segments for w in s.words)
    for cue in cues:
        assert 0 < cue.end - cue.start <= LONGEST + 0.0011
        assert all(width(line) <= LINE_COLUMNS for line in cue.lines)
        assert 1 <= len(cue.lines) <= MAX_LINES and all(cue.lines)
        assert any(start <= cue.start + 0.0006 for start in first_words)
    for one, following in pairwise(cues):
        assert one.end <= following.start + 1e-9
    for place, cue in enumerate(cues):
        after = cues[place + 1].start if place + 1 < len(cues) else float("inf")
        shown = cue.end - cue.start
        free = after - cue.start
        columns = sum(map(width, cue.lines))
        if shown < min(SHORTEST, free) - 0.0011:
            raise AssertionError((cue, after))
        if columns / max(shown, 0.001) > PER_SECOND + 0.1:
            assert shown >= min(free, LONGEST) - 0.0011


@settings(deadline=None)
@given(talks())
def test_names_and_words_are_no_markup(talk: Transcript) -> None:
    written = srt.dumps(talk)
    assert not set("<>{}") & set(written.replace(" --> ", ""))
    assert "\u202e" not in written and written.count("-->") == len(list(cues_of(talk, True)))
    read = webvtt.from_string(vtt.dumps(talk, "t", "facts"))
    assert len(read) == len(list(cues_of(talk)))
    names = {one_line(speaker.display_name) for speaker in talk.speakers}
    assert {html.unescape(caption.voice or "") for caption in read} <= names


def test_no_word_is_left_over_for_a_cue_of_its_own() -> None:
    text = "We were looking for a place to stay for the night somewhere in the state of New Jersey."
    for names_in_lines in (True, False):
        cues = list(cues_of(Transcript((sentence(text, 0, "S1", 0.3),)), names_in_lines))
        assert len(cues) >= 1
        assert all(len(" ".join(cue.lines).removeprefix("Speaker 1: ").split()) > 1 for cue in cues)


def test_wide_letters_take_two_columns() -> None:
    words = tuple(Word("会議", n * 0.3, n * 0.3 + 0.3) for n in range(40))
    cues = list(cues_of(Transcript((make_segment(words, "S1"),))))
    lines = [line for cue in cues for line in cue.lines]
    assert all(len(line) <= 21 for line in lines) and "".join(lines) == "会議" * 40


def test_a_short_remark_is_shown_long_enough() -> None:
    remark = Transcript(
        (make_segment((Word(" Me?", 1.0, 1.001),), "S1"), sentence("Yes, you there.", 5.0, "S2"))
    )
    first, second = cues_of(remark)
    assert (first.start, first.end) == (1.0, 1.7) and second.start == 5.0


def test_a_word_that_was_stretched_over_a_pause_is_shown_for_seven_seconds() -> None:
    (cue,) = cues_of(Transcript((make_segment((Word(" So", 1.0, 21.0),), "S1"),)))
    assert (cue.start, cue.end) == (1.0, 8.0)
