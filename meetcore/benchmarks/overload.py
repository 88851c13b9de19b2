"""`python -m meetcore bench overload`: a live meeting that gets a part of one core for a while."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from meetcore.audio.media_files import read_audio
from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.benchmarks.throttle import throttled
from meetcore.errors import MeetingStateError
from meetcore.live.live_meeting import LiveMeeting
from meetcore.live.step_width import keeps_up
from meetcore.records import SAMPLE_RATE, Gap, MeetingState, Samples
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import load_settings
from meetcore.store.meetings import MeetingStore, open_store
from meetcore.supervised import guarded

CHUNK_SAMPLES = SAMPLE_RATE // 10
POLL_S = 0.1
CALM_S = 10.0
FREE_S = 20.0
BUSY_AGAIN_S = 20.0
STILL_AFTER_S = 0.5
START_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Options:
    """What is said, for how long the machine is busy, and what the meeting gets of it then."""

    file: Path
    busy_s: float = 600.0
    share: float = 0.25
    weight: str = "auto"
    final_weight: str = "tiny.en"


@dataclass(frozen=True, slots=True)
class Figures:
    """What the meeting did. Seconds."""

    most_behind: float
    """While the machine was busy."""
    lighter_after: float | None
    """When a smaller weight took over, from the moment when the machine was busy; None if never."""
    live_again_after: float | None
    """When the text was live, from the moment when the machine was free; None if never."""
    gaps: int
    gap_s: float
    stop_took: float
    """Until the call returned, on the busy machine."""
    grew_after_stop: float
    """What was recorded later than STILL_AFTER_S after the stop."""
    lost_s: float
    """Audio that was offered before the stop and is not in the recording."""
    words_in_gaps: float
    """Words a second that the second pass found in the gaps."""
    words_elsewhere: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what is said, again and again")
    parser.add_argument("--busy", type=float, default=600.0, metavar="S", help="default: 600")
    parser.add_argument("--share", type=float, default=0.25, help="of one core; default: 0.25")
    parser.add_argument("--weight", default="auto", help="the live weight")
    parser.add_argument("--final-weight", default="tiny.en", help="weight of the second pass")


def run(arguments: argparse.Namespace) -> int:
    """Measure, and print the figures as JSON; the exit status."""
    options = Options(
        arguments.file,
        arguments.busy,
        arguments.share,
        arguments.weight,
        arguments.final_weight,
    )
    figures = asdict(measure(options)).items()
    print(json.dumps({name: value and round(value, 2) for name, value in figures}))
    return 0


def measure(options: Options) -> Figures:
    """Run one meeting through a calm, a busy, a free and a busy time, at which it is stopped.

    Raises
    ------
    MeetingStateError
        The process of the meeting ended early.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=_meet, args=(theirs, options))
    child.start()
    theirs.close()
    assert child.pid is not None
    try:
        _receive(ours, START_TIMEOUT_S)
        time.sleep(CALM_S)
        ours.send("busy")
        with throttled(child.pid, options.share):
            time.sleep(options.busy_s)
        ours.send("free")
        time.sleep(FREE_S)
        with throttled(child.pid, options.share):
            time.sleep(BUSY_AGAIN_S)
            ours.send("stop")
            _receive(ours, START_TIMEOUT_S)
        found = _receive(ours, START_TIMEOUT_S + 2 * options.busy_s)
    finally:
        child.join(30)
        if child.is_alive():
            child.kill()
    assert isinstance(found, Figures)
    return found


def _receive(connection: Connection, timeout_s: float) -> object:
    try:
        if connection.poll(timeout_s):
            return connection.recv()
    except EOFError:
        pass
    raise MeetingStateError("The meeting's process ended early; its own messages say why.")


