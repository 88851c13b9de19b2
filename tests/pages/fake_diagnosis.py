"""An examiner that has looked already, and diagnoses of several kinds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.diagnostics.findings import (
    Area,
    Diagnosis,
    FileState,
    Finding,
    LibraryVersion,
    RungReport,
    RungState,
    Verdict,
    WeightReport,
)
from meetcore.diagnostics.monitor import HealthSample, MonitorView
from meetcore.diagnostics.process_usage import ProcessSample
from meetcore.records import Mode
from pages.shared.process import ExaminerProtocol, MonitorProtocol

ATTACK = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
NOW = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)

RED = Finding(
    rule="introspection",
    verdict=Verdict.RED,
    area=Area.WEIGHTS,
    title="The speaker weight is of a newer generation than pyannote.audio",
    found="pytorch_model.bin was written by pyannote.audio 3.1.1 and has no 'introspection'; the"
    " installed 2.1.1 looks for it.",
    meaning="Meetings go on, with words but without speakers.",
    command=".venv/bin/uv pip install -c constraints.txt pyannote.audio",
    source="https://github.com/pyannote/pyannote-audio/blob/2.1.1/pyannote/audio/core/model.py",
)
AMBER = Finding(
    rule="disk-space",
    verdict=Verdict.AMBER,
    area=Area.MACHINE,
    title="Little space is left",
    found="1.9 GB are free in the data folder.",
    meaning="An hour of recording takes 115 MB.",
    advice="Delete recordings that nobody needs.",
    source="meetcore/audio/recording.py",
)
GREEN = Finding("python-version", Verdict.GREEN, Area.VERSIONS, "Python", "3.11.14", "")
HARMLESS = Finding(
    rule="checkpoint-0.0.1",
    verdict=Verdict.GREEN,
    area=Area.WEIGHTS,
    title="“Model was trained with pyannote.audio 0.0.1”",
    found="pytorch_model.bin says it was written by 0.0.1.",
    meaning="Their author says the warning can be ignored.",
    source="https://github.com/pyannote/pyannote-audio/issues/1342",
)
LIBRARIES = (
    LibraryVersion("Python", "3.11.14", "3.11", Verdict.GREEN),
    LibraryVersion("av", "17.1.0", "17.1.0", Verdict.GREEN, "FFmpeg 8.0"),
    LibraryVersion("pyannote-audio", "2.1.1", "4.0.7", Verdict.AMBER, "another version"),
    LibraryVersion("torchaudio", None, "2.11.0", Verdict.RED, "without: speakers"),
)
WEIGHTS = (
    WeightReport(
        "segmentation-3.0",
        "who speaks when",
        FileState.VERIFIED,
        5_905_440,
        "pyannote",
        "MIT",
        "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
        CheckpointInfo(
            Path("pytorch_model.bin"),
            written_by=(("pyannote.audio", "3.1.1"), ("torch", "2.1.1")),
            has_introspection=False,
        ),
    ),
    WeightReport("mine.pt", "second pass", FileState.GIVEN, 144_000_000, verdict=Verdict.AMBER),
)
RUNGS = (
    RungReport(
        Mode.FULL,
        RungState.LEFT,
        "The weight segmentation-3.0 is of another generation of pyannote.audio.",
        ".venv/bin/uv pip install -c constraints.txt pyannote.audio",
        "introspection",
    ),
    RungReport(Mode.TRANSCRIPTION_ONLY, RungState.IN_FORCE, "tiny.en recognises words."),
    RungReport(Mode.RECORDING_ONLY, RungState.NOT_TRIED, "A better one holds."),
)
REDUCED = Diagnosis(
    headline="Words only",
    why="No diarizer: the weight is of another generation.",
    mode=Mode.TRANSCRIPTION_ONLY,
    findings=(RED, AMBER, GREEN, HARMLESS),
    libraries=LIBRARIES,
    weights=WEIGHTS,
    rungs=RUNGS,
    examined_at=NOW,
    loaded=True,
)
FINE = replace(
    REDUCED,
    headline="Words and speakers",
    why="Open weights; this machine keeps up with tiny.en while people talk.",
    mode=Mode.FULL,
    findings=(GREEN, HARMLESS),
    rungs=(
        RungReport(Mode.FULL, RungState.IN_FORCE, "Open weights."),
        RungReport(Mode.TRANSCRIPTION_ONLY, RungState.NOT_TRIED, "A better one holds."),
        RungReport(Mode.RECORDING_ONLY, RungState.NOT_TRIED, "A better one holds."),
    ),
)
LOOKING = Diagnosis(pending=("looking at versions and files", "hashing the weights"))
HOSTILE = replace(
    REDUCED,
    headline=ATTACK,
    why=ATTACK,
    findings=(
        replace(RED, rule=ATTACK, title=ATTACK, found=ATTACK, meaning=ATTACK, source=ATTACK),
        replace(GREEN, title=ATTACK, found=ATTACK, source=f"https://x/{ATTACK}"),
        replace(AMBER, advice=ATTACK, source="javascript:alert(1)"),
    ),
    libraries=(LibraryVersion(ATTACK, ATTACK, ATTACK, Verdict.RED, ATTACK),),
    weights=(replace(WEIGHTS[0], name=ATTACK, note=ATTACK, publisher=ATTACK),),
    rungs=(replace(RUNGS[0], reason=ATTACK),),
    pending=(ATTACK,),
)
MANY = replace(
    REDUCED,
    findings=tuple(
        replace(RED if index < 8 else AMBER, rule=f"rule-{index}", title=f"Thing number {index}")
        for index in range(20)
    ),
)


def process_samples(count: int = 300) -> tuple[ProcessSample, ...]:
    """Ten minutes of a process."""
    return tuple(
        ProcessSample(
            NOW + timedelta(seconds=2 * index),
            rss_mib=900.0 + index % 40,
            threads=40 + index % 3,
            open_files=61,
            cpu_percent=30.0 + (index * 7) % 60,
            worker_rss_mib=1400.0,
        )
        for index in range(count)
    )


def health_samples(count: int = 60) -> tuple[HealthSample, ...]:
    """Two minutes of a meeting."""
    return tuple(
        HealthSample(
            NOW + timedelta(seconds=2 * index),
            backlog=0.4 + (index % 9) / 10,
            step=1.0,
            rtf=0.3 + (index % 5) / 50,
            latency_p50=1.6,
            latency_p95=2.9,
            chunk_errors=0,
            samples_on_disk=32_000 * index,
            frames_offered=100 * index,
        )
        for index in range(count)
    )


@dataclass
class FakeExaminer:
    """Gives one diagnosis; counts the calls of `refresh`."""

    diagnosis: Diagnosis = REDUCED
    refreshed: int = 0
    origins: list[str | None] = field(default_factory=list)

    def start(self) -> None:
        """Nothing runs in the background."""

    def close(self) -> None:
        """Nothing runs in the background."""

    def snapshot(self, origin: str | None = None) -> Diagnosis:
        self.origins.append(origin)
        return self.diagnosis

    def refresh(self) -> None:
        self.refreshed += 1


@dataclass
class FakeMonitor:
    """Has sampled for ten minutes."""

    view: MonitorView = field(default_factory=lambda: MonitorView(process_samples()))

    def start(self) -> None:
        """Nothing runs in the background."""

    def stop(self) -> None:
        """Nothing runs in the background."""

    def snapshot(self) -> MonitorView:
        return self.view


if TYPE_CHECKING:  # mypy holds the fakes to what pages ask of the real ones
    HELD: tuple[ExaminerProtocol, MonitorProtocol] = (FakeExaminer(), FakeMonitor())
