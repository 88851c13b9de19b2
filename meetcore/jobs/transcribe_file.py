"""Runs all stages on one media file in memory, without the database.

Called by the self-test, the offline bench and `meetcore.transcribe`; returns a `FileTranscription`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.jobs.pipeline import PassPlan, run_pass
from meetcore.jobs.recognize_stage import missing_words
from meetcore.jobs.speech_levels import SpeechLevels
from meetcore.jobs.tasks import (
    Compacted,
    Decoded,
    DecodeTask,
    Diarized,
    Recognized,
    TaskExecutor,
    TaskObserver,
)
from meetcore.records import SAMPLE_RATE, JobOptions, JobStage, Segment, Turn
from meetcore.transcript.attribution import attribute
from meetcore.transcript.reattribution import valid_turns

During = Callable[[JobStage], AbstractContextManager[TaskObserver]]
"""The observer of a stage, entered when the stage begins and left when it ends."""


@dataclass(frozen=True, slots=True)
class FileTranscription:
    """The transcript of one file, and what the stages reported."""

    audio_s: float
    recognized: Recognized
    """Empty where the file has no sound: no model is loaded for it."""
    diarized: Diarized
    segments: tuple[Segment, ...]
    turns: tuple[Turn, ...]
    """With overlaps; empty without a diarization."""
    decoded: Decoded
    """What was found in the file, such as a missing end."""


def transcribe_file(
    source: Path, options: JobOptions, executor: TaskExecutor, during: During
) -> FileTranscription:
    """Transcribe a media file with the stages that an upload goes through.

    The recording lies in a temporary folder, which is deleted at the end.

    Parameters
    ----------
    during : called once for each stage

    Raises
    ------
    TaskStopped
        An observer raised it.
    AudioDecodeError
        The file cannot be read; the message says why.
    ModelUnavailableError
        There is no recognizer; the message holds the remedy. A missing diarizer does not raise.
    MeetcoreError, UnexpectedTaskError
        A stage failed; the first has a sentence for the user.
    """
    results = _MemoryResults(during)
    with tempfile.TemporaryDirectory(prefix="meetcore-pass-") as name:
        folder = Path(name)
        decode = DecodeTask(source, folder, source.name, float("inf"), options.speakers)
        run_pass(PassPlan(folder, options, decode=decode), executor, results)
    return results.transcription()


class _MemoryResults:
    """The PassResults that keep everything in memory."""

    def __init__(self, during: During) -> None:
        self._during = during
        self._n_samples = 0
        self._pieces: list[PieceWords] = []
        self._decoded = Decoded(0, None)
        self._recognized = Recognized()
        self._diarized = Diarized()
        self._segments: tuple[Segment, ...] = ()

    def observe(self, stage: JobStage) -> AbstractContextManager[TaskObserver]:
        return self._during(stage)

    def decoded(self, done: Decoded) -> None:
        self._decoded = done

    def measured(self, n_samples: int) -> None:
        self._n_samples = n_samples

    def check_stop(self) -> None:
        """Nothing: there is no raw recording to compress."""

    def compacted(self, done: Compacted) -> None:
        """Nothing is kept of it."""

    def piece(self, words: PieceWords) -> None:
        self._pieces.append(words)

    def recognized(self, done: Recognized) -> None:
        levels = SpeechLevels()
        for piece in self._pieces:
            levels.add(piece)
        notes = (done.detail, levels.sentence(), missing_words(done.failed_samples))
        self._recognized = replace(done, detail=" ".join(filter(None, notes)))

    def diarized(self, done: Diarized) -> None:
        self._diarized = done

    def attribute(self) -> None:
        with self._during(JobStage.ATTRIBUTING):
            found = self._diarized.diarization
            words = [word for piece in self._pieces for word in piece.words]
            turns = valid_turns(found.exclusive_turns) if found else ()
            self._segments = tuple(attribute(words, turns))

    def transcription(self) -> FileTranscription:
        found = self._diarized.diarization
        turns = valid_turns(found.turns) if found else ()
        seconds = self._n_samples / SAMPLE_RATE
        return FileTranscription(
            seconds, self._recognized, self._diarized, self._segments, turns, self._decoded
        )
