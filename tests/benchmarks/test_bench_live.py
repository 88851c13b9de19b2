"""The live bench on scripted meetings: its log, figures, tables and arguments."""

import argparse
import json
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from meetcore.benchmarks import cli
from meetcore.benchmarks.live import run
from meetcore.benchmarks.live.report import Result, markdown, to_json
from meetcore.benchmarks.live.score import figures, pool
from meetcore.benchmarks.live.stream import StreamLog, StreamOptions, run_stream, stream
from meetcore.benchmarks.reference_files import references_for
from meetcore.errors import FormatError
from meetcore.metrics.live_log import ReferenceWord
from meetcore.metrics.reference import Reference, load_reference
from meetcore.records import (
    LiveHealth,
    LiveSnapshot,
    LiveState,
    Samples,
    Segment,
    Stage,
    Transcript,
    Turn,
    Word,
)
from meetcore.transcript.attribution import make_segment

WORDS = (Word(" Hello", 0.1, 0.3), Word(" there", 0.3, 0.5), Word(" Ana.", 0.6, 0.8))


@dataclass
class ScriptedMeeting:
    """Shows each word as tentative when its audio is in, and commits it 0.2 s later."""

    pushed: list[int] = field(default_factory=list)
    stopped: bool = False

    def push(self, samples: Samples) -> None:
        self.pushed.append(samples.size)

    def snapshot(self) -> LiveSnapshot:
        received = sum(self.pushed) / 16_000
        limit = 99.0 if self.stopped else received - 0.2
        committed = tuple(word for word in WORDS if word.end <= limit)
        tentative = tuple(word for word in WORDS if limit < word.end <= received)
        return LiveSnapshot(
            meeting_id="m",
            title="",
            state=LiveState.LISTENING,
            elapsed=received,
            level_db=-20.0,
            silent_for=0.0,
            segments=(make_segment(committed, "S1"),) if committed else (),
            tentative=tentative,
            tentative_speaker=None,
            speakers=(),
            health=LiveHealth(backlog=0.5, step=0.7),
            version=len(self.pushed) + 1000 * self.stopped,
        )

    def stop(self) -> None:
        time.sleep(0.05)
        self.stopped = True

    def finish(self) -> Transcript:
        return Transcript((make_segment(WORDS[:2], "S1"),), stage=Stage.FINAL)


@dataclass
class ScriptedSource:
    opened: list[ScriptedMeeting] = field(default_factory=list)
    models: str = "script"

    def open_meeting(self, title: str) -> ScriptedMeeting:
        self.opened.append(ScriptedMeeting())
        return self.opened[-1]

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> StreamLog:
    path = tmp_path_factory.mktemp("audio") / "talk.wav"
    soundfile.write(path, np.zeros(int(16_000 * 0.95), np.float32), 16_000)
    source = ScriptedSource()
    options = StreamOptions((path,), "tiny.en", "auto", meetings=2)
    made = run_stream(source, options, load_s=0.5)
    assert [sum(meeting.pushed) for meeting in source.opened] == [15_200, 15_200]
    return made


def test_streaming_takes_as_long_as_the_audio_and_leaves_no_thread() -> None:
    threads, began = threading.active_count(), time.perf_counter()
    stream(np.zeros(4_000, np.float32), [ScriptedMeeting()])
    assert 0.25 <= time.perf_counter() - began < 1.0
    assert threading.active_count() == threads


def test_the_log_holds_every_change_of_the_page_and_no_more(log: StreamLog) -> None:
    for meeting in log.meetings:
        shown = [(u.segments, u.tentative) for u in meeting.updates]
        assert all(one != other for one, other in pairwise(shown))
        assert [word for segment in meeting.provisional for word in segment.words] == list(WORDS)
    assert log.audio_s == pytest.approx(1.9)
    assert log.peak_rss_mib > 10


