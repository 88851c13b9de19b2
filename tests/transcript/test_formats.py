"""Every format survives any text, and what can be read back is equal."""

import json as standard_json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.errors import FormatError
from meetcore.records import RejectedText, Segment, Speaker, Stage, Transcript, Turn, Word
from meetcore.transcript.attribution import make_segment
from meetcore.transcript.cues import LINE_LENGTH, MAX_LINES, cues_of, one_line
from meetcore.transcript.formats import json, rttm, seglst, srt, stm, txt, vtt
from meetcore.transcript.formats.registry import FORMATS, get_format

texts = st.one_of(
    st.text(max_size=12), st.sampled_from([" -->", " a\n\n2\n", " <b>", " ;;", "\r\n"])
)
floats = st.floats(0, 20_000, allow_nan=False)
words = st.builds(Word, texts, floats, floats, st.floats(0, 1))
labels = st.sampled_from([None, "S1", "S2", "S10"])
segments = st.builds(make_segment, st.lists(words, min_size=1, max_size=8), labels)
transcripts = st.builds(
    Transcript,
    st.lists(segments, max_size=6).map(tuple),
    st.lists(st.builds(Speaker, st.sampled_from(["S1", "S2"]), st.none() | texts)).map(tuple),
    st.sampled_from(Stage),
    st.lists(st.builds(RejectedText, floats, floats, texts, texts), max_size=3).map(tuple),
)


def sentence(text: str, start: float, speaker: str | None, each: float = 0.4) -> Segment:
    parts = text.split()
    return make_segment(
        [Word(f" {p}", start + n * each, start + (n + 1) * each) for n, p in enumerate(parts)],
        speaker,
    )


TWO_VOICES = Transcript(
    (sentence("Oh, hello. I didn't know you were there.", 8.4, "S1"), sentence("Me?", 12.2, "S2")),
    (Speaker("S1", "Diane"), Speaker("S2")),
)


@given(transcripts, texts)
def test_json_is_lossless(transcript: Transcript, title: str) -> None:
    assert json.loads(json.dumps(transcript, title)) == transcript


@given(transcripts, texts)
def test_every_format_writes_any_transcript(transcript: Transcript, title: str) -> None:
    for known in FORMATS:
        known.dumps(transcript, title=title).encode()


@given(transcripts)
def test_srt_reads_back_as_the_cues_written(transcript: Transcript) -> None:
    written, read = list(cues_of(transcript)), srt.loads(srt.dumps(transcript))
    assert [cue.lines for cue in read] == [cue.lines for cue in written]
    for one, other in zip(read, written, strict=True):
        assert one.start == pytest.approx(other.start, abs=0.00051)
        assert one.end == pytest.approx(other.end, abs=0.00051)


@given(transcripts)
def test_cues_keep_the_text_and_their_lines_are_short(transcript: Transcript) -> None:
    for segment in transcript.segments:
        cues = list(cues_of(Transcript((Segment(0, 1, None, segment.words),))))
        shown = "".join("".join(cue.lines) for cue in cues)
        spoken = "".join(one_line("".join(word.text for word in segment.words)).split())
        assert "".join(shown.split()).replace("-->", "→") == spoken
        assert all(len(line) <= LINE_LENGTH for cue in cues for line in cue.lines)


def test_a_long_segment_becomes_cues_of_six_seconds_and_two_lines() -> None:
    long = Transcript((sentence("word " * 50 + "honorificabilitudinitatibus", 0, "S1"),))
    cues = list(cues_of(long))
    assert len(cues) > 3
    assert all(cue.end - cue.start <= 6.001 and len(cue.lines) <= MAX_LINES for cue in cues)
    assert all(cue.lines[0].startswith("Speaker 1: ") for cue in cues)


