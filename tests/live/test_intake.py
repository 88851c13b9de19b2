"""Every sample that was offered is on the disk, whatever fails meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from meetcore.audio import pcm_file, recording
from meetcore.audio.frames import FrameConverter
from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.live.intake import IN_FLIGHT_S, Intake
from meetcore.models.error_counter import ErrorCounter
from meetcore.records import SAMPLE_RATE
from tests.support.stand_ins import until

CHUNK = 320


def numbered(index: int) -> Pcm:
    """Chunk number `index`, unlike any other."""
    return (np.arange(CHUNK) + index * 7).astype(np.int16)


def numbers(count: int) -> Pcm:
    return np.concatenate([numbered(index) for index in range(count)])


def browser_frames(seconds: float, rate: int = 48_000) -> list[av.AudioFrame]:
    """A 440 Hz tone as a browser sends it: stereo, 20 ms."""
    times = np.arange(round(seconds * rate)) / rate
    tone = (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
    frames = []
    for start in range(0, tone.size, rate // 50):
        piece = np.repeat(tone[start : start + rate // 50], 2)[None]
        frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="stereo")
        frame.sample_rate = rate
        frames.append(frame)
    return frames


def converted(frames: list[av.AudioFrame]) -> Pcm:
    converter = FrameConverter()
    return np.concatenate([*(converter.convert(frame) for frame in frames), converter.flush()])


@pytest.fixture
def clock() -> list[float]:
    return [100.0]


@pytest.fixture
def errors() -> ErrorCounter:
    return ErrorCounter()


@pytest.fixture
def intake(tmp_path: Path, errors: ErrorCounter) -> Iterator[Intake]:
    def open_writer() -> RecordingWriter:
        return RecordingWriter(tmp_path, fsync_s=0.1)

    made = Intake("m", open_writer, lambda: None, errors)
    made.start()
    yield made
    made.stop()


def on_disk(folder: Path) -> Pcm:
    return RecordingReader(folder).read_pcm()


def test_everything_offered_before_stop_is_written(intake: Intake, tmp_path: Path) -> None:
    for index in range(500):
        intake.offer(numbered(index), "tab")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(500))
    assert intake.view().frames_offered == 500
    assert intake.view().n_samples == 500 * CHUNK


def test_resampler_is_emptied_at_stop(intake: Intake, tmp_path: Path) -> None:
    frames = browser_frames(1.0)
    for frame in frames:
        intake.offer(frame, "tab")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), converted(frames))
    assert on_disk(tmp_path).size == SAMPLE_RATE


def test_switching_tabs_empties_the_old_resampler_first(intake: Intake, tmp_path: Path) -> None:
    old, new = browser_frames(0.5), browser_frames(0.3, rate=44_100)
    for frame in old:
        intake.offer(frame, "old")
    intake.attach("new")
    intake.offer(old[0], "old")
    for frame in new:
        intake.offer(frame, "new")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), np.concatenate([converted(old), converted(new)]))


def test_second_source_counts_only_once_attached(intake: Intake, tmp_path: Path) -> None:
    intake.offer(numbered(0), "first")
    intake.offer(numbered(99), "second")
    assert (intake.view().source, intake.view().frames_offered) == ("first", 1)
    intake.attach("second")
    intake.offer(numbered(98), "first")
    intake.offer(numbered(1), "second")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(2))


def test_audio_during_a_pause_is_discarded_and_what_was_queued_before_is_not(
    intake: Intake, tmp_path: Path
) -> None:
    intake.offer(numbered(0), "tab")
    intake.pause()
    intake.offer(numbered(50), "tab")
    intake.resume()
    intake.offer(numbered(1), "tab")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(2))
    assert intake.view().frames_offered == 3


def test_nothing_is_taken_after_stop(intake: Intake, tmp_path: Path) -> None:
    intake.offer(numbered(0), "tab")
    intake.stop()
    intake.offer(numbered(1), "tab")
    intake.stop()
    assert on_disk(tmp_path).size == CHUNK


def test_broken_frame_costs_itself_only(
    intake: Intake, errors: ErrorCounter, tmp_path: Path
) -> None:
    intake.offer(numbered(0), "tab")
    intake.offer("no frame at all", "tab")  # type: ignore[arg-type]
    intake.offer(numbered(1), "tab")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(2))
    assert errors.summary().chunk_errors == 1


def test_since_last_frame_counts_from_the_start_then_from_the_source(
    tmp_path: Path, clock: list[float]
) -> None:
    writer = RecordingWriter(tmp_path, fsync_s=1)
    intake = Intake("m", lambda: writer, lambda: None, ErrorCounter(), lambda: clock[0])
    intake.start()
    clock[0] += 5
    assert intake.view().since_last_frame == 5
    intake.offer(numbered(0), "tab")
    assert intake.view().since_last_frame == 0
    clock[0] += 3
    intake.offer(numbered(0), "another tab")
    assert intake.view().since_last_frame == 3
    intake.attach("another tab")
    assert intake.view().since_last_frame == 0
    intake.stop()


def test_level_and_silence(intake: Intake) -> None:
    intake.offer(np.full(SAMPLE_RATE, 16_384, dtype=np.int16), "tab")
    until(lambda: intake.view().n_samples == SAMPLE_RATE)
    assert intake.view().level_db == pytest.approx(-6.02, abs=0.01)
    assert intake.view().silent_samples == 0
    intake.offer(np.zeros(SAMPLE_RATE, dtype=np.int16), "tab")
    until(lambda: intake.view().n_samples == 2 * SAMPLE_RATE)
    assert intake.view().silent_samples == SAMPLE_RATE


class Disk:
    """The real disk, which fails on request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self.fails_midway = False
        self.dead_files: set[int] = set()
        monkeypatch.setattr(recording, "write_raw", self.write)
        monkeypatch.setattr(recording, "cut_to", self.cut)

    def write(self, file: int, pcm: Pcm) -> None:
        if self.fails_midway:
            self.fails_midway = False
            self.dead_files.add(file)
            pcm_file.write_raw(file, pcm[: pcm.size // 3])
            raise OSError(5, "Input/output error")
        if self.full or file in self.dead_files:
            raise OSError(28, "No space left on device")
        pcm_file.write_raw(file, pcm)

    def cut(self, file: int, n_samples: int) -> None:
        if file in self.dead_files:
            raise OSError(5, "Input/output error")
        pcm_file.cut_to(file, n_samples)


@pytest.fixture
def failing_disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_full_disk_that_is_freed_loses_no_sample(
    intake: Intake, errors: ErrorCounter, tmp_path: Path, failing_disk: Disk
) -> None:
    intake.offer(numbered(0), "tab")
    until(lambda: intake.view().n_samples == CHUNK)
    failing_disk.full = True
    for index in range(1, 20):
        intake.offer(numbered(index), "tab")
    until(lambda: errors.summary().chunk_errors > 2)
    assert "No space left" in errors.summary().last_error
    failing_disk.full = False
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(20))


def test_disk_that_fails_in_the_middle_of_a_write_is_opened_again(
    intake: Intake, errors: ErrorCounter, tmp_path: Path, failing_disk: Disk
) -> None:
    """As after a USB disk was unplugged: the open file never works again."""
    intake.offer(numbered(0), "tab")
    until(lambda: intake.view().n_samples == CHUNK)
    failing_disk.fails_midway = True
    for index in range(1, 10):
        intake.offer(numbered(index), "tab")
    until(lambda: errors.summary().chunk_errors > 0)
    failing_disk.dead_files.clear()
    until(lambda: intake.view().n_samples == 10 * CHUNK)
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(10))


