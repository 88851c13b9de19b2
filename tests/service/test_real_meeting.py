"""The sample conversation through the whole service, with the real weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingReader
from meetcore.metrics.wer import normalise, word_errors
from meetcore.models.identifier import create_speaker_identifier
from meetcore.models.rungs import loaders_for
from meetcore.records import SAMPLE_RATE, MeetingState, Mode, Samples, Stage, Transcript
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver
from tests.conftest import SamplePaths
from tests.support.stand_ins import until

pytestmark = pytest.mark.model

CHUNK = SAMPLE_RATE // 10
FSYNC_S = 1.0


@pytest.fixture(autouse=True)
def quick() -> None:
    """No retry is sped up, and the real speech detector is used."""


@pytest.fixture(scope="module")
def service(
    resolver: WeightResolver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MeetingService]:
    settings = Settings(
        _env_file=None, data_dir=tmp_path_factory.mktemp("real"), recognizer="tiny.en"
    )
    store = open_store(settings.database)
    service = MeetingService(
        settings,
        store,
        lambda: create_speaker_identifier(settings, loaders_for(settings, resolver)),
    )
    assert service.load_models().mode is Mode.FULL
    yield service
    service.shutdown(20)
    store.close()


def reference(paths: SamplePaths) -> list[list[str]]:
    return [line.split(maxsplit=5) for line in paths.stm.read_text().splitlines() if line]


def wer(transcript: Transcript, paths: SamplePaths) -> float:
    said = " ".join(line[5] for line in reference(paths))
    return word_errors(said, "".join(word.text for word in transcript.words)).rate


def cpwer(transcript: Transcript, paths: SamplePaths) -> float:
    """By meeteval, on normalised words."""
    import meeteval

    said: dict[str, str] = {}
    heard: dict[str, str] = {}
    for line in reference(paths):
        said[line[2]] = f"{said.get(line[2], '')} {' '.join(normalise(line[5]))}"
    for segment in transcript.segments:
        label = segment.speaker or "none"
        heard[label] = f"{heard.get(label, '')} {' '.join(normalise(segment.text))}"
    rate = meeteval.wer.wer.cp.cp_word_error_rate(said, heard).error_rate
    assert rate is not None
    return float(rate)


def der(transcript: Transcript, paths: SamplePaths) -> float:
    """By pyannote.metrics, no collar, overlap scored; segments count as turns."""
    from pyannote.core import Annotation, Segment
    from pyannote.metrics.diarization import DiarizationErrorRate

    truth, found = Annotation(), Annotation()
    for index, line in enumerate(paths.rttm.read_text().splitlines()):
        fields = line.split()
        start = float(fields[3])
        truth[Segment(start, start + float(fields[4])), index] = fields[7]
    for index, segment in enumerate(transcript.segments):
        if segment.speaker is not None:
            found[Segment(segment.start, segment.end), index] = segment.speaker
    return float(DiarizationErrorRate()(truth, found))


def is_recognized(live: LiveMeeting, seconds: float) -> bool:
    """Whether so much is recorded, and all of it recognized."""
    snapshot = live.snapshot()
    return snapshot.elapsed == seconds and snapshot.health.backlog < 0.1


def test_sample_becomes_a_provisional_and_a_final_transcript(
    service: MeetingService, sample_audio: Samples, sample_paths: SamplePaths
) -> None:
    """The audio comes in bursts; a backlog of more than some seconds is left to the second pass."""
    meeting_id = service.start("Diane and Sheila")
    live = service.live(meeting_id)
    assert live is not None
    pcm = to_pcm(sample_audio)
    for start in range(0, pcm.size, CHUNK):
        live.offer(pcm[start : start + CHUNK], "tab")
        if (start + CHUNK) % (5 * SAMPLE_RATE) == 0:
            until(partial(is_recognized, live, (start + CHUNK) / SAMPLE_RATE), 120)
    snapshot = live.snapshot()
    assert [speaker.label for speaker in snapshot.speakers] == ["S1", "S2"]
    assert snapshot.health.chunk_errors == 0
    first = snapshot.segments[0].speaker
    assert first is not None
    live.rename(first, "Diane")
    live.stop()
    assert live.join(60)
    until(lambda: service.store.get(meeting_id).state is MeetingState.DONE, 120)

    provisional = service.store.transcript(meeting_id, Stage.PROVISIONAL)
    final = service.store.transcript(meeting_id)
    scores = {
        "provisional WER": wer(provisional, sample_paths),
        "WER": wer(final, sample_paths),
        "cpWER": cpwer(final, sample_paths),
        "DER": der(final, sample_paths),
    }

    assert service.store.get(meeting_id).detail == ""
    assert final.stage is Stage.FINAL
    assert {speaker.label for speaker in final.speakers} == {"S1", "S2"}
    assert final.name_of(final.segments[0].speaker) == "Diane"
    assert scores["WER"] <= 0.20, scores
    assert scores["cpWER"] <= 0.30, scores
    assert scores["DER"] <= 0.15, scores
    assert scores["provisional WER"] <= 0.30, scores
    words = provisional.words
    assert len({(word.text, word.start) for word in words}) == len(words), "a word came twice"
    folder = service._settings.recordings_dir / meeting_id
    assert RecordingReader(folder).n_samples == pcm.size


KILLED = """
import sys, time
import numpy as np
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.settings import load_settings
from meetcore.store.meetings import open_store

