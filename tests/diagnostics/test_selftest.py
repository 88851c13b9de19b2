"""The self-test: thread and verdicts with a fake engine, and once with the real pipeline."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from meetcore.diagnostics.findings import Verdict
from meetcore.diagnostics.selftest import expected
from meetcore.diagnostics.selftest import run as selftest
from meetcore.diagnostics.selftest.expected import measures, remark
from meetcore.diagnostics.selftest.run import (
    Progress,
    SelfTest,
    SelfTestResult,
    SelfTestState,
    SelfTestView,
    run_self_test,
)
from meetcore.errors import ModelUnavailableError
from meetcore.jobs.executors.child_process import ProcessExecutor
from meetcore.jobs.tasks import (
    Decoded,
    DecodeTask,
    Diarized,
    DiarizeTask,
    Recognized,
    RecognizeTask,
    Result,
    Task,
    TaskObserver,
)
from meetcore.metrics.accuracy import Accuracy
from meetcore.metrics.der import DiarizationErrors
from meetcore.metrics.wer import WordErrors
from meetcore.records import Mode
from meetcore.settings import Settings

RESULT = SelfTestResult("tiny.en", "", Mode.TRANSCRIPTION_ONLY, 30.0, (), ())


def ended(test: SelfTest, timeout_s: float = 10.0) -> SelfTestView:
    """The snapshot after the run has ended."""
    end = time.monotonic() + timeout_s
    while (view := test.snapshot()).state is SelfTestState.RUNNING:
        assert time.monotonic() < end, view
        time.sleep(0.01)
    return view


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, _env_file=None)


def test_one_runs_at_a_time_and_can_be_cancelled(settings: Settings) -> None:
    started = threading.Event()

    def run(settings: Settings, progress: Progress) -> SelfTestResult:
        progress("Recognizing words", 0.5)
        progress("Recognizing words", 0.4)
        started.set()
        while True:
            time.sleep(0.01)
            progress("Recognizing words", 0.45)

    test = SelfTest(settings, run)
    assert test.snapshot().state is SelfTestState.IDLE
    assert test.start() and started.wait(5)
    assert not test.start(), "a second start does nothing"
    view = test.snapshot()
    assert (view.state, view.stage) == (SelfTestState.RUNNING, "Recognizing words")
    assert view.progress == 0.5, "progress never decreases"
    assert view.elapsed_s > 0
    test.cancel()
    assert ended(test).state is SelfTestState.CANCELLED
    assert test.start(), "after it was cancelled it may run again"
    test.close()
    test.close()
    assert test.snapshot().state is SelfTestState.CANCELLED and not test.start()
    assert not [thread for thread in threading.enumerate() if thread.name == "self-test"]


def test_a_result_stays_until_the_next_run(settings: Settings) -> None:
    test = SelfTest(settings, lambda settings, progress: RESULT)
    test.start()
    view = ended(test)
    assert view.state is SelfTestState.DONE and view.result is RESULT


@pytest.mark.parametrize(
    "error, sentence",
    [
        (ModelUnavailableError("No weight; run: x"), "No weight; run: x"),
        (RuntimeError("/home/ana/secret"), "The self-test failed (RuntimeError)"),
    ],
)
def test_a_failure_is_one_sentence(settings: Settings, error: Exception, sentence: str) -> None:
    def run(settings: Settings, progress: Progress) -> SelfTestResult:
        raise error

    test = SelfTest(settings, run)
    test.start()
    view = ended(test)
    assert view.state is SelfTestState.FAILED and view.result is None
    assert view.trouble.startswith(sentence) and "secret" not in view.trouble


def test_without_the_sample_the_error_has_a_remedy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailableError, match="pip install"):
        run_self_test(settings, lambda stage, part: None)


class WordlessEngine:
    """An engine that recognizes no words and has no diarizer."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.closed = False

    def run(self, task: Task, watch: TaskObserver) -> Result:
        self.tasks.append(task)
        watch.progress(0.0)
        match task:
            case DecodeTask():
                return Decoded(30 * 16_000, None)
            case RecognizeTask():
                return Recognized("other · ctranslate2 · cpu int8", "other")
            case DiarizeTask():
                return Diarized(detail="No diarizer holds; run: y")
        raise AssertionError(task)

    def idle(self) -> None: ...

    def close(self) -> None:
        self.closed = True


