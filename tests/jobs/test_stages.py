"""Stages: words are stored before speakers, each stage can be repeated alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.diarization.voice_similarity import Voice
from meetcore.errors import (
    InferenceError,
    RecordingError,
)
from meetcore.jobs import perform_task
from meetcore.records import (
    JobStage,
    JobState,
    MeetingState,
    Segment,
    Stage,
    Turn,
    Word,
)
from meetcore.service.meeting_service import MeetingService
from meetcore.transcript.reattribution import reattributed
from tests.jobs.helpers import ended, job_of, spoken_live, uploaded, wav
from tests.support.stand_ins import (
    ClockDiarizer,
    SlowRecognizer,
    StandIn,
    texts,
    until,
)


def test_words_are_stored_before_diarization_and_turns_after(
    service: MeetingService, identifier: StandIn
) -> None:
    seen: list[Any] = []

    class Looking(ClockDiarizer):
        def diarize(self, *arguments: Any, **options: Any) -> Any:
            final = service.store.transcript(meeting_id, Stage.FINAL)
            seen.append((texts(final.segments), {each.speaker for each in final.segments}))
            return super().diarize(*arguments, **options)

    identifier.recognizer = slow = SlowRecognizer()
    identifier.diarizer = Looking()
    meeting_id = uploaded(service)
    slow.leave.set()
    ended(service, meeting_id)
    assert seen == [([f"w{n}" for n in range(1, 17)], {None})]
    assert {turn.speaker for turn in service.store.turns(meeting_id)} == {"S1", "S2"}
    assert not service.store.transcript(meeting_id, Stage.DRAFT).segments


def test_repeated_diarization_keeps_corrected_words(
    service: MeetingService, identifier: StandIn
) -> None:
    identifier.diarizer = ClockDiarizer(RuntimeError("CUDA"))
    meeting_id = uploaded(service)
    done = ended(service, meeting_id)
    assert done.detail == "The speakers could not be told apart: RuntimeError"
    final = service.store.transcript(meeting_id)
    first = final.segments[0]
    corrected = replace(
        first, words=(Word(" Corrected.", first.start, first.end),), machine=first.words
    )
    service.store.replace_transcript(
        meeting_id, replace(final, segments=(corrected, *final.segments[1:]))
    )
    identifier.diarizer, identifier.recognizer = ClockDiarizer(), None
    service.retry(meeting_id, JobStage.DIARIZING)
    until(lambda: job_of(service, meeting_id).state is JobState.DONE)
    again = service.store.transcript(meeting_id)
    assert again.segments[0].text == "Corrected."
    assert again.segments[0].machine == first.words
    assert again.segments[0].speaker is not None
    assert service.store.get(meeting_id).detail == ""


def test_repeated_attribution_uses_the_stored_turns(
    service: MeetingService, identifier: StandIn
) -> None:
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    service.store.replace_turns(meeting_id, [Turn(0.0, 8.0, "S2")])
    identifier.recognizer = identifier.diarizer = None
    service.retry(meeting_id, JobStage.ATTRIBUTING)
    until(lambda: job_of(service, meeting_id).state is JobState.DONE)
    final = service.store.transcript(meeting_id)
    assert {segment.speaker for segment in final.segments} == {"S2"}


@pytest.mark.parametrize("options", [{"n_speakers": 2}, {"max_speakers": 5}])
def test_number_of_speakers_reaches_the_diarizer(
    service: MeetingService, identifier: StandIn, options: dict[str, int]
) -> None:
    ended(service, uploaded(service, **options))
    wanted = identifier.diarizer.wanted
    assert {name: getattr(wanted, name) for name in options} == options


def test_without_speakers_the_diarizer_is_not_called(
    service: MeetingService, identifier: StandIn
) -> None:
    identifier.diarizer = ClockDiarizer(RuntimeError("not expected"))
    meeting_id = uploaded(service, speakers=False)
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")
    assert {each.speaker for each in service.store.transcript(meeting_id).segments} == {None}


def test_turns_that_are_not_numbers_are_left_out(
    service: MeetingService, identifier: StandIn
) -> None:
    nan = float("nan")
    identifier.diarizer = ClockDiarizer(
        extra=[Turn(nan, nan, "S9"), Turn(0.0, nan, "S8"), Turn(3.0, 1.0, "S7")]
    )
    meeting_id = service.add_recording("NaN", wav())
    assert ended(service, meeting_id).state is MeetingState.DONE
    final = service.store.transcript(meeting_id)
    assert {segment.speaker for segment in final.segments} == {"S1", "S2"}


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA"), InferenceError("It failed."), KeyError("x")]
)
def test_failing_diarizer_leaves_words_without_speakers(
    service: MeetingService, identifier: StandIn, error: Exception
) -> None:
    identifier.diarizer = ClockDiarizer(error)
    meeting_id = service.add_recording("Diarizer", wav())
    done = ended(service, meeting_id)
    assert done.state is MeetingState.DONE
    assert done.detail.startswith("The speakers could not be told apart: ")
    assert len(service.store.transcript(meeting_id).words) == 8


def test_recording_that_cannot_be_compacted_is_still_transcribed(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, progress: Any) -> Path:
        raise RecordingError("The recording cannot be compacted.")

    monkeypatch.setattr(perform_task, "compact", refuse)
    done = ended(service, spoken_live(service))
    assert (done.state, done.detail) == (MeetingState.DONE, "The recording cannot be compacted.")
    assert done.audio_path is None


def test_enrolled_voice_names_an_unnamed_speaker(
    service: MeetingService, identifier: StandIn
) -> None:
    voice = np.zeros(4, np.float32)
    voice[0] = 1.0

    class Known(ClockDiarizer):
        def diarize(self, *arguments: Any, **options: Any) -> Any:
            found = super().diarize(*arguments, **options)
            return replace(found, voices={"S1": Voice.of(voice, 30.0)})

    identifier.diarizer = Known()
    profile = service.store.profiles.add("Ada", "clock", voice, 30.0, None)
    service._known_voices.invalidate()
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    named = {each.name: each for each in service.store.speakers(meeting_id) if each.name}
    assert set(named) == {"Ada"}
    assert named["Ada"].profile_id == profile.id
    assert (named["Ada"].similarity or 0.0) > 0.9


def test_corrected_segment_stays_whole_when_speakers_change() -> None:
    words = tuple(Word(f" w{n}.", float(n), n + 0.5) for n in range(4))
    typed = Segment(0.0, 1.5, None, (Word(" Typed.", 0.0, 1.5),), machine=words[:2])
    rest = Segment(2.0, 3.5, None, words[2:])
    turns = [Turn(0.0, 1.0, "S1"), Turn(1.0, 3.0, "S2"), Turn(3.0, 4.0, "S1")]
    moved = reattributed([typed, rest], turns)
    assert moved[0] == replace(typed, speaker="S1")
    assert [(each.speaker, each.text) for each in moved[1:]] == [("S2", "w2."), ("S1", "w3.")]
