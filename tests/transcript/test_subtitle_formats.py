"""Cues are short and lose nothing; independent parsers read SRT and WebVTT as they were meant."""

import html
import io

import pytest
import srt as srt_parser
import webvtt
from hypothesis import given

from meetcore.records import Segment, Speaker, Transcript
from meetcore.text.lines import one_line
from meetcore.transcript.cues import LINE_LENGTH, MAX_LINES, cues_of, timestamp
from meetcore.transcript.formats import srt, vtt
from tests.transcript.random_transcripts import TWO_VOICES, sentence, texts, transcripts

TAG = "<v "


@given(transcripts)
def test_srt_reads_back_as_the_cues_written(transcript: Transcript) -> None:
    written = list(cues_of(transcript, names_in_lines=True))
    read = srt.loads(srt.dumps(transcript))
    assert [cue.lines for cue in read] == [cue.lines for cue in written]
    for one, other in zip(read, written, strict=True):
        assert one.start == pytest.approx(other.start, abs=0.00051)
        assert one.end == pytest.approx(other.end, abs=0.00051)


@given(transcripts)
def test_a_subtitle_parser_reads_every_srt(transcript: Transcript) -> None:
    written = list(cues_of(transcript, names_in_lines=True))
    read = list(srt_parser.parse(srt.dumps(transcript)))
    assert [item.content.split("\n") for item in read] == [list(cue.lines) for cue in written]
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
        assert all(len(line) <= LINE_LENGTH for cue in cues for line in cue.lines)


@pytest.mark.parametrize("names_in_lines", [True, False])
def test_a_long_segment_becomes_cues_of_six_seconds_and_two_lines(names_in_lines: bool) -> None:
    long = Transcript((sentence("word " * 50 + "honorificabilitudinitatibus", 0, "S1"),))
    cues = list(cues_of(long, names_in_lines))
    assert len(cues) > 3
    assert all(cue.end - cue.start <= 6.001 and len(cue.lines) <= MAX_LINES for cue in cues)
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