def test_without_a_diarizer_only_words_are_measured(settings: Settings) -> None:
    engine, reported = WordlessEngine(), []
    result = run_self_test(settings, lambda stage, part: reported.append((stage, part)), engine)
    assert engine.closed
    assert result.mode is Mode.TRANSCRIPTION_ONLY
    assert [measure.key for measure in result.measures] == ["wer", "rtf"]
    assert result.measures[0].value == 1.0 and result.measures[0].verdict is None
    assert result.notes == ("No diarizer holds; run: y",)
    assert "other" in result.remark
    assert result.verdict is Verdict.AMBER
    parts = [part for _, part in reported]
    assert parts == sorted(parts) and reported[-1][0] == "Comparing with what was said"


def test_speakers_switched_off_are_no_problem(tmp_path: Path) -> None:
    engine = WordlessEngine()
    off = Settings(data_dir=tmp_path, diarizer="off", _env_file=None)
    result = run_self_test(off, lambda stage, part: None, engine)
    assert not any(isinstance(task, DiarizeTask) for task in engine.tasks)
    assert not result.notes and "switch speakers off" in result.remark


def test_figures_are_compared_with_the_row_of_the_weight() -> None:
    worse = Accuracy(
        WordErrors(0, 0, 12, 87), WordErrors(0, 0, 40, 87), DiarizationErrors(1, 0, 0, 24), 2
    )
    found = measures("base.en", expected.VOICES, worse, 1.4)
    verdicts = {measure.key: measure.verdict for measure in found}
    assert verdicts == {
        "wer": Verdict.AMBER,
        "cpwer": Verdict.RED,
        "der": Verdict.GREEN,
        "rtf": Verdict.AMBER,
    }
    assert found[-1].judgement == "slower than talk"
    assert {measure.verdict for measure in measures("mine", "theirs", worse, 0.1)} == {
        None,
        Verdict.GREEN,
    }
    assert "mine and theirs" in remark("mine", "theirs") and not remark("base", "")


@pytest.mark.model
def test_the_real_pipeline_gives_what_is_expected(
    settings_for: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, recognizer="tiny.en")
    test = SelfTest(settings, selftest.run_self_test)
    assert test.start()
    stages = set()
    end = time.monotonic() + 240
    while (view := test.snapshot()).state is SelfTestState.RUNNING:
        assert time.monotonic() < end, view
        stages.add(view.stage)
        time.sleep(0.05)
    assert view.state is SelfTestState.DONE, view.trouble
    assert view.result is not None and not view.result.notes
    assert view.result.mode is Mode.FULL and view.result.voices == expected.VOICES
    figures = {measure.key: measure for measure in view.result.measures}
    # The time depends on what else this machine does.
    errors = [figures[key].verdict for key in ("wer", "cpwer", "der")]
    assert errors == [Verdict.GREEN] * 3 and figures["rtf"].value > 0, figures
    row = next(row for row in expected.EXPECTED if row.weight == "tiny.en")
    assert figures["wer"].value == pytest.approx(row.wer, abs=expected.WORDS_TOLERANCE)
    assert figures["der"].value == pytest.approx(expected.DER, abs=expected.DER_TOLERANCE)
    assert {"Recognizing words", "Finding speakers"} <= stages
    assert not settings.data_dir.exists(), "nothing is stored"


@pytest.mark.model
def test_cancelling_ends_the_worker_process(
    settings_for: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[ProcessExecutor] = []

    def make(settings: Settings) -> ProcessExecutor:
        engines.append(ProcessExecutor(settings))
        return engines[-1]

    monkeypatch.setattr(selftest, "ProcessExecutor", make)
    test = SelfTest(settings_for(tmp_path, recognizer="tiny.en"))
    test.start()
    end = time.monotonic() + 20
    while not (engines and engines[0].pid):
        assert time.monotonic() < end
        time.sleep(0.02)
    test.cancel()
    assert ended(test).state is SelfTestState.CANCELLED
    assert engines[0].pid is None
