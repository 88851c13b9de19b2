"""The Diagnostics page: one diagnosis drawn, worst first, and where its links lead."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.diagnostics.findings import Diagnosis, Verdict
from meetcore.diagnostics.monitor import MonitorView
from meetcore.diagnostics.rules.registry import RULES
from meetcore.errors import ModelUnavailableError
from meetcore.records import LiveHealth
from meetcore.service.model_retry import UNEXPECTED, ModelRetry
from pages.diagnostics import inspect_checkpoint, rungs
from pages.shared import process
from tests.pages import fake_diagnosis as fakes
from tests.pages.conftest import Show, Shown
from tests.pages.fake_backend import FakeLive, FakeService, snapshot

OPENS_WITHIN_S = 1.0


@pytest.fixture
def examiner(monkeypatch: pytest.MonkeyPatch) -> fakes.FakeExaminer:
    """What the page reads; nothing is looked at."""
    fake = fakes.FakeExaminer()
    monkeypatch.setattr(process, "examiner", lambda: fake)
    return fake


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> fakes.FakeMonitor:
    """Figures of ten minutes."""
    fake = fakes.FakeMonitor()
    monkeypatch.setattr(process, "monitor", lambda: fake)
    return fake


@pytest.fixture
def climb(monkeypatch: pytest.MonkeyPatch, service: FakeService) -> ModelRetry:
    """This test's own attempt to load the models anew."""
    attempt = ModelRetry(service.retry_models)
    monkeypatch.setattr(rungs, "model_retry", lambda: attempt)
    return attempt


@pytest.fixture
def draw(
    show: Show, examiner: fakes.FakeExaminer, monitor: fakes.FakeMonitor, climb: ModelRetry
) -> Show:
    """Draws the page from a diagnosis."""

    def drawn(diagnosis: Diagnosis = fakes.REDUCED, **query: str) -> Shown:
        examiner.diagnosis = diagnosis
        return show("diagnostics/page.py", **query)

    return drawn


def commands(shown: Shown) -> list[str]:
    """What can be copied, but for the report."""
    return [each.value for each in shown.app.code if "to fix" not in each.value]


def position(shown: Shown, text: str) -> int:
    """Where a text stands on the page."""
    assert text in shown.html, text
    return shown.html.index(text)


def click(shown: Shown, label: str) -> Shown:
    """Press the button with this label."""
    next(each for each in shown.app.button if each.label == label).click().run()
    return shown


def test_the_mode_and_the_counts_are_the_first_thing(draw: Show) -> None:
    shown = draw()
    assert position(shown, "Words only") < position(shown, "1 to fix")
    assert "No diarizer: the weight is of another generation." in shown.html
    assert "1 warning" in shown.html and "2 fine" in shown.html


def test_cards_are_worst_first_and_commands_can_be_copied(draw: Show) -> None:
    shown = draw()
    assert position(shown, fakes.RED.title) < position(shown, fakes.AMBER.title)
    assert fakes.RED.command in commands(shown)
    assert fakes.AMBER.advice in shown.html
    assert f'href="{fakes.RED.source}"' in shown.html


def test_colour_is_never_the_only_sign(draw: Show) -> None:
    shown = draw()
    for verdict, word in ((Verdict.RED, "to fix"), (Verdict.AMBER, "warning")):
        assert f'class="meetcore-verdict {verdict}" role="img" aria-label="{word}"' in shown.html


def test_what_is_fine_is_folded_and_harmless_things_say_why(draw: Show) -> None:
    shown = draw()
    assert any(each.label == "2 fine" for each in shown.app.expander)
    assert "Their author says the warning can be ignored." in shown.html


def test_a_page_without_findings_says_so(draw: Show) -> None:
    assert "Nothing to fix." in draw(fakes.FINE).html


def test_nothing_is_called_fine_before_it_was_looked_at(draw: Show) -> None:
    shown = draw(fakes.LOOKING)
    assert "Looking at this machine" in shown.html and "Nothing to fix" not in shown.html
    assert "hashing the weights" in shown.html


def test_an_expected_mode_says_so(draw: Show) -> None:
    assert "models not loaded" in draw(replace(fakes.FINE, loaded=False)).html
    assert "models not loaded" not in draw(fakes.FINE).html


def test_libraries_and_weights_are_shown_with_what_wrote_them(draw: Show) -> None:
    shown = draw()
    labels = [each.label for each in shown.app.expander]
    assert "Libraries · 1 to fix, 1 warning, 2 fine" in labels
    assert "Weights · 1 warning, 1 fine" in labels
    for text in ("not installed", "FFmpeg 8.0", "written by pyannote.audio 3.1.1, torch 2.1.1"):
        assert text in shown.html
    assert "key absent" in shown.html and "no published sha256" in shown.html


