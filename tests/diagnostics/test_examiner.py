"""The examiner answers at once, looks in the background, and lets go when it is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from meetcore.diagnostics import examiner as module
from meetcore.diagnostics.examiner import DEEP, Examiner
from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Verdict
from meetcore.records import Mode, ModelsInUse
from tests.diagnostics.made_facts import healthy, made_settings, with_versions


class Looks:
    """Stands for the gathering: what it gives, how often it was asked, and a gate before it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.facts = healthy(trials={})
        self.quick = self.deep = 0
        self.gate, self.quick_gate = threading.Event(), threading.Event()
        self.gate.set()
        self.quick_gate.set()
        monkeypatch.setattr(module, "quick_facts", self._quick)
        monkeypatch.setattr(module, "deep_facts", self._deep)

    def _quick(self, settings: Any) -> Facts:
        self.quick += 1
        self.quick_gate.wait(5)
        return self.facts

    def _deep(self, facts: Facts, between: Callable[[], None]) -> Facts:
        self.deep += 1
        while not self.gate.wait(0.01):
            between()
        between()
        return replace(facts, trials=healthy().trials)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(monkeypatch)


@pytest.fixture
def examiner(looks: Looks) -> Iterator[Examiner]:
    made = Examiner(made_settings(), lambda: None)
    yield made
    made.close()


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def test_a_page_never_waits_and_sees_more_as_it_is_found(looks: Looks, examiner: Examiner) -> None:
    looks.gate.clear()
    examiner.start()
    until(lambda: examiner.snapshot().findings)
    first = examiner.snapshot()
    assert first.pending == (DEEP,) and first.examined_at is not None
    assert "broken-library" not in {one.rule for one in first.findings}
    looks.gate.set()
    until(lambda: not examiner.snapshot().pending)
    assert "broken-library" in {one.rule for one in examiner.snapshot().findings}


def test_before_anything_is_known_it_says_what_it_does(looks: Looks, examiner: Examiner) -> None:
    looks.quick_gate.clear()
    found = examiner.snapshot()
    assert found.pending and found.mode is None and not found.findings
    looks.quick_gate.set()
    until(lambda: not examiner.snapshot().pending)


def test_looking_twice_at_once_is_looking_once(looks: Looks, examiner: Examiner) -> None:
    looks.gate.clear()
    for _ in range(5):
        examiner.refresh()
    looks.gate.set()
    until(lambda: not examiner.snapshot().pending)
    assert looks.deep == 1


def test_what_was_mended_is_green_after_looking_again(looks: Looks, examiner: Examiner) -> None:
    looks.facts = with_versions(pyannote_audio="2.1.1")
    examiner.refresh()
    until(lambda: not examiner.snapshot().pending)
    assert examiner.snapshot().verdict is Verdict.RED
    looks.facts = healthy()
    examiner.refresh()
    until(lambda: not examiner.snapshot().pending)
    assert examiner.snapshot().verdict is Verdict.GREEN


def test_loaded_models_and_the_address_are_taken_as_they_are_now(looks: Looks) -> None:
    loaded: list[ModelsInUse] = []
    examiner = Examiner(made_settings(), lambda: loaded[-1] if loaded else None)
    until(lambda: examiner.snapshot().findings)
    assert not examiner.snapshot().loaded
    loaded.append(ModelsInUse(Mode.FULL, reason="base.en writes live."))
    assert examiner.snapshot().loaded and examiner.snapshot().why == "base.en writes live."
    over_http = examiner.snapshot("http://office:8501/diagnostics")
    assert over_http.findings[0].rule == "insecure-origin"
    assert examiner.snapshot("http://localhost:8501/").verdict is Verdict.GREEN
    examiner.close()


def test_closing_gives_up_what_runs(looks: Looks, examiner: Examiner) -> None:
    before = set(threading.enumerate())
    looks.gate.clear()
    examiner.refresh()
    until(lambda: looks.deep)
    examiner.close()
    examiner.close()
    assert not [one for one in set(threading.enumerate()) - before if one.name == "examiner"]
    examiner.refresh()
    assert looks.deep == 1, "a closed one looks no more"


def test_a_look_that_fails_is_over_and_can_be_tried_again(
    looks: Looks, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: Any) -> Facts:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(module, "quick_facts", broken)
    examiner.refresh()
    until(lambda: not examiner.snapshot().pending)
    monkeypatch.setattr(module, "quick_facts", looks._quick)
    examiner.refresh()
    until(lambda: examiner.snapshot().findings)


def test_the_address_in_force_counts_and_not_the_file_s(looks: Looks) -> None:
    examiner = Examiner(made_settings(), address="0.0.0.0")
    until(lambda: examiner.snapshot().findings)
    (open_to_all,) = [one for one in examiner.snapshot().findings if one.rule == "open-address"]
    assert open_to_all.verdict is Verdict.AMBER and "0.0.0.0" in open_to_all.found
    examiner.close()
