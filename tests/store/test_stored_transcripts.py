"""Transcripts are appended to, partly replaced, replaced by the second pass, and read back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetcore.errors import StoreError
from meetcore.records import RejectedText, Segment, Speaker, Stage, Transcript, Word
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.reattribution import speakers_of

seconds = st.floats(0, 1e6, allow_nan=False)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
labels = st.sampled_from(["S1", "S2", "S3"])
words = st.builds(Word, texts, seconds, seconds, st.floats(0, 1))
segments = st.builds(
    Segment,
    seconds,
    seconds,
    st.none() | labels,
    st.lists(words, max_size=4).map(tuple),
)
rejected = st.builds(RejectedText, seconds, seconds, texts, texts)
NAMES = {"S1": "Ann", "S2": None, "S3": "Çağlar"}


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    spoken = tuple(draw(st.lists(segments, max_size=6)))
    used = {item.speaker for item in spoken if item.speaker is not None}
    order = draw(st.permutations(sorted(used)))
    return Transcript(
        spoken,
        tuple(Speaker(label, NAMES[label]) for label in order),
        draw(st.sampled_from(Stage)),
        tuple(draw(st.lists(rejected, max_size=3))),
    )


def one(start: float, speaker: str | None = "S1", text: str = " yes") -> Segment:
    return Segment(start, start + 1, speaker, (Word(text, start, start + 1, 0.5),))


def in_order(transcript: Transcript) -> Transcript:
    """The transcript with its speakers in order of appearance, as the store gives it."""
    return replace(transcript, speakers=speakers_of(transcript.segments, transcript.speakers))


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=transcripts(), second=transcripts())
def test_transcripts_come_back_equal(
    store: MeetingStore, first: Transcript, second: Transcript
) -> None:
    meeting_id = store.create_meeting("any").id
    store.replace_transcript(meeting_id, first)
    assert store.transcript(meeting_id, first.stage) == in_order(first)
    store.replace_transcript(meeting_id, second)
    assert store.transcript(meeting_id, second.stage) == in_order(second)
    if first.stage is not second.stage:
        again = store.transcript(meeting_id, first.stage)
        assert (again.segments, again.rejected) == (first.segments, first.rejected)
        assert set(again.speakers) == set(first.speakers)
    latest = {first.stage: first, second.stage: second}
    final = latest.get(Stage.FINAL)
    spoken = [
        latest[stage].segments
        for stage in (Stage.PROVISIONAL, Stage.DRAFT)
        if stage in latest and latest[stage].segments
    ]
    expected = final.segments if final else (spoken or [()])[0]
    assert store.transcript(meeting_id).segments == expected
    store.delete(meeting_id)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.lists(segments, max_size=3), max_size=5))
def test_appended_segments_keep_their_order(
    store: MeetingStore, batches: list[list[Segment]]
) -> None:
    meeting_id = store.create_meeting("any").id
    position = 0
    for batch in batches:
        store.replace_segments(meeting_id, position, batch, Stage.PROVISIONAL)
        position += len(batch)
    expected = tuple(item for batch in batches for item in batch)
    transcript = store.transcript(meeting_id)
    assert transcript.segments == expected
    order = dict.fromkeys(item.speaker for item in expected if item.speaker)
    assert [speaker.label for speaker in transcript.speakers] == list(order)


def test_segments_are_replaced_from_a_position_on(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    store.replace_segments(meeting_id, 0, [one(0), one(1), one(2)])
    store.replace_segments(meeting_id, 1, [one(1, "S2"), one(1.5), one(2), one(3)])
    expected = (one(0), one(1, "S2"), one(1.5), one(2), one(3))
    assert store.transcript(meeting_id).segments == expected
    store.replace_segments(meeting_id, 5, [one(4)])
    assert store.transcript(meeting_id).segments == (*expected, one(4))
    store.replace_segments(meeting_id, 2, [])
    assert store.transcript(meeting_id).segments == expected[:2]
    for position in (3, -1):
        with pytest.raises(StoreError, match="there are 2"):
            store.replace_segments(meeting_id, position, [one(9)])


def test_names_given_during_the_meeting_survive_the_second_pass(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    store.replace_segments(meeting_id, 0, [one(0, "S1"), one(1, "S2"), one(2, "S3")])
    store.rename_speaker(meeting_id, "S1", "  Ann ")
    store.rename_speaker(meeting_id, "S3", "Carl")
    # The second pass took its names before the last renaming, and found a fourth voice.
    store.rename_speaker(meeting_id, "S1", "Anna")
    final = Transcript(
        (one(0, "S2"), one(1, "S1"), one(2, "S4")),
        (Speaker("S2"), Speaker("S1", "Ann"), Speaker("S4", "Dora")),
        Stage.FINAL,
    )
    store.replace_transcript(meeting_id, final)
    assert store.transcript(meeting_id).speakers == (
        Speaker("S2"),
        Speaker("S1", "Anna"),
        Speaker("S4", "Dora"),
    )
    provisional = store.transcript(meeting_id, Stage.PROVISIONAL)
    assert provisional.name_of("S3") == "Carl"
    assert len(provisional.segments) == 3
    store.rename_speaker(meeting_id, "S1", " ")
    assert store.transcript(meeting_id).name_of("S1") == "Speaker 2"


def test_speaker_is_named_before_any_segment(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    store.ensure_speakers(meeting_id, ["S2", "S1", "S2"])
    store.rename_speaker(meeting_id, "S3", "Carl")
    store.ensure_speakers(meeting_id, ["S1", "S3"])
    assert store.speakers(meeting_id) == (Speaker("S2"), Speaker("S1"), Speaker("S3", "Carl"))
    store.replace_segments(meeting_id, 0, [one(0, "S3")])
    assert store.transcript(meeting_id).speakers == (Speaker("S3", "Carl"),)


def test_a_final_transcript_may_be_empty(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    store.replace_segments(meeting_id, 0, [one(0)])
    rejected = (RejectedText(0, 1, "Thank you.", "silence"),)
    store.replace_transcript(meeting_id, Transcript(stage=Stage.FINAL, rejected=rejected))
    assert store.transcript(meeting_id) == Transcript(stage=Stage.FINAL, rejected=rejected)


def test_rejected_text_is_kept_by_stage(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    texts = [RejectedText(2, 3, "b", "loop"), RejectedText(0, 1, "a", "energy")]
    store.add_rejected(meeting_id, Stage.PROVISIONAL, texts[:1])
    store.add_rejected(meeting_id, Stage.PROVISIONAL, texts[1:])
    assert store.transcript(meeting_id).rejected == tuple(texts)
    assert store.transcript(meeting_id, Stage.FINAL).rejected == ()


def test_numpy_numbers_are_stored_as_floats(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    word = Word(" yes", np.float32(0.5), np.float64(1.5), np.float32(0.25))
    store.replace_segments(
        meeting_id, 0, [Segment(np.float32(0.5), np.float64(1.5), "S1", (word,))]
    )
    (stored,) = store.transcript(meeting_id).segments
    assert stored == Segment(0.5, 1.5, "S1", (Word(" yes", 0.5, 1.5, 0.25),))
    assert type(stored.start) is type(stored.words[0].start) is float


def test_failed_replacement_changes_nothing(store: MeetingStore) -> None:
    meeting_id = store.create_meeting("any").id
    store.replace_segments(meeting_id, 0, [one(0)], Stage.FINAL)
    before = store.transcript(meeting_id, Stage.FINAL)
    with pytest.raises(StoreError):
        broken = Transcript((one(1), one(2, "\ud800")), (), Stage.FINAL)
        store.replace_transcript(meeting_id, broken)
    assert store.transcript(meeting_id, Stage.FINAL) == before
