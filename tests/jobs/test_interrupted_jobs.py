"""A job that is interrupted anywhere ends with the result of one that is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.voice_similarity import Voice
from meetcore.jobs import stored_progress
from meetcore.jobs.submission import JobSubmission
from meetcore.jobs.tasks import Diarized
from meetcore.records import (
    SAMPLE_RATE,
    Job,
    JobOptions,
    JobStage,
    JobState,
    MeetingState,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Turn,
    Word,
)
from meetcore.store import retry
from meetcore.store.meetings import open_store
from tests.support.faulty_database import Fault, Killed
from tests.support.scripted_jobs import (
    Place,
    Script,
    ScriptedExecutor,
    store_in,
    write_recording,
)

PIECE_S = 10.0
VOICE = np.eye(4, dtype=np.float32)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress is written once a stage; refused writes are tried again at once."""
    monkeypatch.setattr(stored_progress, "REPORT_S", 1e9)
    monkeypatch.setattr(retry, "RETRY_S", 0.0)


@dataclass(frozen=True)
class Case:
    """A meeting, what it has before its job, and what the job finds."""

    script: Script
    options: JobOptions = field(default_factory=JobOptions)
    uploaded: bool = False
    live: Transcript = field(default_factory=Transcript)
    final: Transcript | None = None
    """Of an earlier pass, which is repeated."""


