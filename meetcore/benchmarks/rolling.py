"""`python -m meetcore bench rolling`: the second pass behind a recording that grows.

A recording is written as a running meeting writes it, at 1x or as fast as the second pass follows.
The live recognizer does not run: what is measured is the second pass, and the job after Stop.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import psutil

from meetcore.audio.media_files import iter_audio
from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.benchmarks.offline.looped_recording import ReferencedFile, looped
from meetcore.benchmarks.processor import processor
from meetcore.benchmarks.tables import markdown_table
from meetcore.errors import InferenceError
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.rolling_meeting import FollowedMeeting
from meetcore.jobs.rolling_pass import RollingPass
from meetcore.jobs.runner import JobRunner
from meetcore.metrics.reference import Reference
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import SAMPLE_RATE, Job, JobOptions, JobStage, JobState, Stage, Word
from meetcore.settings import Settings, load_settings
from meetcore.store.meetings import MeetingStore, open_store

AHEAD_SAMPLES = 20 * SAMPLE_RATE
"""How far the recording runs ahead of the second pass where it is not written at 1x."""
CHUNK_SAMPLES = SAMPLE_RATE // 4
CATCH_UP_S = 12.0
"""How long the meeting is silent before Stop, so that the pass is as far as at 1x."""
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one length."""

    minutes: float
    settle_p50: float | None
    """Seconds from the end of a word to its settling; None unless written at 1x."""
    settle_p90: float | None
    settled_share: float
    """Part of the words that were settled at Stop."""
    cpu_per_s: float
    """CPU seconds of the worker per second of audio, until Stop."""
    to_transcript_s: float
    """From Stop to the final transcript, with speakers where they are wanted."""
    to_done_s: float
    """From Stop to the end of the job: the recording is compressed too."""
    equal: bool
    """Whether a second pass over the whole recording gives the same words."""


@dataclass(slots=True)
class _Meeting:
    """Takes what is settled, with the time at which it came."""

    began: float = field(default_factory=time.monotonic)
    reached: int = 0
    words: list[Word] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def settle(self, words: Sequence[Word], until_samples: int) -> None:
        now = time.monotonic() - self.began
        self.words += words
        self.waits += [now - word.end for word in words]

    def reach(self, n_samples: int | None) -> None:
        if n_samples is None:
            raise InferenceError("A piece could not be recognized; the log has the cause.")
        self.reached = n_samples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--minutes", default="1", help="lengths of the looped files: 10,60")
    parser.add_argument(
        "--fast", action="store_true", help="as fast as the second pass follows, not at 1x"
    )
    parser.add_argument("--no-speakers", action="store_true", help="do not tell speakers apart")
    parser.add_argument("--weight", default="", help="weight of the second pass")


def run(arguments: argparse.Namespace) -> int:
    """Measure each length and print the figures; the exit status."""
    options = JobOptions(recognizer=arguments.weight, speakers=not arguments.no_speakers)
    rows = []
    for minutes in map(float, arguments.minutes.split(",")):
        print(f"following {minutes:g} minutes …", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="meetcore-bench-") as name:
            rows.append(measure(arguments.files, minutes, options, arguments.fast, Path(name)))
    print(report(rows, arguments.fast), end="")
    return 0


def measure(
    files: Sequence[Path], minutes: float, options: JobOptions, fast: bool, folder: Path
) -> Measured:
    """Follow the files, looped to a length, then finish the meeting; in a folder of its own."""
    referenced = [ReferencedFile(file, Reference()) for file in files]
    audio = looped(referenced, minutes * 60, folder / "looped.wav").file
    settings = load_settings(data_dir=folder)
    store, executor = open_store(settings.database), ProcessExecutor(settings)
    runner = JobRunner(store, settings, executor, KnownVoices(store))
    rolling = RollingPass(store, executor)
    try:
        return _measured(audio, options, fast, _Parts(settings, store, executor, runner, rolling))
    finally:
        rolling.stop()
        runner.stop()
        store.close()


@dataclass(frozen=True, slots=True)
class _Parts:
    settings: Settings
    store: MeetingStore
    executor: ProcessExecutor
    runner: JobRunner
    rolling: RollingPass


