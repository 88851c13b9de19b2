"""Every format survives any text; JSON is lossless; a bad file is named in one sentence."""

import io
import json as standard_json
import zipfile
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given, settings

from meetcore import __version__
from meetcore.errors import FormatError
from meetcore.records import Mode, Segment, Speaker, Transcript, Turn, Word
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


def test_json_of_version_1_is_read() -> None:
    document = standard_json.loads(json.dumps(TWO_VOICES)) | {"version": 1}
    for name in ("app", "date", "duration", "recognizer", "languages", "mode"):
        del document[name]
    assert json.loads(standard_json.dumps(document)) == TWO_VOICES


EVERYTHING = Export(
    TWO_VOICES,
    "Monday",
    (Turn(8.0, 9.0, "S1"),),
    29.95,
    datetime(2026, 11, 22, 14, 5, tzinfo=UTC),
    "base.en",
    ("en",),
    Mode.FULL,
)


def test_json_holds_the_facts_of_the_meeting() -> None:
    found = standard_json.loads(get_format("json").write(EVERYTHING))
    facts = {name: found[name] for name in ("version", "title", "date", "duration", "mode")}
    assert facts == {
        "version": 2,
        "title": "Monday",
        "date": "2026-11-22T14:05:00+00:00",
        "duration": 29.95,
        "mode": "full",
    }
    assert (found["recognizer"], found["languages"]) == ("base.en", ["en"])
    assert found["app"] == f"meetcore {__version__}"
    assert [speaker["shown_name"] for speaker in found["speakers"]] == ["Diane", "Speaker 2"]


@settings(deadline=None)
@given(transcripts, texts, turns)
def test_json_keeps_to_its_schema(transcript: Transcript, title: str, heard: list[Turn]) -> None:
    schema = standard_json.loads(json.SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for export in (EVERYTHING, Export(transcript, title, tuple(heard))):
        document = standard_json.loads(get_format("json").write(export))
        jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
        parts = (("", document), ("speaker", *document["speakers"]), ("turn", *document["turns"]))
        for name, *written in parts:
            known = (schema["$defs"][name] if name else schema)["properties"]
            assert all(set(each) <= set(known) for each in written), name


@pytest.mark.parametrize("name", ["txt", "md", "vtt", "docx", "xlsx"])
def test_formats_for_people_have_date_length_and_people(name: str) -> None:
    written = get_format(name).write(EVERYTHING)
    if name in ("docx", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(written)) as archive:
            text = "".join(
                archive.read(part).decode() for part in archive.namelist() if part.endswith(".xml")
            )
    else:
        text = written.decode()
    assert f"{EVERYTHING.date.astimezone().day} November 2026" in text
    assert "Monday" in text and "Diane" in text and "Speaker 2" in text
    if name != "xlsx":
        assert " · 0:30 · Diane · Speaker 2" in text


@pytest.mark.parametrize("name", ["csv", "srt", "stm", "rttm", "seglst"])
def test_formats_without_a_place_for_facts_have_none(name: str) -> None:
    assert b"2026" not in get_format(name).write(EVERYTHING)


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
