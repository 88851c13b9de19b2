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
from meetcore.diagnostics.selftest.progress import SPANS, Follower, Progress
from meetcore.errors import MeetcoreError, ModelUnavailableError
from meetcore.jobs.engines.child_process import ProcessEngine
from meetcore.jobs.single_file import SinglePass, pass_over
from meetcore.jobs.tasks import Engine, TaskStopped, UnexpectedTaskError
from meetcore.metrics.accuracy import Accuracy, accuracy
from meetcore.metrics.reference import load_reference
from meetcore.records import JobOptions, JobStage, Mode
from meetcore.settings import Settings

logger = logging.getLogger(__name__)

LANGUAGE = "en"
"""What is spoken in the sample, whatever the settings say of meetings."""
JOIN_S = 10.0
INSTALL = "run: pip install -r requirements.txt"

Run = Callable[[Settings, Progress], "SelfTestResult"]


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """What the pipeline gave, beside what it should."""

    recognizer: str
    """Weight, engine and device: "base.en · ctranslate2 · cpu int8"."""
    voices: str
    """The weight that told voices apart; empty where nothing did."""
    mode: Mode
    audio_s: float
    stages: tuple[tuple[str, float], ...]
    """What each stage took, in wall-clock seconds without the loading of models."""
    measures: tuple[Measure, ...]
    notes: tuple[str, ...] = ()
    """What is missing, or not the model asked for: sentences, each with its next step."""
    remark: str = ""
    """Why something has no expected value."""

    @property
    def verdict(self) -> Verdict:
        """The worst of the measures; amber at least where something is missing."""
        seen = {measure.verdict for measure in self.measures}
        if Verdict.RED in seen:
            return Verdict.RED
        return Verdict.AMBER if self.notes or Verdict.AMBER in seen else Verdict.GREEN


class SelfTestState(enum.StrEnum):
    """Where a self-test is."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SelfTestView:
    """A self-test as a page shows it."""

    state: SelfTestState = SelfTestState.IDLE
    stage: str = ""
    progress: float = 0.0
    """0 to 1; never goes back."""
    elapsed_s: float = 0.0
    result: SelfTestResult | None = None
    trouble: str = ""
    """Why there is no result, one sentence with the next step."""


def sample_file() -> Path:
    """The 30 s, two-speaker conversation that pyannote.audio brings; nothing is imported.

    Raises
    ------
    ModelUnavailableError
        It is not on this machine; the message holds the remedy.
    """
    spec = importlib.util.find_spec("pyannote")
    for place in (spec.submodule_search_locations if spec else None) or ():
        found = Path(place) / "audio" / "sample" / "sample.wav"
        if all(found.with_suffix(ending).is_file() for ending in (".wav", ".stm", ".rttm")):
            return found
    raise ModelUnavailableError(
        f"The conversation of the self-test comes with pyannote.audio, which is not here; {INSTALL}"
    )


def run_self_test(
    settings: Settings, progress: Progress, engine: Engine | None = None
) -> SelfTestResult:
    """Transcribe the sample as an upload is, in a process of its own, and score what comes of it.

    Takes about half a minute, most of it loading; nothing reaches the library.

    Raises
    ------
    MeetcoreError
        It could not run; the message holds the remedy.
    UnexpectedTaskError
        A library failed in the worker process; the log has the rest.
    TaskStopped
        Raised by `progress`.
    """
    sample = sample_file()
    reference = load_reference([sample.with_suffix(".stm"), sample.with_suffix(".rttm")])
    follower = Follower(progress)
    options = JobOptions(language=LANGUAGE, speakers=settings.diarizer != "off")
    engine = engine or ProcessEngine(settings)
    try:
        done = pass_over(sample, options, engine, follower.during)
    finally:
        engine.close()
    turns = done.turns if done.diarized.diarization else None
    try:
        errors = accuracy(done.segments, turns, reference, done.audio_s)
    except ImportError as error:
        raise ModelUnavailableError(f"The figures need {error.name}; {INSTALL}") from error
    return _result(done, errors, follower.spent, options.speakers)


def _result(
    done: SinglePass, errors: Accuracy, spent: dict[JobStage, float], wanted: bool
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
    """The self-test of one process: one at a time, on a thread of its own.

    start(), cancel(), close() and snapshot() may be called from any thread and don't block,
    close() apart, which waits a few seconds at most.
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
        """Begin; False where one runs already, or after close()."""
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
        """End a running one soon; its worker process goes with it."""
        self._stop.set()

    def close(self) -> None:
        """Cancel and wait for the end; idempotent."""
        with self._lock:
            self._closed = True
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(JOIN_S)

    def snapshot(self) -> SelfTestView:
        """Where it is now."""
        with self._lock:
            view = self._view
            if view.state is SelfTestState.RUNNING:
                return replace(view, elapsed_s=time.monotonic() - self._began_at)
            return view

    def _work(self, stop: threading.Event) -> None:
        """The except is broad because this is the top of a thread."""
        try:
            result = self._run(self._settings, lambda stage, part: self._note(stop, stage, part))
        except TaskStopped:
            self._end(SelfTestState.CANCELLED)
        except MeetcoreError as error:
            logger.warning("the self-test could not run: %s", type(error).__name__)
            self._end(SelfTestState.FAILED, trouble=str(error))
        except Exception as error:
            logger.exception("the self-test failed")
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