def _measured(audio: Path, options: JobOptions, fast: bool, parts: _Parts) -> Measured:
    meeting = parts.store.create_meeting("Bench")
    folder = parts.settings.recordings_dir / meeting.id
    page = _Meeting()
    writer = RecordingWriter(folder, parts.settings.fsync_s)
    parts.rolling.follow(
        FollowedMeeting(meeting.id, folder, options, lambda: True, page.settle, page.reach)
    )
    _write(audio, writer, page, fast)
    seconds = writer.n_samples / SAMPLE_RATE
    settled = len(page.words)
    used = _cpu_s(parts.executor.pid)
    stopped = time.monotonic()
    writer.close()
    job = parts.rolling.leave(meeting.id) or Job(
        meeting.id, JobState.QUEUED, JobStage.RECOGNIZING, options
    )
    parts.runner.submit(replace(job, state=JobState.QUEUED, attempts=0))
    to_transcript = _waited(lambda: _has_transcript(parts.store, meeting.id, options), stopped)
    to_done = _waited(lambda: _is_over(parts.store, meeting.id), stopped)
    rolled = parts.store.transcript(meeting.id, Stage.FINAL).words
    whole = _whole_pass(parts, meeting.id, options)
    waits = page.waits or [0.0]
    return Measured(
        RecordingReader(folder).n_samples / SAMPLE_RATE / 60,
        None if fast else float(np.percentile(waits, 50)),
        None if fast else float(np.percentile(waits, 90)),
        settled / max(1, len(rolled)),
        used / seconds,
        to_transcript,
        to_done,
        rolled == whole,
    )


def _write(audio: Path, writer: RecordingWriter, page: _Meeting, fast: bool) -> None:
    """Append the audio, at 1x or a little ahead of the second pass, then silence."""
    page.began = time.monotonic()
    for block in iter_audio(audio):
        pcm = to_pcm(block)
        for start in range(0, pcm.size, CHUNK_SAMPLES):
            writer.append(pcm[start : start + CHUNK_SAMPLES])
            due = page.began + writer.n_samples / SAMPLE_RATE
            while not fast and time.monotonic() < due:
                time.sleep(POLL_S)
            while fast and writer.n_samples - page.reached > AHEAD_SAMPLES:
                time.sleep(POLL_S)
    time.sleep(CATCH_UP_S if fast else 0.0)


def _whole_pass(parts: _Parts, meeting_id: str, options: JobOptions) -> tuple[Word, ...]:
    """The words of a second pass over the whole recording."""
    parts.runner.submit(
        Job(meeting_id, JobState.QUEUED, JobStage.RECOGNIZING, replace(options, speakers=False))
    )
    _waited(lambda: _is_over(parts.store, meeting_id), time.monotonic())
    return parts.store.transcript(meeting_id, Stage.FINAL).words


def _waited(condition: Callable[[], bool], since: float) -> float:
    wake = threading.Event()
    while not condition():
        wake.wait(POLL_S)
    return time.monotonic() - since


def _has_transcript(store: MeetingStore, meeting_id: str, options: JobOptions) -> bool:
    """Whether words and speakers stand, whether or not the job has more to do."""
    job = store.jobs.get(meeting_id)
    if job is None or _is_over(store, meeting_id):
        return job is not None
    if job.stage is not JobStage.ATTRIBUTING:
        return False
    segments = store.transcript(meeting_id, Stage.FINAL).segments
    return not options.speakers or any(segment.speaker for segment in segments)


def _is_over(store: MeetingStore, meeting_id: str) -> bool:
    job = store.jobs.get(meeting_id)
    return job is not None and job.state not in (JobState.QUEUED, JobState.RUNNING)


def _cpu_s(pid: int | None) -> float:
    if pid is None:
        return 0.0
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def report(rows: Sequence[Measured], fast: bool) -> str:
    """The figures as a Markdown table, with the processor."""
    heads = [
        "minutes",
        "settled after, p50 / p90",
        "settled at Stop",
        "CPU-s per s",
        "Stop to transcript",
        "Stop to end",
        "as offline",
    ]
    cells = [
        [
            f"{row.minutes:.1f}",
            "–" if row.settle_p90 is None else f"{row.settle_p50:.1f} / {row.settle_p90:.1f} s",
            f"{100 * row.settled_share:.0f} %",
            f"{row.cpu_per_s:.3f}",
            f"{row.to_transcript_s:.1f} s",
            f"{row.to_done_s:.1f} s",
            "yes" if row.equal else "no",
        ]
        for row in rows
    ]
    speed = "as fast as it follows" if fast else "at 1x"
    return f"{markdown_table(heads, cells)}\n\n{speed}; {processor()}\n"