def test_stop_gives_up_a_disk_that_stays_broken(
    intake: Intake, errors: ErrorCounter, tmp_path: Path, failing_disk: Disk
) -> None:
    failing_disk.full = True
    for index in range(200):
        intake.offer(numbered(index), "tab")
    until(lambda: errors.summary().chunk_errors > 0)
    stopper = threading.Thread(target=intake.stop)
    stopper.start()
    stopper.join(5)
    assert not stopper.is_alive()


def test_frames_from_many_threads_are_all_there(intake: Intake, tmp_path: Path) -> None:
    def send(value: int) -> Callable[[], None]:
        def run() -> None:
            for _ in range(50):
                intake.offer(np.full(CHUNK, value, dtype=np.int16), "tab")

        return run

    threads = [threading.Thread(target=send(value)) for value in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    intake.stop()
    values, counts = np.unique(on_disk(tmp_path), return_counts=True)
    assert values.tolist() == [1, 2, 3, 4]
    assert set(counts.tolist()) == {50 * CHUNK}


def timed(tmp_path: Path, clock: list[float]) -> Intake:
    """An intake on a clock that only the test moves."""
    made = Intake(
        "m",
        lambda: RecordingWriter(tmp_path, fsync_s=1),
        lambda: None,
        ErrorCounter(),
        lambda: clock[0],
    )
    made.start()
    return made


def test_close_returns_at_once_and_ends_the_recording(intake: Intake, tmp_path: Path) -> None:
    intake.offer(numbered(0), "tab")
    intake.close()
    intake.offer(numbered(1), "tab")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(1))


@pytest.mark.parametrize("ends", [True, False], ids=["close", "pause"])
@pytest.mark.parametrize("muted", ["tab", "another tab", None])
def test_only_what_a_muted_tab_said_before_is_recorded_after_the_click(
    tmp_path: Path, clock: list[float], ends: bool, muted: str | None
) -> None:
    intake = timed(tmp_path, clock)
    intake.offer(numbered(0), "tab")
    (intake.close if ends else intake.pause)(muted)
    clock[0] += IN_FLIGHT_S - 0.01
    intake.offer(numbered(1), "tab")
    clock[0] += 0.02
    intake.offer(numbered(2), "tab")
    until(lambda: intake.is_still)
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(2 if muted == "tab" else 1))


def test_a_close_while_paused_records_nothing_more(tmp_path: Path, clock: list[float]) -> None:
    intake = timed(tmp_path, clock)
    intake.offer(numbered(0), "tab")
    intake.pause()
    intake.close("tab")
    intake.offer(numbered(1), "tab")
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), numbers(1))


@pytest.mark.parametrize("breaks", ["pause", "connection", "tab"])
def test_each_unbroken_stretch_has_a_converter_of_its_own(
    intake: Intake, tmp_path: Path, breaks: str
) -> None:
    """Or the time between two stretches would be taken for lost audio."""
    first, second = browser_frames(0.5), browser_frames(0.5)
    for frame in first:
        intake.offer(frame, "tab", 1)
    if breaks == "pause":
        intake.pause()
        intake.resume()
    if breaks == "tab":
        intake.attach("other")
    for frame in second:
        intake.offer(
            frame, "other" if breaks == "tab" else "tab", 2 if breaks == "connection" else 1
        )
    intake.stop()
    assert np.array_equal(on_disk(tmp_path), np.concatenate([converted(first), converted(second)]))
