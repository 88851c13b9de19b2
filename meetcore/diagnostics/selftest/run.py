"""The self-test: the real pipeline on a conversation whose words and speakers are known."""

from __future__ import annotations

import enum
import importlib.util
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from meetcore.diagnostics.findings import Verdict
from meetcore.diagnostics.selftest.expected import Measure, measures, remark
from meetcore.diagnostics.selftest.progress import SPANS, PassProgress, Progress
from meetcore.errors import MeetcoreError, ModelUnavailableError
from meetcore.installation import REINSTALL
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.tasks import TaskExecutor, TaskStopped, UnexpectedTaskError
from meetcore.jobs.transcribe_file import FileTranscription, transcribe_file
from meetcore.metrics.accuracy import Accuracy, accuracy
from meetcore.metrics.reference import load_reference
from meetcore.records import JobOptions, JobStage, Mode
from meetcore.settings import Settings
from meetcore.supervised import note

logger = logging.getLogger(__name__)

LANGUAGE = "en"
"""The language of the sample, which replaces the one in the settings."""
JOIN_TIMEOUT_S = 10.0
INSTALL = f"run: {REINSTALL}"

Run = Callable[[Settings, Progress], "SelfTestResult"]


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """Figures of one self-test and their expected values."""

    recognizer: str
    """Weight, engine and device: "base.en · ctranslate2 · cpu int8"."""
    voices: str
    """The embedding weight; empty without speakers."""
    mode: Mode
    audio_s: float
    stages: tuple[tuple[str, float], ...]
    """Wall-clock seconds of each stage, without the loading of models."""
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()
    """What is missing, or which model was replaced: sentences, each with the next step."""
    remark: str = ""
    """Why some figures have no expected value."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the measures; at least amber where something is missing."""
        seen = {measure.verdict for measure in self.measures}
        if Verdict.RED in seen:
            return Verdict.RED
        return Verdict.AMBER if self.notes or Verdict.AMBER in seen else Verdict.GREEN


