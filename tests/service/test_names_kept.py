"""A name that a person gave stays with the voice: merges, failed writes, the second pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from meetcore.asr.streaming.recognizer import StreamUpdate
from meetcore.diarization.profiles.matching import ProfileMatch
from meetcore.errors import StoreError
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.speaker_names import SpeakerNames
from meetcore.models.error_counter import ErrorCounter
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import (
    SAMPLE_RATE,
    MeetingState,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Word,
)
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.transcript.reattribution import carried_labels, relabelled, speakers_of
from tests.support.stand_ins import (
    ClockTurns,
    ClockWords,
    RefusingStore,
    SlowRecognizer,
    StandIn,
    talk,
    until,
)


@pytest.fixture
def meeting_id(store: RefusingStore) -> str:
    found: str = store.create_meeting("Names").id
    return found


@pytest.fixture
def names(store: RefusingStore, meeting_id: str) -> SpeakerNames:
    return SpeakerNames(store, meeting_id)  # type: ignore[arg-type]


@pytest.fixture
def saver(store: RefusingStore, meeting_id: str, names: SpeakerNames) -> TranscriptSaver:
    return TranscriptSaver(store, meeting_id, names, ErrorCounter())  # type: ignore[arg-type]


def saved_names(store: Any, meeting_id: str) -> dict[str, str | None]:
    return {speaker.label: speaker.name for speaker in store.speakers(meeting_id)}


def session() -> IdentifierSession:
    return IdentifierSession("m", ClockWords(), ClockTurns())


def said(start: float, end: float, speaker: str | None) -> Segment:
    return Segment(start, end, speaker, (Word(" word", start, end),))


def test_name_is_trimmed_and_can_be_removed(
    names: SpeakerNames, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S1", "  Ada ")
    assert (names.speaker("S1").name, saved_names(store, meeting_id)) == ("Ada", {"S1": "Ada"})
    names.rename("S1", "   ")
    assert (names.speaker("S1").name, saved_names(store, meeting_id)) == (None, {"S1": None})


def test_name_that_is_not_saved_is_not_shown(names: SpeakerNames, store: RefusingStore) -> None:
    store.refused = {"rename_speaker"}
    with pytest.raises(StoreError):
        names.rename("S1", "Ada")
    assert names.speaker("S1").name is None


def test_merge_moves_the_name_to_the_label_that_stays(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S3", "Ada")
    names.merge([("S3", "S1")])
    saver.save(session(), 0.0)
    assert (names.speaker("S1").name, names.speaker("S3").name) == ("Ada", None)
    assert saved_names(store, meeting_id) == {"S1": "Ada", "S3": None}


def test_merge_of_two_named_voices_keeps_the_name_of_the_label_that_stays(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S1", "Grace")
    names.rename("S2", "Ada")
    names.merge([("S2", "S1")])
    saver.save(session(), 0.0)
    assert saved_names(store, meeting_id) == {"S1": "Grace", "S2": None}


@pytest.mark.parametrize(
    "merges", [[("S2", "S1"), ("S3", "S2")], [("S3", "S2"), ("S2", "S1")], [("S3", "S2")]]
)
def test_name_follows_a_chain_of_merges(names: SpeakerNames, merges: list[tuple[str, str]]) -> None:
    names.rename("S3", "Ada")
    names.merge(merges)
    assert names.speaker("S1" if len(merges) > 1 else "S2").name == "Ada"
    assert names.speaker("S3").name is None


def test_renaming_a_label_that_was_just_merged_names_its_voice(
    names: SpeakerNames, store: RefusingStore, meeting_id: str
) -> None:
    """The page that a person clicks on is half a second old."""
    names.merge([("S2", "S1")])
    names.rename("S2", "Ada")
    assert names.speaker("S1").name == "Ada"
    assert saved_names(store, meeting_id) == {"S1": "Ada"}


def test_merge_while_the_store_refuses_is_saved_later(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S2", "Ada")
    store.refused = {"*"}
    names.merge([("S2", "S1")])
    assert names.speaker("S1").name == "Ada"
    assert not saver.save(session(), 0.0)
    store.refused = set()
    assert saver.save_last(session(), 0.0)
    assert saved_names(store, meeting_id) == {"S1": "Ada", "S2": None}


def test_enrolled_voice_names_a_label_unless_a_person_has(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    profile = store.profiles.add("Ada", "clock", np.ones(4, np.float32) / 2, 30.0, None)
    found = ProfileMatch(profile.id, "Ada", 0.9)
    heard = session()
    heard.process_audio_chunk(np.zeros(8 * SAMPLE_RATE, dtype=np.float32), 0.0)
    names.rename("S2", "Grace")
    for label in ("S1", "S2"):
        names.set_match(label, found)
    assert names.speaker("S1") == Speaker("S1", "Ada", 0.9, profile.id)
    assert names.speaker("S2") == Speaker("S2", "Grace")
    assert saver.save_last(heard, 8.0)
    assert {each.label: each for each in store.speakers(meeting_id)} == {
        "S1": Speaker("S1", "Ada", 0.9, profile.id),
        "S2": Speaker("S2", "Grace"),
    }
    names.rename("S1", "")
    names.set_match("S1", found)
    assert names.speaker("S1") == Speaker("S1"), "a person removed the name"


def test_rejected_text_is_saved_after_a_failed_write(
    saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    class Rejecting(ClockWords):
        def push(self, samples: Any) -> StreamUpdate:
            return StreamUpdate(rejected=(RejectedText(0.0, 1.0, "you", "no speech"),))

    heard = IdentifierSession("m", Rejecting(), None)
    heard.process_audio_chunk(np.zeros(160, dtype=np.float32), 0.0)
    store.refused = {"add_rejected"}
    assert not saver.save(heard, 0.0)
    store.refused = set()
    assert saver.save_last(heard, 0.0)
    assert saver.save_last(heard, 0.0)
    kept = store.transcript(meeting_id, Stage.PROVISIONAL).rejected
    assert [text.text for text in kept] == ["you"]


def test_labels_and_names_carry_over_by_time() -> None:
    before = Transcript((said(0, 2, "S1"), said(2, 4, "S2")), (Speaker("S1", "Ada"), Speaker("S2")))
    found = [said(0, 2, "S2"), said(2, 4, "S1"), said(5, 6, "S3"), said(7, 8, None)]
    after = relabelled(found, carried_labels(found, before))
    assert [segment.speaker for segment in after] == ["S1", "S2", "S3", None]
    assert speakers_of(after, before.speakers) == (
        Speaker("S1", "Ada"),
        Speaker("S2"),
        Speaker("S3"),
    )


def test_new_speaker_never_gets_the_label_of_a_merged_one() -> None:
    """S2 was named, then merged into S1: the S2 of the second pass is another voice."""
    before = Transcript((said(0, 2, "S1"),), (Speaker("S1", "Ada"), Speaker("S2", "Ghost")))
    found = [said(0, 2, "S1"), said(3, 4, "S2")]
    after = relabelled(found, carried_labels(found, before))
    assert [segment.speaker for segment in after] == ["S1", "S3"]
    assert speakers_of(after, before.speakers) == (Speaker("S1", "Ada"), Speaker("S3"))


def run(service: MeetingService, seconds: float) -> tuple[str, LiveMeeting]:
    meeting_id = service.start("Names")
    live = service.live(meeting_id)
    assert live is not None
    live.offer(talk(12.0)[: int(seconds * SAMPLE_RATE)], "tab")
    until(lambda: live.snapshot().health.backlog < 0.05 and live.snapshot().elapsed >= seconds)
    return meeting_id, live


def done(service: MeetingService, meeting_id: str) -> Transcript:
    until(lambda: service.store.get(meeting_id).state is MeetingState.DONE, 20)
    return service.store.transcript(meeting_id)


def test_name_given_live_is_the_final_speakers(service: MeetingService) -> None:
    meeting_id, live = run(service, 8.0)
    live.rename("S2", "Grace")
    assert live.snapshot().speakers[1] == Speaker("S2", "Grace")
    live.stop()
    final = done(service, meeting_id)
    assert final.stage is Stage.FINAL
    assert final.speakers == (Speaker("S1"), Speaker("S2", "Grace"))
    assert [segment.speaker for segment in final.segments[:2]] == ["S1", "S2"]
    assert [
        s.speaker for s in service.store.transcript(meeting_id, Stage.PROVISIONAL).segments
    ] == [
        "S1",
        "S2",
        "S1",
        "S2",
    ]


def test_name_given_while_the_second_pass_runs_is_kept(
    service: MeetingService, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id, live = run(service, 8.0)
    live.stop()
    assert slow.asked.wait(10)
    service.store.rename_speaker(meeting_id, "S1", "Ada")
    slow.leave.set()
    assert done(service, meeting_id).speakers == (Speaker("S1", "Ada"), Speaker("S2"))


def test_name_of_a_merged_label_is_kept_in_the_final_transcript(
    service: MeetingService, identifier: StandIn
) -> None:
    meeting_id, live = run(service, 6.0)
    live.rename("S2", "Ada")
    identifier.turns[0].relabel("S2", "S1")
    live.offer(talk(12.0)[6 * SAMPLE_RATE :], "tab")
    until(lambda: live.snapshot().elapsed == 12.0 and live.snapshot().health.backlog < 0.05)
    assert live.snapshot().speakers == (Speaker("S1", "Ada"),)
    live.stop()
    final = done(service, meeting_id)
    # The second pass finds two voices: one is Ada, the other is new and has no name.
    assert sorted(speaker.name or "" for speaker in final.speakers) == ["", "Ada"]
    assert {"S1"} < {speaker.label for speaker in final.speakers} == {"S1", "S3"}


def test_names_corrected_in_the_final_transcript_survive_another_pass(
    service: MeetingService,
) -> None:
    meeting_id, live = run(service, 8.0)
    live.stop()
    done(service, meeting_id)
    service.store.rename_speaker(meeting_id, "S2", "Grace")
    service.finalize(meeting_id)
    until(lambda: service.store.get(meeting_id).state is MeetingState.DONE)
    assert service.store.transcript(meeting_id).speakers == (Speaker("S1"), Speaker("S2", "Grace"))
    assert round(service.store.get(meeting_id).duration * SAMPLE_RATE) == 8 * SAMPLE_RATE
