"""A name that a person gave stays with the voice through the second pass and later ones."""

from __future__ import annotations

from meetcore.records import (
    SAMPLE_RATE,
    MeetingState,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Word,
)
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.transcript.reattribution import keep_labels, relabelled, speakers_of
from tests.support.stand_ins import (
    SlowRecognizer,
    StandIn,
    talk,
    until,
)


def said(start: float, end: float, speaker: str | None) -> Segment:
    return Segment(start, end, speaker, (Word(" word", start, end),))


def test_labels_and_names_carry_over_by_time() -> None:
    before = Transcript((said(0, 2, "S1"), said(2, 4, "S2")), (Speaker("S1", "Ada"), Speaker("S2")))
    found = [said(0, 2, "S2"), said(2, 4, "S1"), said(5, 6, "S3"), said(7, 8, None)]
    after = relabelled(found, keep_labels(found, before))
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
    after = relabelled(found, keep_labels(found, before))
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