@given(transcripts)
def test_stm_and_seglst_keep_text_times_and_speakers(transcript: Transcript) -> None:
    spoken = [s for s in transcript.segments if one_line(s.text)]
    read = stm.loads(stm.dumps(transcript)).segments
    if not any(one_line(s.text).startswith("<") for s in spoken):
        assert [s.text for s in read] == [one_line(s.text) for s in spoken]
    assert [s.speaker for s in read] == [s.speaker for s in spoken]
    assert [s.start for s in read] == pytest.approx([s.start for s in spoken], abs=0.00051)
    listed = seglst.loads(seglst.dumps(transcript)).segments
    assert [(s.start, s.end, s.speaker, s.text) for s in listed] == [
        (s.start, s.end, s.speaker, one_line(s.text)) for s in transcript.segments
    ]


@given(st.lists(st.builds(Turn, floats, floats, st.sampled_from(["S1", "a b"])), max_size=6))
def test_rttm_keeps_turns_to_the_millisecond(turns: list[Turn]) -> None:
    kept = [turn for turn in turns if turn.end - turn.start >= 0.001]
    read = rttm.loads(rttm.dumps_turns(turns))
    assert [turn.speaker for turn in read] == [turn.speaker.replace(" ", "_") for turn in kept]
    assert [turn.end for turn in read] == pytest.approx([turn.end for turn in kept], abs=0.0011)


def test_meeteval_and_pyannote_read_what_is_written(tmp_path) -> None:
    import meeteval
    from pyannote.database.util import load_rttm

    spoken = [s.text for s in TWO_VOICES.segments]
    assert [line.transcript for line in meeteval.io.STM.parse(stm.dumps(TWO_VOICES))] == spoken
    listed = meeteval.io.SegLST(standard_json.loads(seglst.dumps(TWO_VOICES, "Two voices")))
    assert [item["words"] for item in listed] == spoken
    assert {item["session_id"] for item in listed} == {"Two_voices"}
    path = tmp_path / "x.rttm"
    path.write_text(rttm.dumps(TWO_VOICES, "Two voices"))
    assert set(load_rttm(path)["Two_voices"].labels()) == {"S1", "S2"}


def test_text_shows_title_names_and_times() -> None:
    assert txt.dumps(TWO_VOICES, "Monday\nmeeting") == (
        "Monday meeting\n\n[00:00:08] Diane: Oh, hello. I didn't know you were there.\n\n"
        "[00:00:12] Speaker 2: Me?\n"
    )


def test_arrows_and_markup_do_not_break_subtitles() -> None:
    wicked = Transcript((sentence("a --> b <i>c</i> & d", 0, "S1"),), (Speaker("S1", "x --> y\n"),))
    assert srt.dumps(wicked).count("-->") == 1
    assert "x → y: a → b" in srt.dumps(wicked)
    assert "&lt;i&gt;c&lt;/i&gt; &amp; d" in vtt.dumps(wicked)
    assert vtt.dumps(wicked, "One --> two").startswith("WEBVTT One → two\n\n")


@pytest.mark.parametrize(
    ("loads", "text", "said"),
    [
        (json.loads, "{", "not JSON"),
        (json.loads, "[]", "no transcript"),
        (json.loads, standard_json.dumps({"format": "meetcore-transcript", "version": 9}), "9"),
        (json.loads, standard_json.dumps({"format": "meetcore-transcript", "version": 1}), "segm"),
        (srt.loads, "1\nhello\n", "Block 1"),
        (srt.loads, "7\n", "Block 1"),
        (stm.loads, "a 1 S1 0.0\n", "Line 1"),
        (stm.loads, "\na 1 S1 0.0 x hello\n", "Line 2"),
        (stm.loads, "a 1 S1 0.0 nan hello\n", "Line 1"),
        (rttm.loads, "hello\n", "SPEAKER"),
        (rttm.loads, "SPEAKER a 1 0.5\n", "Line 1"),
        (seglst.loads, "[{}]", "SegLST"),
        (seglst.loads, "7", "SegLST"),
    ],
)
def test_bad_files_are_named(loads, text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        loads(text)


def test_numbers_json_cannot_say_are_refused() -> None:
    with pytest.raises(FormatError, match="number"):
        json.dumps(Transcript((Segment(0.0, float("nan"), None, ()),)))


def test_an_unknown_format_lists_the_known_ones() -> None:
    assert get_format("txt").mime == "text/plain"
    with pytest.raises(FormatError, match="srt"):
        get_format("docx")
