"""One file through every stage of the offline pass, with nothing kept: to measure it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from meetcore.asr.offline.recording import PieceWords
from meetcore.jobs.tasks import (
    Decoded,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Engine,
    Recognized,
    RecognizeTask,
    Task,
    Watch,
)
from meetcore.records import SAMPLE_RATE, JobOptions, JobStage, Segment, Turn
from meetcore.transcript.attribution import attribute
from meetcore.transcript.reattribution import sound_turns

During = Callable[[JobStage], AbstractContextManager[Watch]]
"""Around each stage: who follows it, from its begin to its end."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class SinglePass:
    """What one file gave."""

    audio_s: float
    recognized: Recognized
    diarized: Diarized
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    """With overlaps; of nobody where speakers were not told apart."""


def pass_over(source: Path, options: JobOptions, engine: Engine, during: During) -> SinglePass:
    """Transcribe a file as an upload is; what the work itself needs lives in a folder of its own.

    Raises
    ------
    Stopped
        A watch wanted it.
    MeetcoreError, UnknownFailure
        It cannot be done; without a diarizer it can.
    """
    pieces: list[PieceWords] = []
    diarized = Diarized()
    with tempfile.TemporaryDirectory(prefix="meetcore-pass-") as name:
        folder = Path(name)

        def run(stage: JobStage, task: Task, kind: type[Answer]) -> Answer:
            with during(stage) as watch:
                result = engine.run(task, _Collecting(watch, pieces))
            assert isinstance(result, kind)
            return result

        decode = DecodeTask(source, folder, source.name, float("inf"), options.speakers)
        decoded = run(JobStage.DECODING, decode, Decoded)
        recognized = run(JobStage.RECOGNIZING, RecognizeTask(folder, 0, options), Recognized)
        if options.speakers:
            diarized = run(JobStage.DIARIZING, DiarizeTask(folder, options), Diarized)
    found = diarized.diarization
    with during(JobStage.ATTRIBUTING):
        words = [word for piece in pieces for word in piece.words]
        segments = attribute(words, sound_turns(found.exclusive_turns) if found else ())
    turns = sound_turns(found.turns) if found else ()
    seconds = decoded.n_samples / SAMPLE_RATE
    return SinglePass(seconds, recognized, diarized, tuple(segments), turns)


@dataclass(frozen=True, slots=True)
class _Collecting:
    """A Watch that keeps the words and leaves the rest to another."""

    watch: Watch
    pieces: list[PieceWords]

    def poll(self) -> None:
        self.watch.poll()

    def progress(self, part: float) -> None:
        self.watch.progress(part)

    def piece(self, words: PieceWords) -> None:
        self.watch.piece(words)
        self.pieces.append(words)