class SelfTestState(enum.StrEnum):
    """The state of a self-test."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SelfTestView:
    """Snapshot of a self-test, for a page."""

    state: SelfTestState = SelfTestState.IDLE
    stage: str = ""
    progress: float = 0.0
    """0 to 1; never decreases."""
    elapsed_s: float = 0.0
    result: SelfTestResult | None = None
    trouble: str = ""
    """Why there is no result, one sentence with the next step; empty otherwise."""


def sample_file() -> Path:
    """The 30 s, two-speaker conversation in the pyannote.audio package, found without importing it.

    Raises
    ------
    ModelUnavailableError
        It is not installed; the message says what to install.
    """
    spec = importlib.util.find_spec("pyannote")
    for place in (spec.submodule_search_locations if spec else None) or ():
        found = Path(place) / "audio" / "sample" / "sample.wav"
        if all(found.with_suffix(ending).is_file() for ending in (".wav", ".stm", ".rttm")):
            return found
    raise ModelUnavailableError(
        "The conversation of the self-test comes with pyannote.audio, which is not installed;"
        f" {INSTALL}"
    )


def run_self_test(
    settings: Settings, progress: Progress, executor: TaskExecutor | None = None
) -> SelfTestResult:
    """Transcribe the sample like an upload, in a worker process, and score the result.

    Takes about half a minute, most of it to load models; no meeting is created.

    Raises
    ------
    MeetcoreError
        It could not run; the message says what to do.
    UnexpectedTaskError
        A library failed in the worker process; the cause is in the log.
    TaskStopped
        `progress` raised it.
    """
    sample = sample_file()
    reference = load_reference([sample.with_suffix(".stm"), sample.with_suffix(".rttm")])
    tracked = PassProgress(progress)
    options = JobOptions(language=LANGUAGE, speakers=settings.diarizer != "off")
    executor = executor or ProcessExecutor(settings)
    try:
        done = transcribe_file(sample, options, executor, tracked.during)
    finally:
        executor.close()
    turns = done.turns if done.diarized.diarization else None
    try:
        errors = accuracy(done.segments, turns, reference, done.audio_s)
    except ImportError as error:
        raise ModelUnavailableError(f"The figures need {error.name}; {INSTALL}") from error
    return _result(done, errors, tracked.spent, options.speakers)


def _result(
    done: FileTranscription, errors: Accuracy, spent: dict[JobStage, float], wanted: bool
) -> SelfTestResult:
    found = done.diarized.diarization is not None
    weight, voices = done.recognized.weight, done.diarized.weight if found else ""
    remarks = [remark(weight, voices)]
    if not wanted:
        remarks.append("The settings switch speakers off, so only words are measured.")
    return SelfTestResult(
        recognizer=done.recognized.recognizer,
        voices=voices,
        mode=Mode.FULL if found else Mode.TRANSCRIPTION_ONLY,
        audio_s=done.audio_s,
        stages=tuple((SPANS[stage].working, seconds) for stage, seconds in spent.items()),
        measures=measures(weight, voices, errors, sum(spent.values()) / done.audio_s),
        notes=tuple(filter(None, (done.recognized.detail, done.diarized.detail))),
        remark=" ".join(filter(None, remarks)),
    )


class SelfTest:
    """Runs the self-test on a thread of its own, one at a time.

    Every method may be called from any thread. Only close() blocks, for a few seconds at most.
    """

    def __init__(self, settings: Settings, run: Run = run_self_test) -> None:
        self._settings = settings
        self._run = run
        self._lock = threading.Lock()
        self._view = SelfTestView()
        self._began_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self) -> bool:
        """Start a self-test; False where one is running already, or after close()."""
        with self._lock:
            if self._closed or self._view.state is SelfTestState.RUNNING:
                return False
            self._stop = threading.Event()
            self._began_at = time.monotonic()
            self._view = SelfTestView(SelfTestState.RUNNING, SPANS[JobStage.DECODING].loading)
            self._thread = threading.Thread(
                target=self._work, args=(self._stop,), name="self-test", daemon=True
            )
            self._thread.start()
            return True

    def cancel(self) -> None:
        """Stop a running self-test and its worker process soon; returns at once."""
        self._stop.set()

    def close(self) -> None:
        """Cancel and wait for the end; idempotent."""
        with self._lock:
            self._closed = True
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(JOIN_TIMEOUT_S)

    def snapshot(self) -> SelfTestView:
        """The current state."""
        with self._lock:
            view = self._view
            if view.state is SelfTestState.RUNNING:
                return replace(view, elapsed_s=time.monotonic() - self._began_at)
            return view

    def _work(self, stop: threading.Event) -> None:
        """Runs on the self-test's thread; the except is broad because this is its top."""
        try:
            result = self._run(self._settings, lambda stage, part: self._note(stop, stage, part))
        except TaskStopped:
            self._end(SelfTestState.CANCELLED)
        except MeetcoreError as error:
            logger.warning("the self-test could not run: %s", type(error).__name__)
            self._end(SelfTestState.FAILED, trouble=str(error))
        except Exception as error:
            note("self-test", error)
            kind = str(error) if isinstance(error, UnexpectedTaskError) else type(error).__name__
            trouble = f"The self-test failed ({kind}); the server's log has the cause."
            self._end(SelfTestState.FAILED, trouble=trouble)
        else:
            self._end(SelfTestState.DONE, result)

    def _note(self, stop: threading.Event, stage: str, part: float) -> None:
        if stop.is_set():
            raise TaskStopped
        with self._lock:
            progress = max(self._view.progress, part)
            self._view = replace(self._view, stage=stage, progress=progress)

    def _end(
        self, state: SelfTestState, result: SelfTestResult | None = None, trouble: str = ""
    ) -> None:
        with self._lock:
            elapsed = time.monotonic() - self._began_at
            self._view = replace(
                self._view, state=state, elapsed_s=elapsed, result=result, trouble=trouble
            )
