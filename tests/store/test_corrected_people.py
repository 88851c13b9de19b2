"""Whatever is corrected: people, numbers and talk time follow, and undo brings back all of it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetcore.records import LibraryQuery, Speaker, Stage, Transcript, Turn
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.corrected_turns import corrected_turns
from meetcore.transcript.reattribution import turns_of_segments
from meetcore.transcript.statistics import covered, statistics
from tests.store.test_library import said

LEFT_OVER = (Speaker("S1"), Speaker("S3"), Speaker("S4", "Old Name"))
"""Of the live pass; the final transcript has words of two others only."""
SAID = (
    said(0, "hello my name is Jon", "S2"),
    said(5, "nice to meet you", "S5"),
    said(9, "so long then", "S2"),
    said(13, "bye", "S5"),
)

labels = st.sampled_from([None, "S2", "S5", "S6"])
edits = st.one_of(
    st.tuples(st.just("assign"), st.integers(0, 3), labels),
    st.tuples(st.just("split"), st.integers(0, 3), st.just(1), labels),
    st.tuples(
        st.just("merge"), st.sampled_from(["S2", "S5", "S6"]), st.sampled_from(["S2", "S5", "S6"])
    ),
    st.tuples(st.just("rename"), st.sampled_from(["S2", "S5", "S6"]), st.sampled_from(["Ana", ""])),
    st.tuples(st.just("undo")),
    st.tuples(st.just("redo")),
)


def made(store: MeetingStore) -> str:
    meeting_id = store.create_meeting("Any").id
    store.ensure_speakers(meeting_id, [speaker.label for speaker in LEFT_OVER])
    store.rename_speaker(meeting_id, "S4", "Old Name")
    store.replace_segments(meeting_id, 0, [said(0, "hello", "S4"), said(3, "there", "S1")])
    store.replace_transcript(meeting_id, Transcript(SAID, (), Stage.FINAL))
    store.replace_turns(meeting_id, turns_of_segments(SAID))
    return meeting_id


def everything(store: MeetingStore, meeting_id: str) -> tuple[Any, ...]:
    """All that an edit may change, in each stage."""
    stages = [store.transcript(meeting_id, stage) for stage in Stage]
    return stages, store.turns(meeting_id), store.speakers(meeting_id)


def make(store: MeetingStore, meeting_id: str, edit: tuple[Any, ...]) -> None:
    match edit:
        case ("assign", position, label):
            store.edits.assign(meeting_id, [position], label)
        case ("split", position, word, label):
            if len(store.transcript(meeting_id).segments[position].words) > word:
                store.edits.split(meeting_id, position, word, label)
        case ("merge", label, into):
            if any(each.label == into for each in store.transcript(meeting_id).speakers):
                store.edits.merge_speakers(meeting_id, label, into)
        case ("rename", label, name):
            if any(each.label == label for each in store.transcript(meeting_id).speakers):
                store.edits.rename(meeting_id, label, name)
        case ("undo",):
            store.edits.undo(meeting_id)
        case ("redo",):
            store.edits.redo(meeting_id)


def check(store: MeetingStore, meeting_id: str) -> None:
    """People, numbers, turns and the list agree with the segments."""
    transcript = store.transcript(meeting_id)
    used = list(dict.fromkeys(s.speaker for s in transcript.segments))
    assert [each.label for each in transcript.speakers] == used
    assert [each.number for each in transcript.speakers] == list(range(1, len(used) + 1))
    unnamed = [s.display_name for s in transcript.speakers if s.name is None]
    places = [place for place, s in enumerate(transcript.speakers, 1) if s.name is None]
    assert unnamed == [f"Speaker {place}" for place in places]
    turns = corrected_turns(store.turns(meeting_id), transcript.segments)
    found = statistics(transcript.segments, turns).people
    assert {person.speaker for person in found} == set(used)
    for person in found:
        mine = [each for each in transcript.segments if each.speaker == person.speaker]
        assert person.talk_time == pytest.approx(covered(turns_of_segments(mine)))
        assert person.words == sum(len(each.words) for each in mine)
    row = store.library.find(LibraryQuery()).rows[0]
    assert [each.display_name for each in row.people] == [
        each.display_name for each in transcript.speakers
    ]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(edits, max_size=7))
def test_people_follow_any_corrections(store: MeetingStore, made_edits: list[Any]) -> None:
    meeting_id = made(store)
    before = everything(store, meeting_id)
    for edit in made_edits:
        make(store, meeting_id, edit)
        check(store, meeting_id)
    after = everything(store, meeting_id)
    steps = len(list(itertools.takewhile(bool, iter(lambda: store.edits.undo(meeting_id), None))))
    assert everything(store, meeting_id) == before
    for _ in range(steps):
        store.edits.redo(meeting_id)
    assert everything(store, meeting_id) == after
    store.delete(meeting_id)


def test_a_meeting_of_two_has_no_fourth_speaker(store: MeetingStore) -> None:
    meeting_id = made(store)
    names = [each.display_name for each in store.transcript(meeting_id).speakers]
    assert names == ["Speaker 1", "Speaker 2"]
    store.edits.assign(meeting_id, [3])
    names = [each.display_name for each in store.transcript(meeting_id).speakers]
    assert names == ["Speaker 1", "Speaker 2", "Speaker 3"]


def test_a_name_without_words_finds_no_meeting(store: MeetingStore) -> None:
    meeting_id = made(store)
    assert store.library.people() == ()
    assert not store.library.find(LibraryQuery(person="Old Name")).rows
    store.edits.rename(meeting_id, "S5", "Ana")
    assert store.library.people() == ("Ana",)
    assert store.library.find(LibraryQuery(person="Ana")).total == 1
    store.edits.merge_speakers(meeting_id, "S2", "S5")
    store.edits.assign(meeting_id, range(4), None)
    assert store.library.people() == ()


def test_a_hit_has_the_number_that_the_page_shows(store: MeetingStore) -> None:
    made(store)
    (hit,) = store.library.hits("meet")
    assert hit.speaker == "Speaker 2"


def test_turns_of_a_passage_follow_its_new_speaker(store: MeetingStore) -> None:
    meeting_id = made(store)
    label = store.edits.assign(meeting_id, [2])
    segments = store.transcript(meeting_id).segments
    turns = corrected_turns(store.turns(meeting_id), segments)
    assert Turn(segments[2].start, segments[2].end, label) in turns
