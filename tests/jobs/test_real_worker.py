"""The worker process with real weights: killed, cancelled, restarted, and fed with bad files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingReader
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.models.identifier import create_speaker_identifier
from meetcore.models.rungs import loaders_for
from meetcore.records import (
    SAMPLE_RATE,
    Job,
    JobOptions,
    JobStage,
    JobState,
    MeetingState,
    Mode,
    Samples,
    Stage,
)
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver
from tests.audio.test_media_files import tone, write_wav
from tests.conftest import SamplePaths
from tests.jobs.bad_files import bad_files
from tests.jobs.helpers import job_of
from tests.support.stand_ins import until

pytestmark = pytest.mark.model

OVER = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@pytest.fixture(autouse=True)
def quick() -> None:
    """The folder's sped-up retries and stand-in VAD are not used here."""


@pytest.fixture(scope="module")
def settings(resolver: WeightResolver, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=tmp_path_factory.mktemp("worker"),
        cache_dir=resolver.cache_dir,
        recognizer="tiny.en",
        longest_hours=0.5,
    )


@pytest.fixture(scope="module")
def service(resolver: WeightResolver, settings: Settings) -> Iterator[MeetingService]:
    store = open_store(settings.database)
    service = MeetingService(
        settings,
        store,
        lambda: create_speaker_identifier(settings, loaders_for(settings, resolver)),
    )
    yield service
    service.shutdown(20)
    store.close()


def import_copy(
    service: MeetingService, path: Path, name: str = "", options: JobOptions | None = None
) -> str:
    copy = service.uploads_dir / "incoming"
    copy.write_bytes(path.read_bytes())
    return service.import_file(copy, name or path.name, options or JobOptions())


def over(service: MeetingService, meeting_id: str) -> Job:
    until(lambda: job_of(service, meeting_id).state in OVER, 120)
    until(lambda: service.store.get(meeting_id).state is not MeetingState.FINALIZING)
    return job_of(service, meeting_id)


def worker_pid(service: MeetingService) -> int:
    executor = service._runner._executor
    assert isinstance(executor, ProcessExecutor)
    until(lambda: executor.pid is not None, 20)
    assert executor.pid is not None
    return executor.pid


def long_talk(sample: Samples, path: Path, times: int = 6) -> Path:
    return write_wav(path, np.tile(to_pcm(sample), times))


def test_bad_files_fail_with_a_sentence_each_and_the_next_upload_is_done(
    service: MeetingService, sample_paths: SamplePaths, tmp_path: Path
) -> None:
    files = bad_files(tmp_path / "bad")
    ids = {name: import_copy(service, path) for name, (path, _) in files.items()}
    strange = import_copy(service, sample_paths.wav, "../../etc/talk.mp3")
    for name, meeting_id in ids.items():
        job = over(service, meeting_id)
        assert job.state is JobState.FAILED, name
        assert job.stage is JobStage.DECODING
        assert name in job.detail and files[name][1] in job.detail, job.detail
        assert service.store.get(meeting_id).state is MeetingState.FAILED
    assert over(service, strange).state is JobState.DONE
    done = service.store.get(strange)
    assert (done.title, done.source_name, done.mode) == ("talk", "talk.mp3", Mode.FULL)
    assert done.detail == ""
    assert len(service.store.transcript(strange).words) > 50
    assert {turn.speaker for turn in service.store.turns(strange)} == {"S1", "S2"}


def test_unusual_but_valid_files_are_done(service: MeetingService, tmp_path: Path) -> None:
    silent = write_wav(tmp_path / "silent.wav", np.zeros(5 * SAMPLE_RATE, np.int16))
    fast = write_wav(tmp_path / "fast.wav", tone(2.0, 768_000), 768_000)
    none = write_wav(tmp_path / "none.wav", np.zeros(0, np.int16))
    eight = tmp_path / "eight.wav"
    with av.open(str(eight), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=SAMPLE_RATE)
        stream.codec_context.layout = "7.1"
        many = np.repeat(tone(2.0), 8)[None]
        frame = av.AudioFrame.from_ndarray(many, format="s16", layout="7.1")
        frame.sample_rate = SAMPLE_RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    ids = [import_copy(service, path) for path in (silent, fast, none, eight)]
    jobs = [over(service, each) for each in ids]
    assert [job.state for job in jobs] == [JobState.DONE] * 4
    assert jobs[0].detail == "No speech was found in it."
    assert jobs[2].detail == "There is no sound in this file."
    lengths = [service.store.get(each).duration for each in ids]
    assert lengths == pytest.approx([5.0, 2.0, 0.0, 2.0], abs=0.05)


