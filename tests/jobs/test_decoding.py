"""Decoding a media file into a recording: progress, damaged and long files, a full disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from meetcore.audio.recording import RecordingReader
from meetcore.errors import AudioDecodeError, RecordingError
from meetcore.jobs.decode_stage import decode
from meetcore.jobs.tasks import DecodeTask
from meetcore.records import SAMPLE_RATE
from tests.audio.test_media_files import encode, tone, write_wav


class RecordingObserver:
    """A TaskObserver that keeps the progress."""

    def __init__(self) -> None:
        self.parts: list[float] = []

    def poll(self) -> None: ...
    def progress(self, part: float) -> None:
        self.parts.append(part)

    def piece(self, words: Any) -> None: ...


def task(tmp_path: Path, source: Path, longest_s: float = 60.0) -> DecodeTask:
    return DecodeTask(source, tmp_path / "recording", "talk.wav", longest_s)


def test_progress_reaches_one_and_an_old_recording_is_replaced(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "a.wav", tone(45.0))
    for _ in range(2):
        observer = RecordingObserver()
        done = decode(task(tmp_path, source), observer)
        assert (done.n_samples, done.file_name, done.detail) == (720_000, "audio.flac", "")
        assert observer.parts == sorted(observer.parts)
        assert observer.parts[-1] == 1.0 and len(set(observer.parts)) > 5
        assert RecordingReader(tmp_path / "recording").n_samples == 720_000


def test_file_that_breaks_off_is_decoded_as_far_as_possible(tmp_path: Path) -> None:
    whole = encode(tmp_path / "a.mkv", "aac", tone(20.0, 44_100), 44_100).read_bytes()
    half = tmp_path / "half.mkv"
    half.write_bytes(whole[: len(whole) // 2])
    done = decode(task(tmp_path, half), RecordingObserver())
    assert 9.0 < done.n_samples / SAMPLE_RATE < 11.0
    assert done.detail.startswith("The file breaks off after 10 of 20 s;")


def test_longer_than_allowed_is_refused_and_leaves_no_audio(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "a.wav", tone(12.0))
    with pytest.raises(AudioDecodeError, match=r"talk\.wav is longer than"):
        decode(task(tmp_path, source, longest_s=10.0), RecordingObserver())
    assert not list((tmp_path / "recording").glob("audio.*"))


def test_full_disk_ends_decoding_and_leaves_no_audio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    source = write_wav(tmp_path / "a.wav", tone(12.0))
    with pytest.raises(RecordingError, match=r"too little free space .*talk\.wav.*1 MB left"):
        decode(task(tmp_path, source), RecordingObserver())
    assert not list((tmp_path / "recording").glob("audio.*"))
