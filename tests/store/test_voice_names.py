"""Names from enrolled voices: one profile names one speaker, the others are asked about."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meetcore.records import ProfileMatch, Speaker, Stage, Transcript
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.same_person import perhaps_same
from tests.store.test_library import said

DIANE, BOB = ProfileMatch("d", "Diane", 0.9), ProfileMatch("b", "Bob", 0.8)
LABELS = ("S1", "S2", "S3")


def made(store: MeetingStore) -> str:
    meeting_id = store.create_meeting("Any").id
    segments = tuple(said(3.0 * n, "word", label) for n, label in enumerate(LABELS))
    store.replace_transcript(meeting_id, Transcript(segments, (), Stage.FINAL))
    return meeting_id


def names(store: MeetingStore, meeting_id: str) -> list[str | None]:
    return [speaker.name for speaker in store.transcript(meeting_id).speakers]


def asked(store: MeetingStore, meeting_id: str) -> dict[str, str]:
    return perhaps_same(store.transcript(meeting_id).speakers)


def test_a_later_pass_moves_the_name(store: MeetingStore) -> None:
    meeting_id = made(store)
    store.name_speakers_by_voice(meeting_id, {"S1": DIANE, "S3": BOB}, {}, LABELS)
    store.name_speakers_by_voice(meeting_id, {"S2": DIANE, "S3": BOB}, {}, LABELS)
    assert names(store, meeting_id) == [None, "Diane", "Bob"]
    assert not asked(store, meeting_id)


def test_a_second_voice_of_a_profile_is_asked_about(store: MeetingStore) -> None:
    meeting_id = made(store)
    store.name_speakers_by_voice(meeting_id, {"S1": DIANE}, {"S3": DIANE}, LABELS)
    assert names(store, meeting_id) == ["Diane", None, None]
    assert asked(store, meeting_id) == {"S3": "S1"}
    store.edits.rename(meeting_id, "S3", None)
    assert not asked(store, meeting_id)
    store.edits.undo(meeting_id)
    store.edits.merge_speakers(meeting_id, "S3", "S1")
    assert names(store, meeting_id) == ["Diane", None] and not asked(store, meeting_id)


def test_a_typed_name_stays_alone(store: MeetingStore) -> None:
    meeting_id = made(store)
    store.rename_speaker(meeting_id, "S2", "diane")
    store.name_speakers_by_voice(meeting_id, {"S1": DIANE, "S2": BOB}, {}, LABELS)
    assert names(store, meeting_id) == [None, "diane", None]
    assert asked(store, meeting_id) == {"S1": "S2"}
    store.name_speaker_by_voice(meeting_id, "S2", "Bob", 0.8, "b")
    assert names(store, meeting_id) == [None, "diane", None]


def test_a_name_left_over_from_the_live_pass_does_not_count(store: MeetingStore) -> None:
    meeting_id = made(store)
    store.rename_speaker(meeting_id, "S9", "Diane")
    store.name_speakers_by_voice(meeting_id, {"S1": DIANE}, {}, LABELS)
    assert names(store, meeting_id) == ["Diane", None, None]


def test_names_of_an_older_version_are_asked_about() -> None:
    twice = (Speaker("S1", "Diane", 1.0, "d"), Speaker("S2", "Diane", 1.0, "d"))
    assert perhaps_same(twice) == {"S2": "S1"}
    assert perhaps_same((Speaker("S1", "Ana"), Speaker("S2", "Ana"))) == {}


matches = st.permutations([DIANE, BOB, None])
steps = st.one_of(
    st.tuples(st.just("voice"), matches, st.sampled_from(LABELS)),
    st.tuples(st.just("name"), st.sampled_from(LABELS), st.sampled_from(["Ana", None])),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(steps, max_size=6))
def test_no_two_speakers_have_one_profiles_name(store: MeetingStore, made_steps: list) -> None:
    meeting_id = made(store)
    for step in made_steps:
        if step[0] == "name":
            store.edits.rename(meeting_id, step[1], step[2])
        else:
            best = {label: each for label, each in zip(LABELS, step[1], strict=True) if each}
            further = {step[2]: DIANE} if step[2] not in best else {}
            store.name_speakers_by_voice(meeting_id, best, further, LABELS)
        speakers = store.transcript(meeting_id).speakers
        by_voice = [each.name for each in speakers if each.similarity is not None and each.name]
        assert len(by_voice) == len(set(by_voice))
    store.delete(meeting_id)
