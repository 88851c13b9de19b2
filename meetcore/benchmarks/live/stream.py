"""Streams files into live meetings in real time, and logs every change of what the page shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.process_usage import UsageMeter
from meetcore.metrics.live_log import Update
from meetcore.records import SAMPLE_RATE, LiveSnapshot, Samples, Segment, Transcript

CHUNK_SAMPLES = 1_600
"""100 ms: a chunk is sent when its last sample would have been spoken."""
POLL_S = 0.02
"""How often snapshots are taken; measured latencies are too long by half of it on average."""


class StreamedMeeting(Protocol):
    """A running meeting that takes samples; tests have one without models."""

    def push(self, samples: Samples) -> None:
        """Hand over the next samples, shape (n,), float32, 16 kHz; must not block."""
        ...

    def snapshot(self) -> LiveSnapshot:
        """What the page would show now."""
        ...

    def stop(self) -> None:
        """End the audio and wait until all of it is recognized."""
        ...

    def finish(self) -> Transcript:
        """The final transcript; waits for the second pass."""
        ...


class MeetingSource(Protocol):
    """Starts meetings on models that are loaded."""

    @property
    def models(self) -> str:
        """Names of the models, for the report."""
        ...

    def open_meeting(self, title: str) -> StreamedMeeting:
        """Start a meeting."""
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
    """How many meetings each file is streamed into at once."""
    speakers: bool = True
    final_weight: str = ""
    """Weight of the second pass; "" takes that of the settings."""


@dataclass(frozen=True, slots=True)
class MeetingLog:
    """What one meeting showed while it ran, and its final transcript."""

    file: Path
    duration: float
    """Seconds of audio."""
    updates: tuple[Update, ...]
    provisional: tuple[Segment, ...]
    """The live transcript at the meeting's end."""
    final: Transcript
    second_pass_s: float
    """Wall-clock seconds of the second pass."""
    max_backlog: float
    max_step: float
    chunk_errors: int


@dataclass(frozen=True, slots=True)
class StreamLog:
    """All meetings of one configuration; CPU time without loading and the second pass."""

    options: StreamOptions
    models: str
    meetings: tuple[MeetingLog, ...]
    audio_s: float
    cpu_s: float
    peak_rss_mib: float
    load_s: float


@dataclass(slots=True)
class _ObservedMeeting:
    """A meeting and the log of its changes."""

    meeting: StreamedMeeting
    began: float
    updates: list[Update] = field(default_factory=list)
    version: int = -1
    max_backlog: float = 0.0
    max_step: float = 0.0
    chunk_errors: int = 0
    shown: tuple[object, object] | None = None

    def observe(self) -> None:
        """Take a snapshot; log it if the page would show something else."""
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


def run_stream(source: MeetingSource, options: StreamOptions, load_s: float) -> StreamLog:
    """Stream every file, one after another; takes as long as the audio is."""
    meter = UsageMeter()
    logs: list[MeetingLog] = []
    audio_s = 0.0
    for file in options.files:
        samples = read_audio(file)
        meetings = [source.open_meeting(file.stem) for _ in range(options.meetings)]
        with meter:
            observed = stream(samples, meetings)
        audio_s += options.meetings * samples.size / SAMPLE_RATE
        logs += [_log(file, samples, each) for each in observed]
    return StreamLog(
        options, source.models, tuple(logs), audio_s, meter.cpu_s, meter.peak_rss_mib, load_s
    )


def stream(samples: Samples, meetings: Sequence[StreamedMeeting]) -> list[_ObservedMeeting]:
    """Push samples to all meetings in real time, as a microphone would, and stop them.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float32, 16 kHz
    meetings : sequence of StreamedMeeting
    """
    began = time.perf_counter()
    observed = [_ObservedMeeting(meeting, began) for meeting in meetings]
    for first in range(0, samples.size, CHUNK_SAMPLES):
        chunk = samples[first : first + CHUNK_SAMPLES]
        due = began + (first + chunk.size) / SAMPLE_RATE
        while (wait := due - time.perf_counter()) > 0:
            time.sleep(min(wait, POLL_S))
            for each in observed:
                each.observe()
        for meeting in meetings:
            meeting.push(chunk)
    _stop_all(observed)
    return observed


def _stop_all(observed: Sequence[_ObservedMeeting]) -> None:
    """Stop all meetings at once, and log their changes meanwhile."""
    threads = [threading.Thread(target=each.meeting.stop, name="bench-stop") for each in observed]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(POLL_S)
        for each in observed:
            each.observe()
    for each in observed:
        each.observe()


def _log(file: Path, samples: Samples, observed: _ObservedMeeting) -> MeetingLog:
    began = time.perf_counter()
    final = observed.meeting.finish()
    return MeetingLog(
        file=file,
        duration=samples.size / SAMPLE_RATE,
        updates=tuple(observed.updates),
        provisional=observed.updates[-1].segments if observed.updates else (),
        final=final,
        second_pass_s=time.perf_counter() - began,
        max_backlog=observed.max_backlog,
        max_step=observed.max_step,
        chunk_errors=observed.chunk_errors,
    )


def sent_at(seconds: float, duration: float) -> float:
    """Seconds from the start at which the sample at `seconds` was sent, with the rest of its chunk.

    >>> sent_at(0.32, 10.0), sent_at(9.99, 9.995)
    (0.4, 9.995)
    """
    samples = round(seconds * SAMPLE_RATE)
    return min(-(-samples // CHUNK_SAMPLES) * CHUNK_SAMPLES / SAMPLE_RATE, duration)
