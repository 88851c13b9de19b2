"""The second pass: what it needs, what may fail in it, and what a person can do next."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import pytest

from meetcore.audio.recording import RecordingReader
from meetcore.diarization.offline.recording import Cancelled
from meetcore.errors import (
    InferenceError,
    MeetingNotFoundError,
    RecordingError,
)
from meetcore.jobs import stages
from meetcore.jobs.progress import StoredProgress
from meetcore.records import (
    SAMPLE_RATE,
    JobStage,
    JobState,
    Meeting,
    MeetingState,
    Mode,
    Stage,
    Turn,
)
from meetcore.service.meeting_service import MeetingService
from tests.asr.fakes import ScriptedRecognizer, failing
from tests.support.service_fixtures import Open
from tests.support.stand_ins import (
    ClockDiarizer,
    RefusingStore,
    SlowRecognizer,
    StandIn,
    talk,
    texts,
    until,
)


def wav(seconds: float = 4.0) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(SAMPLE_RATE)
        writer.writeframes(talk(seconds).tobytes())
    return file.getvalue()


def ended(service: MeetingService, meeting_id: str) -> Meeting:
    over = (MeetingState.DONE, MeetingState.FAILED)
    until(lambda: service.store.get(meeting_id).state in over, 20)
    return service.store.get(meeting_id)


def spoken_live(service: MeetingService, seconds: float = 4.0) -> str:
    meeting_id = service.start("Live")
    live = service.live(meeting_id)
    assert live is not None
    live.offer(talk(seconds), "tab")
    until(lambda: live.snapshot().elapsed == seconds)
    live.stop()
    assert live.join(10)
    return meeting_id


def test_recording_from_elsewhere_becomes_a_meeting(
    service: MeetingService, tmp_path: Path
) -> None:
    meeting_id = service.add_recording("Interview", wav(8.0))
    done = ended(service, meeting_id)
    assert (done.state, done.title, done.duration) == (MeetingState.DONE, "Interview", 8.0)
    final = service.store.transcript(meeting_id)
    assert final.stage is Stage.FINAL
    assert texts(final.segments) == [f"w{n}" for n in range(1, 17)]
    assert [speaker.label for speaker in final.speakers] == ["S1", "S2"]
    stored = RecordingReader(tmp_path / "data" / "recordings" / meeting_id)
    assert stored.read_pcm().tolist() == talk(8.0).tolist()


@pytest.mark.parametrize(
    "data", [b"", b"garbage" * 100, wav()[:20], b"%PDF-1.4", wav().replace(b"WAVE", b"WAXE")]
)
def test_garbage_is_a_failed_job_with_a_sentence_and_the_file_kept(
    service: MeetingService, tmp_path: Path, data: bytes
) -> None:
    """Reading happens in a job: the page has the meeting at once, and its failure later."""
    meeting_id = service.add_recording("Garbage", data)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("Garbage ")
    job = service.store.jobs.get(meeting_id)
    assert job is not None
    assert (job.state, job.stage, job.detail) == (
        JobState.FAILED,
        JobStage.DECODING,
        failed.detail,
    )
    assert ended(service, service.add_recording("Good", wav())).state is MeetingState.DONE


def test_file_without_a_sound_in_it_is_an_answer(service: MeetingService) -> None:
    done = ended(service, service.add_recording("Empty", wav(0.0)))
    if done.state is MeetingState.DONE:
        assert done.detail == "There is no sound in this file."
    else:
        assert done.detail.startswith("Empty is not a media file")


def test_silence_is_an_answer(service: MeetingService) -> None:
    silent = wav(4.0)[:44] + bytes(len(wav(4.0)) - 44)
    done = ended(service, service.add_recording("Silent", silent))
    assert (done.state, done.detail) == (MeetingState.DONE, "No speech was heard in it.")


def test_any_failure_while_reading_in_is_a_sentence(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*anything: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("meetcore.jobs.decode_stage.iter_audio", broken)
    failed = ended(service, service.add_recording("Odd", wav()))
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("The second pass failed (ZeroDivisionError).")


def test_recording_only_keeps_the_audio_until_a_recognizer_comes(
    open_service: Open, identifier: StandIn
) -> None:
    identifier.mode, identifier.recognizer = Mode.RECORDING_ONLY, None
    identifier.reason = "No recognizer could be had."
    service = open_service()
    meeting_id = spoken_live(service)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail == (
        "No recognizer could be had. The recording is kept; finish it once a recognizer is there."
    )
    assert (failed.duration, failed.mode) == (4.0, Mode.RECORDING_ONLY)
    service.shutdown(5)
    identifier.mode, identifier.recognizer = Mode.FULL, ScriptedRecognizer()
    later = open_service()
    assert later.recover() == []
    later.finalize(meeting_id)
    assert ended(later, meeting_id).state is MeetingState.DONE
    assert texts(later.store.transcript(meeting_id).segments) == [f"w{n}" for n in range(1, 9)]


def test_transcription_only_has_words_without_speakers(
    open_service: Open, identifier: StandIn
) -> None:
    identifier.mode, identifier.diarizer = Mode.TRANSCRIPTION_ONLY, None
    identifier.reason = "Speakers are switched off."
    service = open_service()
    meeting_id = spoken_live(service)
    done = ended(service, meeting_id)
    assert (done.state, done.mode) == (MeetingState.DONE, Mode.TRANSCRIPTION_ONLY)
    assert done.detail == "Speakers are switched off."
    final = service.store.transcript(meeting_id)
    assert {segment.speaker for segment in final.segments} == {None}
    assert len(final.words) == 8


@pytest.mark.parametrize(
    "error", [Cancelled(), RuntimeError("CUDA"), InferenceError("It failed."), KeyError("x")]
)
def test_failing_diarizer_costs_the_speakers_not_the_words(
    service: MeetingService, identifier: StandIn, error: Exception
) -> None:
    identifier.diarizer = ClockDiarizer(error)
    meeting_id = service.add_recording("Diarizer", wav())
    done = ended(service, meeting_id)
    assert done.state is MeetingState.DONE
    assert done.detail.startswith("The speakers could not be told apart: ")
    assert len(service.store.transcript(meeting_id).words) == 8


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


def test_recognizer_that_fails_throughout_keeps_what_was_said_live(
    service: MeetingService, identifier: StandIn
) -> None:
    identifier.recognizer = ScriptedRecognizer(failing)
    meeting_id = spoken_live(service)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("The recognizer failed on the whole recording")
    kept = service.store.transcript(meeting_id)
    assert kept.stage is Stage.PROVISIONAL and len(kept.words) == 8
    identifier.recognizer = ScriptedRecognizer()
    service.finalize(meeting_id)
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")


def test_recognizer_that_breaks_in_an_unknown_way_fails_the_pass_with_a_sentence(
    service: MeetingService, identifier: StandIn
) -> None:
    class Broken(ScriptedRecognizer):
        def recognize(self, samples: Any, options: Any) -> Any:
            raise ZeroDivisionError

    identifier.recognizer = Broken()
    failed = ended(service, service.add_recording("Broken", wav()))
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("The second pass failed (ZeroDivisionError).")


def test_store_that_refuses_in_the_middle_does_not_cost_the_pass(
    service: MeetingService, store: RefusingStore, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = service.add_recording("Locked", wav(8.0))
    assert slow.asked.wait(10)
    store.refused = {"update", "replace_transcript", "jobs.update"}
    slow.leave.set()
    until(lambda: store.refusals > 4)
    store.refused = set()
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")
    assert {segment.speaker for segment in store.transcript(meeting_id).segments} == {"S1", "S2"}


def test_submitting_to_a_store_that_refuses_still_finishes(
    service: MeetingService, store: RefusingStore, identifier: StandIn
) -> None:
    identifier.recognizer = ScriptedRecognizer(failing)
    meeting_id = spoken_live(service)
    ended(service, meeting_id)
    identifier.recognizer = ScriptedRecognizer()
    store.refused = {"update", "jobs.put"}
    service.finalize(meeting_id)
    until(lambda: store.refusals > 2)
    store.refused = set()
    until(lambda: store.get(meeting_id).state is MeetingState.DONE)


def test_unknown_meeting_cannot_be_finished(service: MeetingService) -> None:
    for _ in range(2):
        with pytest.raises(MeetingNotFoundError):
            service.finalize("nobody")


def test_meeting_in_work_is_not_queued_twice(service: MeetingService, identifier: StandIn) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = service.add_recording("Work", wav())
    assert slow.asked.wait(10)
    waiting = service.add_recording("Next", wav())
    for each in (meeting_id, waiting):
        service.finalize(each)
    assert service._runner.pending() == {meeting_id, waiting}
    slow.leave.set()
    for each in (meeting_id, waiting):
        assert ended(service, each).state is MeetingState.DONE
    assert not service._runner.pending()


def test_done_means_free(service: MeetingService) -> None:
    """Who reads "done" can have the meeting done again at once."""
    for _ in range(15):
        meeting_id = spoken_live(service, 1.0)
        assert ended(service, meeting_id).state is MeetingState.DONE
        service.finalize(meeting_id)
        assert service.store.get(meeting_id).state is MeetingState.FINALIZING or ended(
            service, meeting_id
        )


def test_recording_that_cannot_be_compacted_is_finished_all_the_same(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, progress: Any) -> Path:
        raise RecordingError("The recording cannot be compacted.")

    monkeypatch.setattr(stages, "compact", refuse)
    done = ended(service, spoken_live(service))
    assert (done.state, done.detail) == (MeetingState.DONE, "The recording cannot be compacted.")
    assert done.audio_path is None


def test_progress_moves_and_never_goes_back(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    report = StoredProgress._report

    def observe(self: StoredProgress) -> None:
        report(self)
        seen.append(self._store.get(self._meeting_id).progress)

    monkeypatch.setattr(StoredProgress, "_report", observe)
    done = ended(service, service.add_recording("Bar", wav(60.0)))
    assert done.progress == 1.0
    assert seen == sorted(seen) and len(set(seen)) > 3
    assert seen[0] > 0.0 and seen[-1] < 1.0