def test_enrolled_voice_is_recognized_in_the_next_upload_and_live(
    service: MeetingService, sample_paths: SamplePaths, sample_audio: Samples
) -> None:
    service.load_models()
    first = import_copy(service, sample_paths.wav)
    assert over(service, first).state is JobState.DONE
    spoken: dict[str, float] = {}
    for turn in service.store.turns(first):
        spoken[turn.speaker] = spoken.get(turn.speaker, 0.0) + turn.end - turn.start
    profile = service.enroll(first, max(spoken, key=lambda label: spoken[label]), "Sheila")
    assert profile.duration > 3.0 and profile.clips
    second = import_copy(service, sample_paths.wav)
    assert over(service, second).state is JobState.DONE
    (known,) = [each for each in service.store.speakers(second) if each.name]
    assert (known.name, known.profile_id) == ("Sheila", profile.id)
    assert (known.similarity or 0.0) > 0.6

    live = service.live(service.start("Live"))
    assert live is not None
    live.offer(to_pcm(sample_audio), "tab")
    until(lambda: live.snapshot().elapsed == 30.0 and live.snapshot().health.backlog < 0.1, 60)
    names = {each.name: each for each in live.snapshot().speakers}
    assert names["Sheila"].profile_id == profile.id
    live.stop()
    assert live.join(30)
    service.cancel(live.meeting_id)
    service.forget_voice(profile.id)
    assert service.store.profiles.list() == []
    (left,) = [each for each in service.store.speakers(second) if each.name]
    assert (left.name, left.similarity, left.profile_id) == ("Sheila", None, None)


def test_killed_worker_costs_live_meetings_no_word_and_its_job_resumes(
    service: MeetingService, sample_audio: Samples, tmp_path: Path
) -> None:
    """The worker gets SIGKILL during a job while a live meeting runs."""
    service.load_models()
    talk = long_talk(sample_audio, tmp_path / "long.wav", 4)
    job_id = import_copy(service, talk, options=JobOptions(speakers=False))
    meeting_id = service.start("Live beside it")
    live = service.live(meeting_id)
    assert live is not None
    pcm = to_pcm(sample_audio)
    half = pcm.size // 2
    live.offer(pcm[:half], "tab")
    until(lambda: job_of(service, job_id).checkpoint_samples > 0, 60)
    before = sum(len(segment.words) for segment in live.snapshot().segments)
    pid = worker_pid(service)
    os.kill(pid, signal.SIGKILL)
    live.offer(pcm[half:], "tab")
    until(lambda: live.snapshot().elapsed == 30.0 and live.snapshot().health.backlog < 0.1, 60)
    snapshot = live.snapshot()
    assert snapshot.health.chunk_errors == 0
    assert sum(len(segment.words) for segment in snapshot.segments) > before
    assert RecordingReader(service._settings.recordings_dir / meeting_id).n_samples == pcm.size
    job = over(service, job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 1), job.detail
    words = service.store.transcript(job_id).words
    assert len({(word.text, word.start) for word in words}) == len(words), "a word came twice"
    assert words[-1].end > 110.0 and len(words) > 200
    assert worker_pid(service) != pid
    live.stop()
    assert live.join(30)
    service.cancel(meeting_id)


def test_cancelled_job_ends_within_seconds_and_can_be_resumed(
    service: MeetingService, sample_audio: Samples, tmp_path: Path
) -> None:
    talk = long_talk(sample_audio, tmp_path / "long.wav", 8)
    meeting_id = import_copy(service, talk, options=JobOptions(speakers=False))
    until(lambda: job_of(service, meeting_id).checkpoint_samples > 0, 60)
    service.cancel(meeting_id)
    began = time.monotonic()
    until(lambda: job_of(service, meeting_id).state is JobState.CANCELLED, 10)
    assert time.monotonic() - began < 5.0
    checkpoint = job_of(service, meeting_id).checkpoint_samples
    assert 0 < checkpoint < 240 * SAMPLE_RATE
    draft = service.store.transcript(meeting_id)
    assert draft.stage is Stage.DRAFT and draft.words
    service.finalize(meeting_id)
    assert over(service, meeting_id).state is JobState.DONE
    assert service.store.transcript(meeting_id).words[: len(draft.words)] == draft.words


SERVER = """
import sys, time
from meetcore.records import JobOptions
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import load_settings
from meetcore.store.meetings import open_store
from pathlib import Path

settings = load_settings()
store = open_store(settings.database)
service = MeetingService(settings, store)
meeting_id = service.import_file(Path(sys.argv[1]), "long.wav", JobOptions(speakers=False))
while True:
    executor = service._runner._executor
    print(meeting_id, store.jobs.get(meeting_id).checkpoint_samples, executor.pid, flush=True)
    time.sleep(0.05)
"""


def test_worker_ends_with_a_killed_server_and_the_next_server_resumes(
    settings: Settings, sample_audio: Samples, tmp_path: Path
) -> None:
    talk = long_talk(sample_audio, tmp_path / "long.wav", 4)
    environment = {
        **os.environ,
        "MEETCORE_DATA_DIR": str(tmp_path / "data"),
        "MEETCORE_CACHE_DIR": str(settings.cache_dir),
        "MEETCORE_RECOGNIZER": "tiny.en",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(talk)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert server.stdout is not None
    meeting_id, pid, checkpoint = "", 0, 0
    for line in server.stdout:
        meeting_id, checkpoint, pid = (part for part in line.split())  # type: ignore[assignment]
        if int(checkpoint) > 0:
            break
    os.kill(server.pid, signal.SIGKILL)
    server.wait(10)
    until(lambda: not Path(f"/proc/{pid}").exists(), 5)

    after = settings.model_copy(update={"data_dir": tmp_path / "data"})
    store = open_store(after.database)
    service = MeetingService(after, store)
    try:
        assert service.recover() == []
        job = over(service, meeting_id)
        assert (job.state, job.attempts) == (JobState.DONE, 1)
        words = store.transcript(meeting_id).words
        assert len({(word.text, word.start) for word in words}) == len(words)
        assert len(words) > 200 and words[-1].end > 110.0
    finally:
        service.shutdown(20)
        store.close()
