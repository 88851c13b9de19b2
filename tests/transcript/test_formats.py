"""Every format survives any text; JSON is lossless; a bad file is named in one sentence."""

import json as standard_json

import pytest
from hypothesis import given, settings

from meetcore.errors import FormatError
from meetcore.records import Segment, Speaker, Transcript, Turn, Word
from meetcore.transcript.formats import json, rttm, seglst, srt, stm
from meetcore.transcript.formats.registry import FORMATS, Export, get_format
from tests.transcript.random_transcripts import TWO_VOICES, sentence, texts, transcripts, turns


@given(transcripts, texts)
def test_json_is_lossless(transcript: Transcript, title: str) -> None:
    assert json.loads(json.dumps(transcript, title)) == transcript


@settings(deadline=None)  # the first example imports the libraries of the documents
@given(transcripts, texts, turns)
def test_every_format_writes_any_transcript(
    transcript: Transcript, title: str, turns: list[Turn]
) -> None:
    for known in FORMATS:
        written = known.write(Export(transcript, title, tuple(turns)))
        assert isinstance(written, bytes)
        if known.is_text:
            written.decode("utf-8")


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_half_a_surrogate_pair_is_written_in_every_format(known) -> None:
    """A file name of other bytes than UTF-8 reaches the title as half surrogate pairs."""
    broken = Transcript((sentence("a \udc80 b", 0, "S1"),), (Speaker("S1", "n\udcff"),))
    written = known.write(Export(broken, "t\udce9"))
    if known.name == "json":
        assert json.loads(written.decode()) == broken
    elif known.is_text:
        assert "\udc80" not in written.decode("utf-8")


def test_an_empty_transcript_is_an_answer_in_every_format() -> None:
    for known in FORMATS:
        known.write(Export(Transcript()))


def test_json_keeps_the_recognizers_words_and_the_voice_profile() -> None:
    heard = (Word(" Diana", 8.4, 8.8, 0.5),)
    corrected = Transcript(
        (Segment(8.4, 8.8, "S1", (Word(" Diane", 8.4, 8.8),), heard),),
        (Speaker("S1", "Diane", 0.83, "v-1"),),
    )
    assert json.loads(json.dumps(corrected)) == corrected


def test_json_of_an_older_meetcore_is_read() -> None:
    document = standard_json.loads(json.dumps(TWO_VOICES))
    for segment in document["segments"]:
        del segment["machine"]
    for speaker in document["speakers"]:
        del speaker["similarity"], speaker["profile_id"]
    assert json.loads(standard_json.dumps(document)) == TWO_VOICES


def test_json_has_the_turns_beside_the_segments() -> None:
    export = Export(TWO_VOICES, turns=(Turn(8.0, 9.0, "S1"), Turn(8.5, 9.5, "S2")))
    written = standard_json.loads(get_format("json").write(export))
    assert [turn["speaker"] for turn in written["turns"]] == ["S1", "S2"]


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


def test_numbers_json_cannot_hold_are_refused() -> None:
    with pytest.raises(FormatError, match="number"):
        json.dumps(Transcript((Segment(0.0, float("nan"), None, ()),)))


def test_names_and_extensions_of_formats_are_unique() -> None:
    names = [known.name for known in FORMATS]
    assert names == [
        "txt", "md", "docx", "xlsx", "csv", "srt", "vtt", "json", "rttm", "stm", "seglst",
    ]  # fmt: skip
    assert len({known.extension for known in FORMATS}) == len(FORMATS)


def test_an_unknown_format_lists_the_known_ones() -> None:
    assert get_format("txt").mime == "text/plain"
    with pytest.raises(FormatError, match="srt"):
        get_format("pdf")
