"""Jobs: resumed, cancelled, repeated by stage, deleted and taken back; words first."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.diarization.scoring import Voice
from meetcore.errors import MeetingNotFoundError, MeetingStateError, StoreError
from meetcore.jobs.remaining_time import Estimate, Speeds
from meetcore.jobs.tasks import WorkerDiedError
from meetcore.records import (
    SAMPLE_RATE,
    Job,
    JobOptions,
    JobStage,
    JobState,
    MeetingState,
    Mode,
    Segment,
    Stage,
    Turn,
    Word,
)
from meetcore.service import trash
from meetcore.service.meeting_service import MeetingService
from meetcore.transcript.reattribution import reattributed
from tests.asr.fakes import ScriptedRecognizer
from tests.jobs.test_finishing import ended, wav
from tests.support.service_fixtures import Open
from tests.support.stand_ins import (
    ClockDiarizer,
    RefusingStore,
    SlowRecognizer,
    StandIn,
    texts,
    until,
)


def job_of(service: MeetingService, meeting_id: str) -> Job:
    job = service.store.jobs.get(meeting_id)
    assert job is not None
    return job


def uploaded(
    service: MeetingService, name: str = "talk.wav", seconds: float = 8.0, **options: Any
) -> str:
    path = service.uploads_dir / "incoming"
    path.write_bytes(wav(seconds))
    return service.import_file(path, name, JobOptions(**options))


def over(service: MeetingService, meeting_id: str) -> Job:
    ends = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
    until(lambda: job_of(service, meeting_id).state in ends, 20)
    until(lambda: service.store.get(meeting_id).state is not MeetingState.FINALIZING)
    return job_of(service, meeting_id)


def test_upload_is_moved_in_named_safely_and_gone_once_it_is_a_recording(
    service: MeetingService, tmp_path: Path
) -> None:
    meeting_id = uploaded(service, "../../etc/\u202eBoard\x00 meeting.wav")
    done = ended(service, meeting_id)
    assert (done.title, done.source_name) == ("Board meeting", "Board meeting.wav")
    assert (done.state, done.mode, done.duration) == (MeetingState.DONE, Mode.FULL, 8.0)
    assert done.audio_path == f"{meeting_id}/audio.flac"
    folder = tmp_path / "data" / "recordings" / meeting_id
    assert {path.name for path in folder.iterdir()} <= {"audio.flac", "job.lock"}
    assert not list(service.uploads_dir.iterdir())
    job = job_of(service, meeting_id)
    assert (job.state, job.overall, job.remaining_s) == (JobState.DONE, 1.0, None)


def test_words_are_final_before_speakers_are_looked_for_and_turns_are_kept(
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


def test_speakers_alone_are_found_again_and_corrected_words_stay(
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


def test_attribution_alone_uses_the_turns_that_are_stored(
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
def test_how_many_speakers_reaches_the_diarizer(
    service: MeetingService, identifier: StandIn, options: dict[str, int]
) -> None:
    ended(service, uploaded(service, **options))
    wanted = identifier.diarizer.wanted
    assert {name: getattr(wanted, name) for name in options} == options


def test_without_speakers_nobody_is_looked_for(
    service: MeetingService, identifier: StandIn
) -> None:
    identifier.diarizer = ClockDiarizer(RuntimeError("must not be asked"))
    meeting_id = uploaded(service, speakers=False)
    done = ended(service, meeting_id)
    assert (done.state, done.detail) == (MeetingState.DONE, "")
    assert {each.speaker for each in service.store.transcript(meeting_id).segments} == {None}


class HappensOnce(ScriptedRecognizer):
    """Hears pieces of a long recording; at one of them something happens, once."""

    def __init__(self, at: int, then: Any) -> None:
        super().__init__()
        self.calls_left = at
        self.then = then
        self.heard_samples = 0

    def recognize(self, samples: Any, options: Any) -> Any:
        self.calls_left -= 1
        if self.calls_left == 0:
            self.then()
        self.heard_samples += samples.shape[0]
        return super().recognize(samples, options)


def test_job_goes_on_at_its_checkpoint_after_the_worker_died(
    service: MeetingService, identifier: StandIn
) -> None:
    def die() -> None:
        raise WorkerDiedError("The worker process was ended by SIGKILL.")

    identifier.recognizer = dying = HappensOnce(3, die)
    meeting_id = uploaded(service, seconds=120.0)
    done = ended(service, meeting_id)
    assert done.state is MeetingState.DONE
    assert texts(service.store.transcript(meeting_id).segments) == [f"w{n}" for n in range(1, 241)]
    assert job_of(service, meeting_id).attempts == 2
    # Nothing was heard twice: what the dead worker had told is kept.
    assert dying.heard_samples <= 121 * SAMPLE_RATE


def test_job_whose_worker_dies_twice_has_failed_and_says_so(
    service: MeetingService, identifier: StandIn
) -> None:
    class Deadly(ScriptedRecognizer):
        def recognize(self, samples: Any, options: Any) -> Any:
            raise WorkerDiedError("The worker process was ended by SIGKILL.")

    identifier.recognizer = Deadly()
    meeting_id = uploaded(service)
    failed = ended(service, meeting_id)
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("The worker process was ended by SIGKILL.")
    job = job_of(service, meeting_id)
    assert (job.attempts, job.stage) == (2, JobStage.RECOGNIZING)
    identifier.recognizer = ScriptedRecognizer()
    service.retry(meeting_id)
    until(lambda: job_of(service, meeting_id).state is JobState.DONE)


def test_restarted_service_resumes_a_job_at_its_checkpoint(
    open_service: Open, store: RefusingStore, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    first = open_service()
    meeting_id = uploaded(first, seconds=120.0)
    assert slow.asked.wait(10)
    slow.leave.set()
    until(lambda: job_of(first, meeting_id).checkpoint_samples > 0)
    slow.leave.clear()
    first.shutdown(0.2)
    slow.leave.set()
    until(lambda: not first._runner._thread.is_alive())
    left = job_of(first, meeting_id)
    assert (left.state, left.attempts) == (JobState.QUEUED, 0) or left.state is JobState.DONE
    later = open_service()
    later.recover()
    until(lambda: job_of(later, meeting_id).state is JobState.DONE)
    assert texts(store.transcript(meeting_id).segments) == [f"w{n}" for n in range(1, 241)]


def test_cancelled_job_keeps_what_was_done_and_goes_on_when_asked(
    service: MeetingService, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = uploaded(service)
    waiting = uploaded(service, "next.wav")
    assert slow.asked.wait(10)
    service.cancel(waiting)
    assert job_of(service, waiting).state is JobState.CANCELLED
    service.cancel(meeting_id)
    slow.leave.set()
    assert over(service, meeting_id).state is JobState.CANCELLED
    for each in (meeting_id, waiting):
        assert service.store.get(each).state is MeetingState.INTERRUPTED
        service.finalize(each)
        assert ended(service, each).state is MeetingState.DONE
        assert len(service.store.transcript(each).words) == 16


def test_deleted_meeting_is_hidden_at_once_and_can_be_taken_back(
    service: MeetingService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "UNDO_S", 0.5)
    kept, gone = uploaded(service), uploaded(service, "gone.wav")
    for each in (kept, gone):
        ended(service, each)
        service.delete(each)
    assert service.store.list_meetings() == []
    service.restore(kept)
    folder = tmp_path / "data" / "recordings"
    until(lambda: not (folder / gone).exists())
    with pytest.raises(MeetingNotFoundError):
        service.restore(gone)
    time.sleep(0.2)
    assert [meeting.id for meeting in service.store.list_meetings()] == [kept]
    assert (folder / kept / "audio.flac").exists()


def test_meeting_deleted_in_mid_job_is_gone_and_the_next_job_runs(
    service: MeetingService, identifier: StandIn, tmp_path: Path
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    meeting_id = uploaded(service)
    assert slow.asked.wait(10)
    service.delete(meeting_id)
    slow.leave.set()
    until(lambda: not (tmp_path / "data" / "recordings" / meeting_id).exists())
    assert ended(service, uploaded(service)).state is MeetingState.DONE


def test_deletion_outlives_a_restart(
    open_service: Open, store: RefusingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trash, "UNDO_S", 60.0)
    service = open_service()
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    service.delete(meeting_id)
    service.shutdown(5)
    assert (tmp_path / "data" / "recordings" / meeting_id).exists()
    open_service().recover()
    until(lambda: not (tmp_path / "data" / "recordings" / meeting_id).exists())
    with pytest.raises(MeetingNotFoundError):
        store.get(meeting_id)


def test_two_services_on_one_folder_never_do_the_same_job_twice(
    open_service: Open, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    server, shell = open_service(), open_service()
    meeting_id = uploaded(server)
    assert slow.asked.wait(10)
    shell.finalize(meeting_id)
    time.sleep(0.2)
    calls = len(slow.calls) if hasattr(slow, "calls") else None
    slow.leave.set()
    shell.run_job(meeting_id)
    assert job_of(shell, meeting_id).state is JobState.DONE
    assert len(shell.store.transcript(meeting_id).words) == 16
    assert calls is None or calls <= 1


def test_upload_that_cannot_be_kept_leaves_the_file_and_no_meeting(
    service: MeetingService, store: RefusingStore
) -> None:
    store.refused = {"create_meeting"}
    path = service.uploads_dir / "incoming"
    path.write_bytes(wav())
    with pytest.raises(StoreError):
        service.import_file(path, "talk.wav")
    store.refused = set()
    assert path.exists() and service.store.list_meetings() == []


def test_stage_that_needs_what_is_gone_is_refused_with_a_sentence(
    service: MeetingService, tmp_path: Path
) -> None:
    meeting_id = service.add_recording("Garbage", b"garbage" * 100)
    ended(service, meeting_id)
    (tmp_path / "data" / "recordings" / meeting_id / "upload").unlink()
    with pytest.raises(MeetingStateError, match="Upload it again"):
        service.retry(meeting_id)


def test_enrolled_voice_names_a_speaker_nobody_named(
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


def test_time_left_is_unknown_then_measured_and_shrinks(tmp_path: Path) -> None:
    stages = (JobStage.RECOGNIZING, JobStage.DIARIZING)
    estimate = Estimate(stages, {}, audio_s=100.0)
    assert estimate.remaining(JobStage.RECOGNIZING, 0.0, 0.0, 0.0, 0.0) is None
    half = estimate.remaining(JobStage.RECOGNIZING, 0.5, 0.0, 4.0, 4.0)
    # 4 s more of words, and speakers at the usual ratio: 8 s * 0.06 / 0.08.
    assert half == pytest.approx(4.0 + 6.0)
    later = estimate.remaining(JobStage.RECOGNIZING, 0.75, 0.0, 6.0, 6.0)
    assert later == pytest.approx(8.0)
    speeds = Speeds(tmp_path / "speeds.json")
    speeds.learn(JobStage.DIARIZING, "", 20.0, 100.0)
    known = {JobStage.DIARIZING: speeds.of(JobStage.DIARIZING) or 0.0}
    assert known == {JobStage.DIARIZING: 0.2}
    resumed = Estimate(stages, known, audio_s=100.0)
    assert resumed.remaining(JobStage.DIARIZING, 0.0, 0.0, 0.0, 0.0) == pytest.approx(20.0)
