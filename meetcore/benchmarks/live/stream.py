"""Recordings streamed at 1x into live meetings, and a log of what a reader would have seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from meetcore.audio.files import read_audio
from meetcore.benchmarks.process_usage import UsageMeter
from meetcore.metrics.updates import Update
from meetcore.records import SAMPLE_RATE, LiveSnapshot, Samples, Segment, Transcript

CHUNK_SAMPLES = 1_600
"""100 ms: a chunk is sent when its last sample would have been spoken."""
POLL_S = 0.02
"""How often the page is looked at; latencies are late by half of it on average."""


class LiveMeeting(Protocol):
    """One running meeting, as the bench drives it."""

    def push(self, samples: Samples) -> None:
        """Hand over the next samples; must not wait for the recognizer."""
        ...

    def snapshot(self) -> LiveSnapshot:
        """What a page would draw now."""
        ...

    def stop(self) -> None:
        """End the audio and wait until all of it is heard."""
        ...

    def finish(self) -> Transcript:
        """Run the second pass and give its transcript."""
        ...


class Studio(Protocol):
    """Opens meetings on models it has loaded."""

    @property
    def models(self) -> str:
        """Which models are in force, in a few words."""
        ...

    def open_meeting(self, title: str) -> LiveMeeting:
        """A new meeting that listens."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """One configuration under test."""

    files: tuple[Path, ...]
    weight: str
    engine: str
    meetings: int = 1
    """How many meetings hear each file at once."""
    speakers: bool = True
    final_weight: str = ""
    """Weight of the second pass; empty takes the settings'."""


@dataclass(frozen=True, slots=True)
class MeetingLog:
    """What one meeting showed, and what it left behind."""

    file: Path
    duration: float
    updates: tuple[Update, ...]
    provisional: tuple[Segment, ...]
    final: Transcript
    second_pass_s: float
    """Seconds the second pass took on the wall."""
    max_backlog: float
    max_step: float
    chunk_errors: int


@dataclass(frozen=True, slots=True)
class StreamLog:
    """What one configuration did; live CPU time excludes loading and the second pass."""

    options: StreamOptions
    models: str
    meetings: tuple[MeetingLog, ...]
    audio_s: float
    cpu_s: float
    peak_rss_mib: float
    load_s: float


@dataclass(slots=True)
class _Watch:
    """One meeting under observation; the newest snapshot and the log of changes."""

    meeting: LiveMeeting
    began: float
    updates: list[Update] = field(default_factory=list)
    version: int = -1
    max_backlog: float = 0.0
    max_step: float = 0.0
    chunk_errors: int = 0
    shown: tuple[object, object] | None = None

    def look(self) -> None:
        """Log the snapshot if the page would look different."""
        snapshot = self.meeting.snapshot()
        self.max_backlog = max(self.max_backlog, snapshot.health.backlog)
        self.max_step = max(self.max_step, snapshot.health.step)
        self.chunk_errors = snapshot.health.chunk_errors
        if snapshot.version == self.version:
            return
        self.version = snapshot.version
        if self.shown != (snapshot.segments, snapshot.tentative):
            self.shown = (snapshot.segments, snapshot.tentative)
            wall_time = time.perf_counter() - self.began
            self.updates.append(Update(wall_time, snapshot.segments, snapshot.tentative))


def run_stream(studio: Studio, options: StreamOptions, load_s: float) -> StreamLog:
    """Stream every file of the configuration, one after another; takes as long as they last."""
    meter = UsageMeter()
    logs: list[MeetingLog] = []
    audio_s = 0.0
    for file in options.files:
        samples = read_audio(file)
        meetings = [studio.open_meeting(file.stem) for _ in range(options.meetings)]
        with meter:
            watches = stream(samples, meetings)
        audio_s += options.meetings * samples.size / SAMPLE_RATE
        logs += [_log(file, samples, watch) for watch in watches]
    return StreamLog(
        options, studio.models, tuple(logs), audio_s, meter.cpu_s, meter.peak_rss_mib, load_s
    )


def stream(samples: Samples, meetings: Sequence[LiveMeeting]) -> list[_Watch]:
    """Play samples to all meetings at once, as a microphone would, and stop them.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    meetings : sequence of LiveMeeting
    """
    began = time.perf_counter()
    watches = [_Watch(meeting, began) for meeting in meetings]
    for first in range(0, samples.size, CHUNK_SAMPLES):
        chunk = samples[first : first + CHUNK_SAMPLES]
        due = began + (first + chunk.size) / SAMPLE_RATE
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(min(wait, POLL_S))
            for watch in watches:
                watch.look()
        for meeting in meetings:
            meeting.push(chunk)
    _stop_all(watches)
    return watches


def _stop_all(watches: Sequence[_Watch]) -> None:
    """Stop the meetings side by side while the page is still being watched."""
    threads = [threading.Thread(target=watch.meeting.stop, name="bench-stop") for watch in watches]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(POLL_S)
        for watch in watches:
            watch.look()
    for watch in watches:
        watch.look()


def _log(file: Path, samples: Samples, watch: _Watch) -> MeetingLog:
    began = time.perf_counter()
    final = watch.meeting.finish()
    return MeetingLog(
        file=file,
        duration=samples.size / SAMPLE_RATE,
        updates=tuple(watch.updates),
        provisional=watch.updates[-1].segments if watch.updates else (),
        final=final,
        second_pass_s=time.perf_counter() - began,
        max_backlog=watch.max_backlog,
        max_step=watch.max_step,
        chunk_errors=watch.chunk_errors,
    )


def sent_at(seconds: float, duration: float) -> float:
    """Wall time at which the sample at `seconds` was sent: when its whole chunk had been spoken.

    >>> sent_at(0.32, 10.0), sent_at(9.99, 9.995)
    (0.4, 9.995)
    """
    samples = round(seconds * SAMPLE_RATE)
    return min(-(-samples // CHUNK_SAMPLES) * CHUNK_SAMPLES / SAMPLE_RATE, duration)
