"""The examiner returns at once, gathers facts on its thread, and stops when it is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from meetcore.diagnostics import examiner as module
from meetcore.diagnostics.examiner import DEEP, Examiner
from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Verdict
from meetcore.records import Mode, ModelsInUse
from tests.diagnostics.made_facts import healthy, made_settings, with_versions


class FakeGathering:
    """Replaces quick_facts and deep_facts; counts calls, and waits for events before returning."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.facts = healthy(trials={})
        self.quick = self.deep = 0
        self.may_finish_deep, self.may_finish_quick = threading.Event(), threading.Event()
        self.may_finish_deep.set()
        self.may_finish_quick.set()
        monkeypatch.setattr(module, "quick_facts", self._quick)
        monkeypatch.setattr(module, "deep_facts", self._deep)

    def _quick(self, settings: Any) -> Facts:
        self.quick += 1
        self.may_finish_quick.wait(5)
        return self.facts

    def _deep(self, facts: Facts, raise_if_stopped: Callable[[], None]) -> Facts:
        self.deep += 1
        while not self.may_finish_deep.wait(0.01):
            raise_if_stopped()
        raise_if_stopped()
        return replace(facts, trials=healthy().trials)


@pytest.fixture
def gathering(monkeypatch: pytest.MonkeyPatch) -> FakeGathering:
    return FakeGathering(monkeypatch)


@pytest.fixture
def examiner(gathering: FakeGathering) -> Iterator[Examiner]:
    made = Examiner(made_settings(), lambda: None)
    yield made
    made.close()


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def test_snapshots_return_at_once_and_grow(gathering: FakeGathering, examiner: Examiner) -> None:
    gathering.may_finish_deep.clear()
    examiner.start()
    until(lambda: examiner.snapshot().findings)
    first = examiner.snapshot()
    assert first.pending == (DEEP,) and first.examined_at is not None
    assert "broken-library" not in {one.rule for one in first.findings}
    gathering.may_finish_deep.set()
    until(lambda: not examiner.snapshot().pending)
    assert "broken-library" in {one.rule for one in examiner.snapshot().findings}


def test_the_first_snapshot_names_what_is_pending(
    gathering: FakeGathering, examiner: Examiner
) -> None:
    gathering.may_finish_quick.clear()
    found = examiner.snapshot()
    assert found.pending and found.mode is None and not found.findings
    gathering.may_finish_quick.set()
    until(lambda: not examiner.snapshot().pending)


def test_refreshes_during_a_run_start_no_other(
    gathering: FakeGathering, examiner: Examiner
) -> None:
    gathering.may_finish_deep.clear()
    for _ in range(5):
        examiner.refresh()
    gathering.may_finish_deep.set()
    until(lambda: not examiner.snapshot().pending)
    assert gathering.deep == 1


def test_a_solved_problem_is_green_after_a_refresh(
    gathering: FakeGathering, examiner: Examiner
) -> None:
    gathering.facts = with_versions(pyannote_audio="2.1.1")
    examiner.refresh()
    until(lambda: not examiner.snapshot().pending)
    assert examiner.snapshot().verdict is Verdict.RED
    gathering.facts = healthy()
    examiner.refresh()
    until(lambda: not examiner.snapshot().pending)
    assert examiner.snapshot().verdict is Verdict.GREEN


def test_loaded_models_and_origin_are_read_with_each_snapshot(gathering: FakeGathering) -> None:
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


def test_close_stops_a_run(gathering: FakeGathering, examiner: Examiner) -> None:
    before = set(threading.enumerate())
    gathering.may_finish_deep.clear()
    examiner.refresh()
    until(lambda: gathering.deep)
    examiner.close()
    examiner.close()
    assert not [one for one in set(threading.enumerate()) - before if one.name == "examiner"]
    examiner.refresh()
    assert gathering.deep == 1, "no run starts after close()"


def test_a_run_that_fails_ends_and_can_be_repeated(
    gathering: FakeGathering, examiner: Examiner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(settings: Any) -> Facts:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(module, "quick_facts", broken)
    examiner.refresh()
    until(lambda: not examiner.snapshot().pending)
    monkeypatch.setattr(module, "quick_facts", gathering._quick)
    examiner.refresh()
    until(lambda: examiner.snapshot().findings)


def test_the_given_address_replaces_the_one_in_the_file(gathering: FakeGathering) -> None:
    examiner = Examiner(made_settings(), address="0.0.0.0")
    until(lambda: examiner.snapshot().findings)
    (open_to_all,) = [one for one in examiner.snapshot().findings if one.rule == "open-address"]
    assert open_to_all.verdict is Verdict.AMBER and "0.0.0.0" in open_to_all.found
    examiner.close()
