"""A real meeting that gets a quarter of a core: text stays near, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from meetcore.benchmarks.overload import Options, measure
from meetcore.benchmarks.throttle import throttled
from tests.conftest import SamplePaths

pytestmark = [pytest.mark.long, pytest.mark.model]


def test_a_throttled_process_gets_its_share_and_goes_on_afterwards(tmp_path: Path) -> None:
    """Counted in rounds of work: a busy machine slows both halves."""
    script = "import sys\nwhile True: sys.stdout.write('x'); sys.stdout.flush(); sum(range(20000))"
    counts = tmp_path / "rounds"
    with counts.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-c", script], stdout=out)
    try:
        time.sleep(1.0)
        begun = counts.stat().st_size
        time.sleep(4.0)
        free = counts.stat().st_size - begun
        with throttled(child.pid, 0.25):
            begun = counts.stat().st_size
            time.sleep(4.0)
            slow = counts.stat().st_size - begun
        begun = counts.stat().st_size
        time.sleep(1.0)
        assert counts.stat().st_size > begun
        assert slow < 0.6 * free
    finally:
        child.kill()
        child.wait()


def test_a_meeting_on_a_quarter_of_a_core(sample_paths: SamplePaths) -> None:
    figures = measure(Options(sample_paths.wav, busy_s=120.0, weight="base.en"))
    assert figures.most_behind < 20.0
    assert figures.live_again_after is not None and figures.live_again_after < 10.0
    assert figures.stop_took < 0.5
    assert figures.grew_after_stop == 0.0
    assert abs(figures.lost_s) < 0.2, "audio was lost"
    if figures.gaps:  # a smaller weight may suffice
        assert figures.words_in_gaps > 0.5 * figures.words_elsewhere, "the second pass fills them"