def test_an_asked_rule_comes_first(draw: Show) -> None:
    shown = draw(rule=fakes.AMBER.rule)
    assert position(shown, fakes.AMBER.title) < position(shown, fakes.RED.title)
    assert shown.html.count(fakes.AMBER.title) == 1


def test_an_asked_rule_that_is_not_the_case_is_explained(draw: Show) -> None:
    shown = draw(rule="torchaudio-cuda")
    rule = RULES["torchaudio-cuda"]
    assert position(shown, "not the case here now") < position(shown, fakes.RED.title)
    assert position(shown, rule.title) < position(shown, fakes.RED.title)
    assert rule.command in commands(shown)


def test_an_asked_rule_that_is_fine_says_what_it_is_about(draw: Show) -> None:
    shown = draw(fakes.FINE, rule="python-version")
    rule = RULES["python-version"]
    assert "Fine here now: 3.11.14" in shown.html and rule.cause in shown.html
    assert rule.symptom in shown.html


def test_an_unknown_rule_is_no_error(draw: Show) -> None:
    assert "You came here for" not in str(draw(rule=fakes.ATTACK).app.caption)


def test_all_can_be_shown_again(draw: Show) -> None:
    shown = click(draw(rule="torchaudio-cuda"), "Show all")
    assert "rule" not in shown.app.query_params
    assert "not the case here now" not in shown.html


def test_nothing_from_outside_is_markup(draw: Show) -> None:
    shown = draw(fakes.HOSTILE)
    assert "<img" not in shown.html and "<script" not in shown.html
    assert 'href="javascript:' not in shown.html


def test_looking_again_is_passed_on(draw: Show, examiner: fakes.FakeExaminer) -> None:
    click(draw(), "Look again")
    assert examiner.refreshed == 1


def test_the_report_can_be_read_and_copied(draw: Show) -> None:
    shown = draw()
    report = shown.data("copying")["text"]
    assert "[introspection]" in report and "1 to fix, 1 warning, 2 fine." in report
    assert report in [each.value for each in shown.app.code]


def test_each_rung_has_its_reason_and_its_remedy(draw: Show) -> None:
    shown = draw()
    for rung in fakes.RUNGS:
        assert rung.reason in shown.html
    assert commands(shown).count(fakes.RUNGS[0].command) == 2
    assert "Why, and how to fix it" in shown.links


def test_trying_again_loads_beside_the_page(
    draw: Show, climb: ModelRetry, service: FakeService
) -> None:
    shown = click(draw(), "Try again")
    wait_for(climb)
    assert ("retry_models",) in service.calls
    shown.app.run()
    assert any("Tried again at" in each.value for each in shown.app.caption)


def test_a_failed_attempt_shows_its_reason(
    draw: Show, climb: ModelRetry, service: FakeService
) -> None:
    service.refusal = ModelUnavailableError("The weight base.en is not in the cache.")
    shown = click(draw(), "Try again")
    wait_for(climb)
    shown.app.run()
    assert "The weight base.en is not in the cache." in shown.app.error[0].value


def test_an_attempt_that_breaks_ends(service: FakeService) -> None:
    service.refusal = RuntimeError("words of somebody")
    attempt = ModelRetry(service.retry_models)
    assert attempt.start()
    wait_for(attempt)
    assert attempt.snapshot().trouble == UNEXPECTED


def test_two_attempts_at_once_are_one() -> None:
    go = threading.Event()
    attempt = ModelRetry(lambda: go.wait(10))
    assert attempt.start() and not attempt.start()
    go.set()
    wait_for(attempt)
    assert attempt.snapshot().trouble == ""


def wait_for(attempt: ModelRetry) -> None:
    """Return when the attempt has ended."""
    end = time.monotonic() + 10
    while attempt.running:
        assert time.monotonic() < end, "the attempt did not end"
        time.sleep(0.01)


def test_without_a_meeting_the_process_is_shown_alone(draw: Show) -> None:
    shown = draw()
    assert any("No meeting is running" in each.value for each in shown.app.caption)
    labels = [each["label"] for each in shown.data("process")["tiles"]]
    assert labels == ["Memory", "Processor", "Threads", "Open files", "Second pass"]