REFERENCE = Reference(
    (Segment(0.0, 0.9, "a", (Word(" hello", 0, 0), Word(" there", 0, 0), Word(" Anna", 0, 0))),),
    by_speaker=True,
    turns=(Turn(0.1, 0.8, "a"),),
)
SPOKEN = [ReferenceWord("hello", 0.1, 0.3), ReferenceWord("there", 0.3, 0.5)]


def test_figures_come_from_the_log(log: StreamLog) -> None:
    found = figures(log.meetings[0], REFERENCE, SPOKEN)
    assert found.provisional.words is not None and found.provisional.words.errors == 1
    assert found.provisional.words_by_speaker is not None
    assert found.provisional.turns is not None and found.provisional.turns.rate < 0.01
    assert found.final is not None and found.final.words is not None
    assert found.final.words.deletions == 1
    assert found.latency is not None
    # Committed 0.2 s after the end, and the page is looked at before the next chunk.
    assert all(0.15 < wait < 0.45 for wait in found.latency.final)
    assert all(-0.05 < wait < 0.25 for wait in found.latency.first_shown)
    assert (found.max_backlog, found.max_step) == (0.5, 0.7)


def test_pooled_figures_add_errors_and_join_waits(log: StreamLog) -> None:
    one = figures(log.meetings[0], REFERENCE, SPOKEN)
    both = pool([one, one], "all")
    assert both.provisional.words is not None and both.provisional.words.errors == 2
    assert both.latency is not None and len(both.latency.final) == 4


def test_reports_hold_the_figures(log: StreamLog) -> None:
    row = figures(log.meetings[0], REFERENCE, SPOKEN)
    unknown = figures(log.meetings[0], Reference(turns=REFERENCE.turns), None)
    results = [Result(log, (row, unknown))]
    table = markdown(results)
    assert "33.3 % / 33.3 %" in table and "2 meetings at once" in table
    lines = [line.count("|") for line in table.splitlines() if line.startswith("|")]
    assert len(lines) == 4 and len(set(lines)) == 1
    plain = json.loads(to_json(results))[0]
    assert plain["files"][0]["latency"]["final_spread"]["count"] == 2
    assert plain["files"][0]["provisional"]["words"]["rate"] == pytest.approx(1 / 3)


def test_references_go_by_name() -> None:
    files = [Path("a.wav"), Path("b.wav")]
    refs = [Path("x/a.stm"), Path("x/b.txt"), Path("x/a.rttm")]
    assert references_for(files, refs) == [[refs[0], refs[2]], [refs[1]]]
    assert references_for(files[:1], refs) == [refs]
    with pytest.raises(FormatError, match=r"b\.txt"):
        references_for(files, refs[:1])
    with pytest.raises(FormatError, match=r"c\.stm"):
        references_for(files, [*refs, Path("c.stm")])


def test_references_of_every_kind_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello there")
    (tmp_path / "a.stm").write_text("a 1 Ana 0.5 1.5 Hello there\n")
    (tmp_path / "a.rttm").write_text("SPEAKER a 1 0.5 1.0 <NA> <NA> Ana <NA> <NA>\n")
    text = load_reference([tmp_path / "a.txt"], 2.0)
    assert (text.text, text.by_speaker, text.turns) == ("hello there", False, None)
    both = load_reference(sorted(tmp_path.glob("a.*")), 2.0)
    assert both.by_speaker and both.turns == (Turn(0.5, 1.5, "Ana"),)
    with pytest.raises(FormatError, match=r"\.stm"):
        load_reference([tmp_path / "a.txt"], 31.0)
    with pytest.raises(FormatError, match="read"):
        load_reference([tmp_path / "none.txt"], 1.0)


def test_the_command_line_is_read() -> None:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    line = "live a.wav b.wav --reference a.txt b.txt --weights tiny.en,base.en --meetings 2"
    found = parser.parse_args(line.split())
    assert len(found.files) == len(found.reference) == 2
    assert (found.weights, found.meetings, found.no_speakers) == ("tiny.en,base.en", 2, False)
    assert callable(run.run)