def prepared(folder: Path, case: Case, template: Path) -> Place:
    """A meeting whose job waits."""
    shutil.copy(template, folder / "meetcore.db")
    with store_in(folder) as store:
        meeting = store.create_meeting("Talk", state=MeetingState.FINALIZING)
        recording = folder / "data" / "recordings" / meeting.id
        source = None
        if case.uploaded:
            recording.mkdir(parents=True)
            source = recording / "upload"
            source.write_bytes(b"media")
        else:
            write_recording(recording, case.script.n_samples)
        store.replace_transcript(meeting.id, case.live)
        if case.final is not None:
            store.replace_transcript(meeting.id, case.final)
            store.edits.correct(meeting.id, 0, "Typed by hand.")
        store.profiles.add("Ada", "clock", VOICE[0], 30.0, None)
        stage = JobStage.DECODING if case.uploaded else JobStage.RECOGNIZING
        store.jobs.put(
            Job(
                meeting.id,
                JobState.QUEUED,
                stage,
                case.options,
                source_path=str(source) if source else None,
            )
        )
    return Place(folder, meeting.id)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database without meetings."""
    path: Path = tmp_path_factory.mktemp("template") / "meetcore.db"
    open_store(f"sqlite:///{path}").close()
    return path


def words(start: float, count: int) -> tuple[Word, ...]:
    return tuple(Word(f" w{start:g}-{n}.", start + n, start + n + 0.8) for n in range(count))


def piece(
    number: int,
    kind: str,
    count: int,
    language: str | None = "en",
    level_db: float | None = None,
) -> PieceWords:
    start, end = number * PIECE_S, (number + 1) * PIECE_S
    samples = (round(start * SAMPLE_RATE), round(end * SAMPLE_RATE))
    if kind == "failed":
        return PieceWords(*samples, failed=True)
    rejected = (RejectedText(start, end, f"Thank you {number}.", "silence"),)
    return PieceWords(
        *samples,
        words(start, count),
        rejected if kind == "rejected" else (),
        language,
        speech_level_db=level_db,
    )


def found(turns: list[tuple[float, float, str]], exclusive: list[tuple[float, float, str]]) -> Any:
    voices = {"S1": Voice.of(VOICE[0], 30.0), "S2": Voice.of(VOICE[1], 30.0)}
    return Diarized(
        Diarization(
            tuple(Turn(*turn) for turn in turns),
            tuple(Turn(*turn) for turn in exclusive),
            2,
            voices,
        ),
        "clock",
    )


def said(stage: Stage, *labels: str | None) -> Transcript:
    segments = tuple(
        Segment(4.0 * n, 4.0 * n + 3.0, label, words(4.0 * n, 3)) for n, label in enumerate(labels)
    )
    speakers = tuple(Speaker(label) for label in dict.fromkeys(labels) if label)
    named = tuple(replace(each, name="Bo") if each.label == "S2" else each for each in speakers)
    return Transcript(segments, named, stage, (RejectedText(1.0, 2.0, "Live.", "silence"),))


OVERLAPPED = [(0.0, 12.0, "S1"), (5.0, 9.0, "S2"), (12.0, 30.0, "S2"), (14.0, 22.0, "S1")]
EXCLUSIVE = [(0.0, 6.0, "S1"), (6.0, 9.0, "S2"), (9.0, 12.0, "S1"), (12.0, 30.0, "S2")]
RICH = Script(
    (
        piece(0, "rejected", 9, level_db=-58.0),
        piece(1, "failed", 0),
        piece(2, "rejected", 8, level_db=-30.0),
        piece(3, "silent", 0),
    ),
    found(OVERLAPPED, EXCLUSIVE),
    "The file breaks off.",
    "tiny.en is used instead.",
)
LIVE = said(Stage.PROVISIONAL, "S2", "S1", "S2", None, "S3")
CASES = {
    "upload": Case(RICH, uploaded=True),
    "meeting": Case(RICH, live=LIVE),
    "meeting without speakers": Case(RICH, JobOptions(speakers=False), live=LIVE),
    "repeated, with corrections": Case(RICH, live=LIVE, final=said(Stage.FINAL, "S1", "S2", "S1")),
    "speakers not found": Case(replace(RICH, diarized=Diarized(detail="No diarizer.")), live=LIVE),
    "no speech": Case(Script((piece(0, "silent", 0),), found([], []))),
    "no sound": Case(Script(), uploaded=True),
}


@pytest.mark.parametrize("name", CASES)
def test_killed_after_each_write_it_ends_as_uninterrupted(
    name: str, template: Path, tmp_path: Path
) -> None:
    case = CASES[name]
    (tmp_path / "case").mkdir()
    start = prepared(tmp_path / "case", case, template)
    whole = start.copy()
    n_writes = whole.run(ScriptedExecutor(case.script))
    wanted = whole.result()
    assert wanted["meeting"][0] is MeetingState.DONE
    assert not wanted["upload"] and not wanted["draft"].segments and not wanted["draft"].rejected
    for number in range(1, n_writes):
        killed = start.copy()
        with pytest.raises(Killed):
            killed.run(ScriptedExecutor(case.script), kill_after=number)
        killed.run(ScriptedExecutor(case.script))
        assert killed.result() == wanted, f"killed after write {number} of {n_writes}"


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("name", ["upload", "repeated, with corrections"])
def test_store_that_refuses_any_one_write_changes_nothing(
    name: str, fault: Fault, template: Path, tmp_path: Path
) -> None:
    case = CASES[name]
    (tmp_path / "case").mkdir()
    start = prepared(tmp_path / "case", case, template)
    whole = start.copy()
    n_writes = whole.run(ScriptedExecutor(case.script))
    wanted = whole.result()
    for number in range(1, n_writes + 1):
        refused = start.copy()
        refused.run(ScriptedExecutor(case.script), refuse=range(number, number + 2), fault=fault)
        assert refused.database.n_refused, number
        assert refused.result() == wanted, f"write {number} of {n_writes} was refused"


def chosen_turns(draw: Callable[..., Any], seconds: float) -> list[tuple[float, float, str]]:
    """Turns that do not overlap, of up to three speakers."""
    edges = sorted(draw(st.sets(st.integers(0, int(seconds)), min_size=2, max_size=9)))
    labels = st.sampled_from(["S1", "S2", "S3"])
    return [(float(low), float(high), draw(labels)) for low, high in pairwise(edges)]


@st.composite
def scripts(draw: Callable[..., Any]) -> Case:
    """Any pieces and turns, live words before, an earlier pass, with or without speakers."""
    kinds = st.sampled_from(["words", "rejected", "silent", "failed"])
    pieces = tuple(
        piece(
            number,
            kind,
            draw(st.integers(0, 8)),
            draw(st.sampled_from(["en", None])),
            draw(st.sampled_from([-58.0, -52.0, -25.0, None])),
        )
        for number, kind in enumerate(["words", *draw(st.lists(kinds, max_size=4))])
    )
    seconds = len(pieces) * PIECE_S
    turns = found(chosen_turns(draw, seconds), chosen_turns(draw, seconds))
    labels = st.lists(st.sampled_from(["S1", "S2", "S3", None]), max_size=5)
    earlier = draw(labels)
    return Case(
        Script(pieces, turns),
        JobOptions(speakers=draw(st.booleans())),
        uploaded=draw(st.booleans()),
        live=said(Stage.PROVISIONAL, *draw(labels)),
        final=said(Stage.FINAL, *earlier) if earlier else None,
    )


@hypothesis_settings(max_examples=40, deadline=None)
@given(case=scripts(), kills=st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_killed_again_and_again_it_ends_as_uninterrupted(
    template: Path, tmp_path_factory: pytest.TempPathFactory, case: Case, kills: list[int]
) -> None:
    folder: Path = tmp_path_factory.mktemp("cases") / "case"
    folder.mkdir()
    start = prepared(folder, case, template)
    whole, killed = start.copy(), start.copy()
    whole.run(ScriptedExecutor(case.script))
    for number in kills:
        try:
            killed.run(ScriptedExecutor(case.script), kill_after=number)
        except Killed:
            continue
    killed.run(ScriptedExecutor(case.script))
    assert killed.result() == whole.result()
    shutil.rmtree(folder.parent, ignore_errors=True)


def test_submission_resumes_what_a_killed_process_left(template: Path, tmp_path: Path) -> None:
    """Recovery queues the job at the stage it reached."""
    (tmp_path / "case").mkdir()
    place = prepared(tmp_path / "case", CASES["upload"], template)
    with pytest.raises(Killed):
        place.run(ScriptedExecutor(RICH), kill_after=6)
    with place.store() as store:
        queued: list[str] = []

        class Queue:
            def resume(self, meeting_id: str) -> None:
                queued.append(meeting_id)

        recovered: Any = Queue()
        JobSubmission(store, place.settings, recovered, lambda _: False).recover()
        assert queued == [place.meeting_id]
