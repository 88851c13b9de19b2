"""Meetings, jobs and recordings whose process is killed: nothing that was promised is lost."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.audio.compact import compact
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.records import SAMPLE_RATE, Job, JobOptions, JobStage, JobState, MeetingState, Stage
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from tests.kills import victims
from tests.kills.killing import KILLS, Figure, is_intact, killed_after, undisturbed
from tests.support.stand_ins import talk, texts, until

pytestmark = pytest.mark.long


def finish(service: MeetingService, meeting_id: str) -> None:
    """Run the second pass of an interrupted meeting, then stop the service."""
    service.finalize(meeting_id)
    until(lambda: service.store.get(meeting_id).state is MeetingState.DONE)
    service.shutdown(5.0)
    service.store.close()


def test_a_live_meeting_keeps_what_the_page_had(
    tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    audio = talk(300.0)
    spoken = [f"w{n}" for n in range(700)]
    recorded = committed = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        moment = moments.uniform(0.01, 0.8)
        (meeting_id, n_samples, n_words), code = killed_after(moment, victims.run_meeting, folder)
        assert code == -9
        assert is_intact(folder / "meetcore.db")
        service = victims.open_service(folder)
        (found,) = service.recover()
        assert (found.id, found.state) == (meeting_id, MeetingState.INTERRUPTED)
        kept = RecordingReader(service.recordings_dir / meeting_id)
        assert kept.n_samples >= n_samples
        assert np.array_equal(kept.read_pcm(0, kept.n_samples), audio[: kept.n_samples])
        words = texts(service.store.transcript(meeting_id, Stage.PROVISIONAL).segments)
        assert len(words) >= n_words and words == spoken[: len(words)]
        finish(service, meeting_id)
        recorded, committed = recorded + n_samples, committed + n_words
        shutil.rmtree(folder)
    seconds = recorded / SAMPLE_RATE
    figure(f"{KILLS} kills of a live meeting: {seconds:.0f} s and {committed} words kept")


def test_a_followed_meeting_goes_on_from_what_was_settled(
    tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    settled = kept = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        moment = moments.uniform(0.05, 1.5)
        (meeting_id, n_words), code = killed_after(moment, victims.run_followed_meeting, folder)
        assert code == -9
        assert is_intact(folder / "meetcore.db")
        service = victims.open_service(folder, rolling=True)
        service.recover()
        job = service.store.jobs.get(meeting_id)
        draft = service.store.transcript(meeting_id, Stage.DRAFT)
        assert len(draft.words) >= n_words, "a word that was shown as settled is gone"
        n_samples = RecordingReader(service.recordings_dir / meeting_id).n_samples
        finish(service, meeting_id)
        shutil.copytree(folder, tmp_path / "whole")
        assert final_words(folder, meeting_id) == uninterrupted(tmp_path / "whole", meeting_id)
        settled += n_words
        kept += job.checkpoint_samples if job else 0
        assert not job or job.checkpoint_samples <= n_samples
        shutil.rmtree(folder)
        shutil.rmtree(tmp_path / "whole")
    assert settled > 0
    seconds = kept / SAMPLE_RATE
    figure(f"{KILLS} kills of a followed meeting: {settled} settled words, {seconds:.0f} s kept")


def final_words(folder: Path, meeting_id: str) -> Any:
    store = open_store(Settings(_env_file=None, data_dir=folder).database)
    try:
        return store.transcript(meeting_id, Stage.FINAL).words
    finally:
        store.close()


def uninterrupted(folder: Path, meeting_id: str) -> Any:
    """The words of a second pass over the whole recording."""
    service = victims.open_service(folder)
    service.retry(meeting_id, JobStage.RECOGNIZING)
    until(lambda: service.store.get(meeting_id).state is MeetingState.DONE)
    service.shutdown(5.0)
    service.store.close()
    return final_words(folder, meeting_id)


def waiting_job(folder: Path) -> str:
    """A database with an uploaded file that waits to be decoded, and its meeting."""
    settings = Settings(_env_file=None, data_dir=folder)
    store = open_store(settings.database)
    made = store.create_meeting("Upload", state=MeetingState.FINALIZING, source_name="talk.wav")
    place = settings.recordings_dir / made.id
    writer = RecordingWriter(folder / "source", fsync_s=1)
    writer.append(talk(120.0))
    writer.close()
    place.mkdir(parents=True)
    source = place / "talk.flac"
    compact(folder / "source").rename(source)
    store.jobs.put(
        Job(
            made.id,
            JobState.QUEUED,
            JobStage.DECODING,
            options=JobOptions(),
            source_path=str(source),
        )
    )
    store.close()
    return made.id


def outcome(folder: Path, meeting_id: str) -> Any:
    """Everything that a job leaves behind, in a form to compare."""
    store = open_store(Settings(_env_file=None, data_dir=folder).database)
    try:
        meeting, job = store.get(meeting_id), store.jobs.get(meeting_id)
        assert job is not None
        transcript = store.transcript(meeting_id, Stage.FINAL)
        files = sorted(path.name for path in (folder / "recordings" / meeting_id).iterdir())
        state = (meeting.state, meeting.duration, meeting.mode, job.state, job.detail, files)
        return state, transcript, store.turns(meeting_id)
    finally:
        store.close()


def test_a_job_ends_as_it_would_have_without_the_kills(
    tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    first = tmp_path / "template"
    meeting_id = waiting_job(first)
    for folder in ("whole", *map(str, range(KILLS))):
        shutil.copytree(first, tmp_path / folder)
        relocate(tmp_path / folder, first)
    report, took = undisturbed(victims.run_jobs, tmp_path / "whole")
    assert report == "done"
    expected = outcome(tmp_path / "whole", meeting_id)
    assert expected[0][0] is MeetingState.DONE
    kills = 0
    for number in range(KILLS):
        folder = tmp_path / str(number)
        for _ in range(2):
            _, code = killed_after(moments.uniform(0, took), victims.run_jobs, folder)
            kills += code == -9
        report, _ = killed_after(60, victims.run_jobs, folder)
        assert report == "done"
        assert is_intact(folder / "meetcore.db")
        assert outcome(folder, meeting_id) == expected
        shutil.rmtree(folder)
    assert kills >= 20
    figure(f"{kills} kills of a job in {took:.1f} s: the same result each time")


def relocate(folder: Path, before: Path) -> None:
    """Let the stored paths of a copied data folder name the copy."""
    connection = sqlite3.connect(folder / "meetcore.db")
    connection.execute(
        "UPDATE jobs SET source_path = replace(source_path, ?, ?)", (str(before), str(folder))
    )
    connection.commit()
    connection.close()


def test_a_recording_survives_its_compaction(
    tmp_path: Path, moments: random.Random, figure: Figure
) -> None:
    audio = np.random.default_rng(1).integers(-3000, 3000, 300 * SAMPLE_RATE).astype(np.int16)
    template = tmp_path / "template"
    writer = RecordingWriter(template, fsync_s=10)
    writer.append(audio)
    writer.close()
    shutil.copytree(template, tmp_path / "whole")
    _, took = undisturbed(victims.compact_recording, tmp_path / "whole")
    kills = 0
    for number in range(KILLS + 6):
        folder = tmp_path / str(number)
        shutil.copytree(template, folder)
        _, code = killed_after(moments.uniform(0, took), victims.compact_recording, folder)
        kills += code == -9
        assert np.array_equal(RecordingReader(folder).read_pcm(0, audio.size + 1), audio)
        compact(folder)
        assert np.array_equal(RecordingReader(folder).read_pcm(0, audio.size + 1), audio)
        assert [path.suffix for path in folder.iterdir()] == [".flac"]
        shutil.rmtree(folder)
    assert kills >= 20
    figure(f"{kills} kills of a compaction of five minutes: every sample is there")
