"""RTTM, STM and SegLST: meeteval, pyannote and our own readers load what is written."""

import json as standard_json
from pathlib import Path
from tempfile import TemporaryDirectory

import meeteval
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyannote.database.util import load_rttm

from meetcore.records import Transcript, Turn
from meetcore.text.lines import one_line
from meetcore.transcript.formats import rttm, seglst, stm
from meetcore.transcript.formats.registry import Export, get_format
from meetcore.transcript.formats.scoring_fields import field
from tests.transcript.random_transcripts import TWO_VOICES, floats, texts, transcripts, turns


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


@given(transcripts, texts)
def test_meeteval_loads_every_stm(transcript: Transcript, title: str) -> None:
    spoken = [s for s in transcript.segments if one_line(s.text)]
    lines = list(meeteval.io.STM.parse(stm.dumps(transcript, title)))
    assert [line.transcript for line in lines] == [one_line(s.text) for s in spoken]
    assert [line.speaker_id for line in lines] == [s.speaker or "unknown" for s in spoken]
    assert {line.filename for line in lines} <= {field(title, "meeting")}
    times = [float(line.end_time) for line in lines]
    assert times == pytest.approx([s.end for s in spoken], abs=0.00051)


@given(transcripts, texts)
def test_meeteval_loads_every_seglst(transcript: Transcript, title: str) -> None:
    loaded = meeteval.io.SegLST(standard_json.loads(seglst.dumps(transcript, title)))
    assert [item["words"] for item in loaded] == [one_line(s.text) for s in transcript.segments]
    assert {item["session_id"] for item in loaded} <= {field(title, "meeting")}


@settings(deadline=None, max_examples=60)
@given(transcripts, texts, turns)
def test_meeteval_and_pyannote_load_every_rttm(
    transcript: Transcript, title: str, turns: list[Turn]
) -> None:
    written = get_format("rttm").write(Export(transcript, title, tuple(turns)))
    expected = rttm.loads(written.decode())
    lines = list(meeteval.io.RTTM.parse(written.decode()))
    assert [line.speaker_id for line in lines] == [turn.speaker for turn in expected]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.rttm"
        path.write_bytes(written)
        annotations = load_rttm(path)
    assert set(annotations) == ({field(title, "meeting")} if expected else set())
    spans = [span.duration for note in annotations.values() for span, _ in note.itertracks()]
    assert sum(spans) == pytest.approx(sum(t.end - t.start for t in expected), abs=0.01)


def test_rttm_writes_turns_that_overlap_where_they_are_known(tmp_path: Path) -> None:
    heard = (Turn(8.0, 12.5, "S1"), Turn(12.0, 13.0, "S2"))
    path = tmp_path / "x.rttm"
    path.write_bytes(get_format("rttm").write(Export(TWO_VOICES, "Two voices", heard)))
    overlap = load_rttm(path)["Two_voices"].get_overlap()
    assert overlap.duration() == pytest.approx(0.5)
    path.write_bytes(get_format("rttm").write(Export(TWO_VOICES, "Two voices")))
    assert set(load_rttm(path)["Two_voices"].labels()) == {"S1", "S2"}


@pytest.mark.parametrize("title", ["NA", "nan", "null", 'a "quoted', ";; note", "#1", "<NA>", "-"])
def test_titles_that_readers_stumble_over(title: str, tmp_path: Path) -> None:
    path = tmp_path / "x.rttm"
    path.write_bytes(get_format("rttm").write(Export(TWO_VOICES, title)))
    assert list(load_rttm(path)) == [field(title, "meeting")]
    assert len(meeteval.io.STM.parse(stm.dumps(TWO_VOICES, title)).lines) == 2


def test_scores_of_a_transcript_against_itself_are_perfect() -> None:
    listed = meeteval.io.SegLST(standard_json.loads(seglst.dumps(TWO_VOICES, "Two voices")))
    reference = meeteval.io.STM.parse(stm.dumps(TWO_VOICES, "Two voices"))
    (rate,) = meeteval.wer.cpwer(reference, listed).values()
    assert (rate.errors, rate.length) == (0, 9)
