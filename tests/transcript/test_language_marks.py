"""Where the language changes, each format that can hold it says so; elsewhere nothing is added."""

import io
import json

import docx as docx_reader
import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from meetcore.records import Segment, Transcript, Word
from meetcore.transcript.formats import docx, markdown, seglst, srt, txt, vtt
from meetcore.transcript.formats import json as json_format
from meetcore.transcript.language_changes import in_one_language, language_changes
from tests.transcript.random_transcripts import transcripts


def said(start: float, *words: tuple[str, str | None]) -> Segment:
    found = tuple(
        Word(f" {text}", start + place, start + place + 0.9, 1.0, code)
        for place, (text, code) in enumerate(words)
    )
    return Segment(start, start + len(words), "S1", found)


MIXED = Transcript(
    (
        said(0, ("Good", "en"), ("morning.", None)),
        said(10, ("Guten", "de"), ("Tag.", "de"), ("Well,", "en"), ("yes.", "en")),
        said(20, ("Alles", "de"), ("gut.", None)),
        said(30, ("Genau.", "de")),
    )
)


@pytest.mark.parametrize(
    ("codes", "marks"),
    [
        ([[None, None]], [{}]),
        ([["en", "en"], ["en"]], [{}, {}]),
        ([[None, "en"], [None], ["de"]], [{}, {}, {0: "de"}]),
        ([["en", "de", None, "de", "en"]], [{1: "de", 4: "en"}]),
        ([["en"], [], ["de"], ["de"]], [{}, {}, {0: "de"}, {}]),
    ],
)
def test_only_a_change_is_marked(codes: list[list[str | None]], marks: list[object]) -> None:
    segments = [said(0, *(("word", code) for code in each)) for each in codes]
    assert list(language_changes(segments)) == marks


def test_the_words_before_are_taken_into_account() -> None:
    assert list(language_changes([said(0, ("Ja", "de"))], "en")) == [{0: "de"}]
    assert list(language_changes([said(0, ("Ja", "de"))], "de")) == [{}]


def test_text_and_markdown_name_the_language_that_begins() -> None:
    lines = txt.dumps(MIXED).split("\n\n")
    assert [line.split(": ", 1)[1].strip() for line in lines] == [
        "Good morning.",
        "[German] Guten Tag. [English] Well, yes.",
        "[German] Alles gut.",
        "Genau.",
    ]
    assert "\\[German\\] Guten Tag. \\[English\\] Well, yes." in markdown.dumps(MIXED)


def test_a_document_has_the_mark_in_a_quiet_colour() -> None:
    document = docx_reader.Document(io.BytesIO(docx.dumps(MIXED)))
    blocks = [block for block in document.paragraphs if "Guten" in block.text]
    assert blocks[0].text.endswith("[German] Guten Tag. [English] Well, yes.")
    quiet = [run for run in blocks[0].runs if "German" in run.text]
    assert str(quiet[0].font.color.rgb).lower() == docx.QUIET


def test_subtitles_have_a_span_of_the_language_and_no_cue_holds_two() -> None:
    written = vtt.dumps(MIXED)
    assert "<v Speaker 1><lang de>Guten Tag.</lang></v>" in written
    read = webvtt.from_string(written)
    assert [(caption.voice, caption.text) for caption in read] == [
        ("Speaker 1", text)
        for text in ("Good morning.", "Guten Tag.", "Well, yes.", "Alles gut.", "Genau.")
    ]
    assert "lang" not in srt.dumps(MIXED)


def test_lists_of_segments_have_the_language_as_a_field() -> None:
    assert [item["language"] for item in json.loads(seglst.dumps(MIXED))] == [
        "en", "de", "de", "de",
    ]  # fmt: skip
    document = json.loads(json_format.dumps(MIXED))
    assert [segment["language"] for segment in document["segments"]] == ["en", "de", "de", "de"]
    assert json_format.loads(json_format.dumps(MIXED)) == MIXED
    plain = Transcript((said(0, ("Hello", None)),))
    assert "language" not in json.loads(seglst.dumps(plain))[0]


@given(transcripts, st.sampled_from([None, "de"]))
def test_one_language_adds_nothing_to_a_format(transcript: Transcript, code: str | None) -> None:
    def same(segment: Segment, language: str | None) -> Segment:
        words = tuple(
            Word(word.text, word.start, word.end, word.probability, language)
            for word in segment.words
        )
        return Segment(segment.start, segment.end, segment.speaker, words)

    without = Transcript(tuple(same(segment, None) for segment in transcript.segments))
    known = Transcript(tuple(same(segment, code) for segment in transcript.segments))
    for dumps in (txt.dumps, markdown.dumps, vtt.dumps, srt.dumps):
        assert dumps(known) == dumps(without)


@given(st.lists(st.lists(st.sampled_from([None, "en", "de", "fr"]), max_size=6), max_size=5))
def test_cutting_by_language_keeps_every_word_in_order(codes: list[list[str | None]]) -> None:
    segments = [
        said(10 * place, *((f"w{place}", code) for code in each))
        for place, each in enumerate(codes)
    ]
    parts = list(in_one_language(segments))
    kept = [word for _, part in parts for word in part.words]
    assert kept == [word for segment in segments for word in segment.words]
    several = len({code for each in codes for code in each if code}) > 1
    for language, part in parts:
        assert set(part.languages) <= ({language} if several else {*part.languages})