def test_a_running_meeting_shows_its_figures_and_its_errors(
    draw: Show, service: FakeService, monitor: fakes.FakeMonitor
) -> None:
    trace = 'File "meetcore/asr/engines/ctranslate2.py", line 7, in read\nInferenceError'
    health = LiveHealth(
        frames_offered=4211,
        samples_on_disk=16000 * 254,
        backlog=9.4,
        rtf=0.95,
        chunk_errors=3,
        recent_errors=1,
        last_error="InferenceError",
        last_traceback=trace,
        latency_p50=1.62,
        latency_p95=2.9,
    )
    service.lives["m1"] = FakeLive("m1", "Budget", snapshot(health=health))
    monitor.view = MonitorView(fakes.process_samples(), {"m1": fakes.health_samples()})
    shown = draw()
    tiles = {each["label"]: each for each in shown.data("sparks-m1")["tiles"]}
    assert tiles["Recorded"]["value"] == "4:14" and tiles["Frames"]["value"] == "4,211"
    assert tiles["Behind"]["bad"] and tiles["Real-time factor"]["bad"] and tiles["Errors"]["bad"]
    assert tiles["Latency"]["value"] == "1.6 s" and tiles["Latency"]["note"] == "95 % within 2.9 s"
    assert len(tiles["Behind"]["points"]) == 60
    assert "InferenceError" in shown.app.warning[0].value
    assert trace in [each.value for each in shown.app.code]


def test_a_meeting_that_recovered_is_not_alarming(draw: Show, service: FakeService) -> None:
    service.lives["m1"] = FakeLive("m1", "Budget", snapshot(health=LiveHealth(chunk_errors=1)))
    shown = draw()
    assert not shown.app.warning
    assert any(
        "1 error before; none in the last minute." in each.value for each in shown.app.caption
    )


def test_a_pasted_message_finds_its_rule(draw: Show) -> None:
    shown = draw(fakes.FINE)
    shown.app.text_area(key="message").input("… KeyError: 'introspection'").run()
    assert RULES["introspection"].title in shown.html
    assert RULES["introspection"].command in commands(shown)


def test_a_message_without_a_rule_has_a_next_step(draw: Show) -> None:
    shown = draw(fakes.FINE)
    shown.app.text_area(key="message").input("The cat sat on the keyboard").run()
    assert "copy the report" in shown.app.info[0].value


def test_a_checkpoint_is_inspected_by_its_path(draw: Show, tmp_path: Path) -> None:
    shown = draw()
    missing = tmp_path / "nothing.bin"
    shown.app.text_input(key="checkpoint-path").input(str(missing)).run()
    assert "nothing.bin" in shown.html and shown.app.error


def test_no_path_can_be_asked_for_where_others_reach_the_pages(
    draw: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer would say which files this machine has."""
    get = inspect_checkpoint.st.get_option
    monkeypatch.setattr(
        inspect_checkpoint.st,
        "get_option",
        lambda name: "0.0.0.0" if name == "server.address" else get(name),
    )
    labels = [field.label for field in draw().app.text_input]
    assert not [label for label in labels if "path on the machine" in label]


def test_an_inspected_checkpoint_is_compared_with_what_is_installed(
    draw: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = CheckpointInfo(
        Path("pytorch_model.bin"),
        5_905_440,
        "torch zip",
        "pyannote.audio model",
        (("pyannote.audio", "3.1.1"),),
        False,
        n_tensors=54,
        n_parameters=1_473_515,
        precision=("float32",),
    )
    monkeypatch.setattr(inspect_checkpoint, "inspect_checkpoint", lambda path: seen)
    monkeypatch.setattr(
        inspect_checkpoint, "installed_versions", lambda: {"pyannote-audio": "2.1.1"}
    )
    shown = draw(fakes.FINE)
    shown.app.text_input(key="checkpoint-path").input("/anywhere.bin").run()
    assert "pyannote.audio 3.1.1" in shown.html and "absent: pyannote.audio 2.x" in shown.html
    assert RULES["introspection"].title in shown.html


def test_folders_are_named(draw: Show, tmp_path: Path) -> None:
    assert str(tmp_path) in draw().html


@pytest.mark.parametrize("kind", ["REDUCED", "FINE", "LOOKING", "MANY"])
def test_the_page_opens_within_a_second(draw: Show, kind: str) -> None:
    diagnosis = getattr(fakes, kind)
    shown = draw(diagnosis)
    began = time.monotonic()
    shown.app.run()
    assert time.monotonic() - began <= OPENS_WITHIN_S


def test_the_address_reaches_the_examiner(draw: Show, examiner: fakes.FakeExaminer) -> None:
    draw()
    assert examiner.origins
