"""Uploads: moved in, decoded by a job, refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meetcore.audio.recording import RecordingReader
from meetcore.errors import (
    MeetingStateError,
    StoreError,
)
from meetcore.records import (
    JobStage,
    JobState,
    MeetingState,
    Mode,
    Stage,
)
from meetcore.service.meeting_service import MeetingService
from tests.jobs.helpers import ended, job_of, uploaded, wav
from tests.support.stand_ins import (
    RefusingStore,
    talk,
    texts,
)


def test_upload_gets_a_safe_name_and_is_deleted_once_decoded(
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


def test_upload_refused_by_the_store_leaves_the_file_and_no_meeting(
    service: MeetingService, store: RefusingStore
) -> None:
    store.refused = {"create_meeting"}
    path = service.uploads_dir / "incoming"
    path.write_bytes(wav())
    with pytest.raises(StoreError):
        service.import_file(path, "talk.wav")
    store.refused = set()
    assert path.exists() and service.store.list_meetings() == []


def test_file_in_memory_becomes_a_meeting(service: MeetingService, tmp_path: Path) -> None:
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


def test_file_without_sound_is_done_or_refused(service: MeetingService) -> None:
    done = ended(service, service.add_recording("Empty", wav(0.0)))
    if done.state is MeetingState.DONE:
        assert done.detail == "There is no sound in this file."
    else:
        assert done.detail.startswith("Empty is not a media file")


def test_silence_is_done_without_words(service: MeetingService) -> None:
    silent = wav(4.0)[:44] + bytes(len(wav(4.0)) - 44)
    done = ended(service, service.add_recording("Silent", silent))
    assert (done.state, done.detail) == (MeetingState.DONE, "No speech was found in it.")


def test_unexpected_decoding_error_is_a_sentence(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("meetcore.jobs.decode_stage.iter_audio", broken)
    failed = ended(service, service.add_recording("Odd", wav()))
    assert failed.state is MeetingState.FAILED
    assert failed.detail.startswith("Odd cannot be decoded (ZeroDivisionError; the log has more).")


def test_retry_without_upload_or_recording_is_refused(
    service: MeetingService, tmp_path: Path
) -> None:
    meeting_id = service.add_recording("Garbage", b"garbage" * 100)
    ended(service, meeting_id)
    (tmp_path / "data" / "recordings" / meeting_id / "upload").unlink()
    with pytest.raises(MeetingStateError, match="Upload it again"):
        service.retry(meeting_id)
