"""One file through all stages in memory: its transcript, no sound, no speakers, a stop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.jobs.tasks import TaskObserver, TaskStopped
from meetcore.jobs.transcribe_file import transcribe_file
from meetcore.records import JobOptions, JobStage
from tests.jobs.helpers import wav
from tests.jobs.test_decoding import RecordingObserver
from tests.support.shared_models import SharedModels
from tests.support.stand_ins import StandIn, texts


class Stages:
    """Notes which stages were observed."""

    def __init__(self) -> None:
        self.seen: list[JobStage] = []
        self.observer = RecordingObserver()

    @contextmanager
    def during(self, stage: JobStage) -> Iterator[TaskObserver]:
        self.seen.append(stage)
        yield self.observer


@pytest.fixture
def executor(identifier: StandIn) -> InProcessExecutor:
    return InProcessExecutor(SharedModels(lambda timeout_s: identifier))  # type: ignore[arg-type, return-value]


def source(tmp_path: Path, seconds: float) -> Path:
    path = tmp_path / "talk.wav"
    path.write_bytes(wav(seconds))
    return path


def test_transcript_has_words_and_speakers(tmp_path: Path, executor: InProcessExecutor) -> None:
    stages = Stages()
    found = transcribe_file(source(tmp_path, 8.0), JobOptions(), executor, stages.during)
    assert stages.seen == list(JobStage)
    assert texts(found.segments) == [f"w{n}" for n in range(1, 17)]
    assert {each.speaker for each in found.segments} == {"S1", "S2"}
    assert {turn.speaker for turn in found.turns} == {"S1", "S2"}
    assert found.audio_s == 8.0 and found.recognized.recognizer
    assert (tmp_path / "talk.wav").exists()


def test_what_was_found_in_the_file_is_kept(tmp_path: Path, executor: InProcessExecutor) -> None:
    path = source(tmp_path, 8.0)
    path.write_bytes(path.read_bytes()[:128_044])
    found = transcribe_file(path, JobOptions(speakers=False), executor, Stages().during)
    assert found.decoded.detail.startswith("The file breaks off after 4 of 8 s;")


def test_without_speakers_no_diarization_is_run(
    tmp_path: Path, executor: InProcessExecutor
) -> None:
    stages = Stages()
    options = JobOptions(speakers=False)
    found = transcribe_file(source(tmp_path, 4.0), options, executor, stages.during)
    assert JobStage.DIARIZING not in stages.seen
    assert {each.speaker for each in found.segments} == {None}
    assert found.turns == ()


def test_file_without_sound_is_an_empty_transcript(
    tmp_path: Path, executor: InProcessExecutor, identifier: StandIn
) -> None:
    identifier.recognizer = None
    stages = Stages()
    found = transcribe_file(source(tmp_path, 0.0), JobOptions(), executor, stages.during)
    assert (found.audio_s, found.segments, found.turns) == (0.0, (), ())
    assert stages.seen == [JobStage.DECODING]


def test_observer_can_stop_the_pass(tmp_path: Path, executor: InProcessExecutor) -> None:
    class Stopping(RecordingObserver):
        def piece(self, words: Any) -> None:
            raise TaskStopped

    stages = Stages()
    stages.observer = Stopping()
    with pytest.raises(TaskStopped):
        transcribe_file(source(tmp_path, 4.0), JobOptions(), executor, stages.during)
    assert stages.seen == [JobStage.DECODING, JobStage.RECOGNIZING]