class _Meeting:
    """A running meeting that is fed with recorded speech, and its snapshots."""

    def __init__(self, live: LiveMeeting, samples: Samples) -> None:
        self.live = live
        self._pcm: Pcm = to_pcm(samples)
        self.offered = 0
        self.seen: list[tuple[float, float, bool]] = []
        """When, how far behind, and whether the smaller weight wrote."""
        self._over = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="talk")
        self._thread.start()

    def stop_talking(self) -> None:
        """End the audio."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        with guarded("talk"):
            self._talk()

    def _talk(self) -> None:
        while not self._over.wait(POLL_S / 4):
            due = int((time.monotonic() - self._began) * SAMPLE_RATE)
            while self.offered + CHUNK_SAMPLES <= due and not self._over.is_set():
                at = np.arange(self.offered, self.offered + CHUNK_SAMPLES) % self._pcm.size
                self.live.offer(self._pcm[at], "bench")
                self.offered += CHUNK_SAMPLES
            health = self.live.snapshot().health
            recognized = health.samples_on_disk / SAMPLE_RATE - health.backlog
            backlog = due / SAMPLE_RATE - recognized
            self.seen.append((time.monotonic(), backlog, health.is_lighter))

    def first(self, since: float, holds: Callable[[float, bool], bool]) -> float | None:
        """Seconds from a time until something held, of backlog and weight; None if it never did."""
        found = (
            at - since for at, behind, lighter in self.seen if at > since and holds(behind, lighter)
        )
        return next(found, None)


def _meet(connection: Connection, options: Options) -> None:
    """The meeting's process."""
    with tempfile.TemporaryDirectory(prefix="meetcore-bench-") as folder:
        changes: dict[str, object] = {
            "data_dir": Path(folder),
            "database_url": None,
            "live_recognizer": options.weight,
            "recognizer": options.final_weight,
        }
        settings = load_settings().model_copy(update=changes)
        store = open_store(settings.database)
        service = MeetingService(settings, store)
        service.load_models()
        live = service.live(service.start("Overload"))
        assert live is not None
        meeting = _Meeting(live, read_audio(options.file))
        connection.send("ready")
        times = {str(connection.recv()): time.monotonic() for _ in range(2)}
        connection.recv()
        stop_took, grew_after_stop, offered = _stop(meeting)
        connection.send("stopped")
        live.join()
        gaps, recorded = live.snapshot().gaps, live.snapshot().elapsed
        words, elsewhere = _word_rates(store, live.meeting_id, gaps, recorded)
        busy = [each for at, each, _ in meeting.seen if times["busy"] <= at <= times["free"]]
        connection.send(
            Figures(
                max(busy),
                meeting.first(times["busy"], lambda behind, lighter: lighter),
                meeting.first(times["free"], lambda behind, lighter: keeps_up(behind)),
                len(gaps),
                sum(gap.end - gap.start for gap in gaps),
                stop_took,
                grew_after_stop,
                offered - recorded,
                words,
                elsewhere,
            )
        )
        service.shutdown()
        store.close()


def _stop(meeting: _Meeting) -> tuple[float, float, float]:
    """Stop; how long that took, what was recorded after it, and the audio offered before. s."""
    offered, began = meeting.offered / SAMPLE_RATE, time.monotonic()
    meeting.live.stop()
    took = time.monotonic() - began
    offered = max(offered, min(meeting.offered / SAMPLE_RATE, meeting.live.snapshot().elapsed))
    time.sleep(STILL_AFTER_S)
    still = meeting.live.snapshot().elapsed
    time.sleep(2.0)
    meeting.stop_talking()
    return took, meeting.live.snapshot().elapsed - still, offered


def _word_rates(
    store: MeetingStore, meeting_id: str, gaps: tuple[Gap, ...], recorded: float
) -> tuple[float, float]:
    """Words a second of the final transcript, in the gaps and elsewhere."""
    while (meeting := store.get(meeting_id)).state is not MeetingState.DONE:
        if meeting.state is MeetingState.FAILED:
            raise MeetingStateError(f"The second pass failed: {meeting.detail}")
        time.sleep(POLL_S)
    words = store.transcript(meeting_id).words
    inside = sum(any(gap.start <= word.start < gap.end for gap in gaps) for word in words)
    length = sum(gap.end - gap.start for gap in gaps)
    return inside / max(length, 1e-9), (len(words) - inside) / max(recorded - length, 1e-9)
