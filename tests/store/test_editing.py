"""Edits of a transcript: word times are kept, edits are undone and redone, conflicts refused."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetcore.errors import MeetingStateError
from meetcore.records import Segment, Speaker, Stage, Transcript, Turn, Word
from meetcore.store.edits.rewording import reworded
from meetcore.store.meetings import MeetingStore
from tests.store.test_library import said

LINES = Transcript(
    (said(0, "hello my name is Jon"), said(5, "nice to meat you", "S2"), said(9, "so long")),
    (Speaker("S1"), Speaker("S2")),
    Stage.FINAL,
)
TURNS = (Turn(0, 3, "S1"), Turn(2, 7, "S2"), Turn(9, 10, "S1"))


@pytest.fixture
def meeting_id(store: MeetingStore) -> str:
    made = store.create_meeting("Any").id
    store.replace_transcript(made, LINES)
    store.replace_turns(made, TURNS)
    return made


def texts(store: MeetingStore, meeting_id: str) -> list[tuple[str | None, str]]:
    return [(item.speaker, item.text) for item in store.transcript(meeting_id).segments]


def test_a_correction_keeps_times_and_the_recognizers_words(
    store: MeetingStore, meeting_id: str
) -> None:
    store.edits.correct(meeting_id, 0, "hello my name is Joan Smith", "hello my name is Jon")
    segment = store.transcript(meeting_id).segments[0]
    assert segment.words[:4] == LINES.segments[0].words[:4]
    assert [(w.text, w.start >= 2.0, w.end <= 2.4) for w in segment.words[4:]] == [
        (" Joan", True, True),
        (" Smith", True, True),
    ]
    assert segment.machine == LINES.segments[0].words
    store.edits.correct_word(meeting_id, 0, 5, "")
    store.edits.correct_word(meeting_id, 0, 4, "Jon", "Joan")
    assert store.transcript(meeting_id).segments[0].machine is None


def test_edits_are_undone_and_redone(store: MeetingStore, meeting_id: str) -> None:
    edits = store.edits
    edits.correct_word(meeting_id, 1, 2, "meet")
    edits.correct(meeting_id, 2, "")
    new = edits.split(meeting_id, 0, 2)
    edits.assign(meeting_id, [0], "S2")
    edits.rename(meeting_id, "S2", "Ana")
    after = store.transcript(meeting_id)
    assert new == "S3" and texts(store, meeting_id) == [
        ("S2", "hello my"),
        ("S3", "name is Jon"),
        ("S2", "nice to meet you"),
    ]
    assert edits.state(meeting_id).edits == 5
    undone = [edits.undo(meeting_id) for _ in range(6)]
    assert undone[0] == "Name of a speaker" and undone[-1] is None
    assert store.transcript(meeting_id) == LINES and store.turns(meeting_id) == TURNS
    assert edits.state(meeting_id).can_undo is None
    while edits.redo(meeting_id):
        pass
    assert store.transcript(meeting_id) == after
    edits.undo(meeting_id)
    edits.correct(meeting_id, 0, "bye")
    assert edits.state(meeting_id).can_redo is None


def test_speakers_are_merged_in_all_stages_and_turns(store: MeetingStore, meeting_id: str) -> None:
    store.replace_segments(meeting_id, 0, [said(0, "hello", "S2")])
    store.rename_speaker(meeting_id, "S2", "Ana")
    store.edits.merge_speakers(meeting_id, "S2", "S1")
    assert {item.speaker for item in store.transcript(meeting_id).segments} == {"S1"}
    assert store.transcript(meeting_id, Stage.PROVISIONAL).segments[0].speaker == "S1"
    assert {turn.speaker for turn in store.turns(meeting_id)} == {"S1"}
    assert store.speakers(meeting_id) == (Speaker("S1", "Ana"),)
    assert store.edits.undo(meeting_id) == "Merge of two speakers"
    assert store.transcript(meeting_id).segments == LINES.segments
    assert store.turns(meeting_id) == TURNS
    assert store.transcript(meeting_id, Stage.PROVISIONAL).segments[0].speaker == "S2"


def test_replacing_an_edited_transcript_can_be_undone(store: MeetingStore, meeting_id: str) -> None:
    store.edits.correct_word(meeting_id, 1, 2, "meet")
    corrected = store.transcript(meeting_id)
    store.replace_transcript(meeting_id, Transcript((said(0, "anew"),), stage=Stage.FINAL))
    assert store.edits.undo(meeting_id) == "New transcript"
    assert store.transcript(meeting_id).segments == corrected.segments
    store.edits.undo(meeting_id)
    assert store.transcript(meeting_id).segments == LINES.segments


def test_edits_of_changed_text_are_refused(store: MeetingStore, meeting_id: str) -> None:
    for step in (
        lambda: store.edits.correct(meeting_id, 0, "x", "something else"),
        lambda: store.edits.correct_word(meeting_id, 0, 99, "x"),
        lambda: store.edits.correct_word(meeting_id, 0, 0, "x", "other"),
        lambda: store.edits.split(meeting_id, 0, 0),
        lambda: store.edits.assign(meeting_id, [7]),
    ):
        with pytest.raises(MeetingStateError, match="has changed"):
            step()
    assert store.transcript(meeting_id) == LINES and not store.edits.state(meeting_id).edits
    store.edits.correct(meeting_id, 0, "one")
    store.replace_segments(meeting_id, 0, [said(0, "replaced")], Stage.FINAL)
    with pytest.raises(MeetingStateError):
        store.edits.undo(meeting_id)


words = st.lists(
    st.text("ab ", min_size=1, max_size=5).map(lambda text: f" {text.strip() or 'x'}"), max_size=8
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(words, st.text("abc  \n", max_size=30))
def test_corrected_words_have_ordered_times_for_any_text(old: list[str], text: str) -> None:
    timed = [Word(word, float(n), n + 0.8, 0.5) for n, word in enumerate(old)]
    new = reworded(timed, text)
    assert "".join(word.text for word in new).split() == text.split()
    assert all(word.start <= word.end for word in new)
    starts = [word.start for word in new]
    assert starts == sorted(starts)
    spoken = Segment(0.0, 9.0, None, tuple(timed))
    assert reworded(timed, spoken.text) == tuple(timed)


def test_undo_works_after_a_speaker_was_renamed(store: MeetingStore, meeting_id: str) -> None:
    store.edits.correct(meeting_id, 0, "hello")
    label = store.edits.assign(meeting_id, [2])
    store.rename_speaker(meeting_id, label, "Ann")
    assert store.edits.undo(meeting_id) == "Change of speaker"
    assert store.edits.undo(meeting_id) == "Correction of a passage"
    assert store.transcript(meeting_id) == LINES
    while store.edits.redo(meeting_id):
        pass
    assert store.transcript(meeting_id).name_of(label) == "Ann"


def test_undoing_a_merge_keeps_turns_replaced_since(store: MeetingStore, meeting_id: str) -> None:
    store.edits.merge_speakers(meeting_id, "S2", "S1")
    again = (Turn(0, 4, "S1"),)
    store.replace_turns(meeting_id, again)
    assert store.edits.undo(meeting_id) == "Merge of two speakers"
    assert store.transcript(meeting_id) == LINES and store.turns(meeting_id) == again


def test_undone_edits_cannot_be_redone_on_a_new_transcript(
    store: MeetingStore, meeting_id: str
) -> None:
    store.edits.correct(meeting_id, 0, "hello")
    store.edits.undo(meeting_id)
    store.replace_transcript(meeting_id, Transcript((said(0, "other"),), (), Stage.FINAL))
    assert store.edits.state(meeting_id).can_redo is None
    assert store.edits.redo(meeting_id) is None