pcm = np.fromfile(sys.argv[1], dtype=np.int16)
settings = load_settings()
service = MeetingService(settings, open_store(settings.database))
service.load_models()
meeting_id = service.start("Killed")
live = service.live(meeting_id)
began = time.monotonic()
for index, start in enumerate(range(0, pcm.size, 1600)):
    time.sleep(max(0.0, began + index * 0.1 - time.monotonic()))
    live.offer(pcm[start : start + 1600], "tab")
    committed = sum(len(segment.words) for segment in live.snapshot().segments)
    print(meeting_id, start + 1600, committed, flush=True)
time.sleep(60)
"""


def test_killed_process_loses_no_audio_and_no_word_that_was_read(
    service: MeetingService,
    sample_audio: Samples,
    tmp_path: Path,
    resolver: WeightResolver,
) -> None:
    """A process that records the sample in real time is killed with SIGKILL after 22 s."""
    to_pcm(sample_audio).tofile(tmp_path / "sample.pcm")
    environment = {
        **os.environ,
        "MEETCORE_DATA_DIR": str(tmp_path / "data"),
        "MEETCORE_CACHE_DIR": str(resolver.cache_dir),
        "MEETCORE_RECOGNIZER": "tiny.en",
        "MEETCORE_FSYNC_S": str(FSYNC_S),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path / "sample.pcm")],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert child.stdout is not None
    meeting_id, offered, shown = "", 0, 0
    for line in child.stdout:
        meeting_id, *counts = line.split()
        offered, shown = map(int, counts)
        if offered >= 22 * SAMPLE_RATE:
            break
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(timeout=10) == -signal.SIGKILL

    settings = service._settings.model_copy(update={"data_dir": tmp_path / "data"})
    store = open_store(settings.database)
    after = MeetingService(
        settings,
        store,
        lambda: create_speaker_identifier(settings, loaders_for(settings, resolver)),
    )
    try:
        (found,) = after.recover()
        assert (found.id, found.state) == (meeting_id, MeetingState.INTERRUPTED)
        recorded = RecordingReader(settings.recordings_dir / meeting_id).n_samples
        assert recorded >= offered - FSYNC_S * SAMPLE_RATE
        assert found.duration == recorded / SAMPLE_RATE
        kept = store.transcript(meeting_id)
        assert kept.stage is Stage.PROVISIONAL
        assert len(kept.words) >= shown > 0, "a word that was shown is missing"
        # The sample has no long pause, so the last word is shortly before the end.
        assert kept.words[-1].end > offered / SAMPLE_RATE - 6.0
        after.load_models()
        after.finalize(meeting_id)
        until(lambda: store.get(meeting_id).state is MeetingState.DONE, 120)
        assert store.transcript(meeting_id).stage is Stage.FINAL
    finally:
        after.shutdown(20)
        store.close()
