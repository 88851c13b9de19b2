"""Fifty meetings with the real weights leave no thread, no open file and no memory behind."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.models.identifier import create_speaker_identifier
from meetcore.models.rungs import loaders_for
from meetcore.records import SAMPLE_RATE, MeetingState, Mode, Samples
from meetcore.service.meeting_service import MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver
from tests.support.stand_ins import until

pytestmark = [pytest.mark.model, pytest.mark.long]

WARM_UP, MEETINGS = 25, 50
SECONDS = 3
"""Long enough for words, turns and an embedding."""
MOST_GROWTH_MIB = 24.0
"""Measured -2 to 6 MiB after the warm-up. One recognizer kept by a meeting would be 40."""


@dataclass(frozen=True)
class Usage:
    """Memory, threads and open files of the process."""

    rss_mib: float
    threads: frozenset[str]
    open_files: int


def usage() -> Usage:
    gc.collect()
    process = psutil.Process()
    names = frozenset(each.name for each in threading.enumerate())
    return Usage(process.memory_info().rss / 2**20, names, process.num_fds())


@pytest.fixture(autouse=True)
def quick() -> None:
    """No retry is sped up here."""


@pytest.fixture
def service(resolver: WeightResolver, tmp_path: Path) -> Iterator[MeetingService]:
    settings = Settings(_env_file=None, data_dir=tmp_path, recognizer="tiny.en")
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


def hold_meeting(service: MeetingService, pcm: Pcm) -> str:
    """One meeting, from start to the last word saved."""
    meeting_id = service.start("One of many")
    live = service.live(meeting_id)
    assert live is not None
    live.offer(pcm, "tab")
    until(lambda: live.snapshot().health.backlog < 0.1 and live.snapshot().elapsed == SECONDS, 30)
    live.stop()
    assert live.join(30)
    assert live.snapshot().health.chunk_errors == 0
    return meeting_id


def hold_meetings(service: MeetingService, pcm: Pcm, count: int) -> list[str]:
    """One after the other; every fifth has its second pass, which runs in another process."""
    held = []
    for index in range(count):
        held.append(hold_meeting(service, pcm))
        if index % 5:
            service.cancel(held[-1])
    over = (MeetingState.DONE, MeetingState.INTERRUPTED)
    for meeting_id in held:
        until(lambda each=meeting_id: service.store.get(each).state in over, 120)
    return held


def test_memory_and_threads_are_back_after_fifty_meetings(
    service: MeetingService, sample_audio: Samples, capsys: pytest.CaptureFixture[str]
) -> None:
    pcm = to_pcm(sample_audio[7 * SAMPLE_RATE : (7 + SECONDS) * SAMPLE_RATE])
    hold_meetings(service, pcm, WARM_UP)
    before = usage()
    held = hold_meetings(service, pcm, MEETINGS)
    after = usage()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{MEETINGS} meetings: {before.rss_mib:.0f} -> {after.rss_mib:.0f} MiB,"
            f" {len(before.threads)} -> {len(after.threads)} threads,"
            f" {before.open_files} -> {after.open_files} open files\n"
        )
    assert any(service.store.transcript(each).words for each in held)
    assert after.threads <= before.threads, "a thread of a meeting still runs"
    assert after.open_files <= before.open_files + 2
    assert after.rss_mib <= before.rss_mib + MOST_GROWTH_MIB
