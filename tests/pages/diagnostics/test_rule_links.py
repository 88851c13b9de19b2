"""Errors elsewhere in the app lead to the rule that knows their cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from meetcore.api.responses import RefusedError, refusal
from meetcore.diagnostics.rules.registry import RULES
from meetcore.errors import StoreError
from meetcore.records import JobStage, JobState, ModelsInUse, RungLeft
from pages.shared import microphone_faults, notice
from tests.pages.conftest import Show, Shown
from tests.pages.fake_backend import REDUCED, FakeService
from tests.pages.fake_library import job

FULL_DISK = (
    "There is too little free space to read talk.mp4 (12 MB left). Free some, then try again."
)
OTHER_GENERATION = (
    "pytorch_model.bin was saved by another generation of pyannote.audio than the one installed."
)


def rules_linked(shown: Shown, label: str = notice.WHY) -> list[str]:
    """The rules that links with this label lead to."""
    links = [each.proto for each in shown.app.get("page_link") if each.proto.label == label]
    return [link.query_string.removeprefix("rule=") for link in links if link.query_string]


@pytest.fixture
def failed(service: FakeService) -> FakeService:
    """A service one of whose recordings failed for want of space."""
    store = service.store
    store.meetings["f1"] = replace(store.meetings["f1"], detail=FULL_DISK)
    store.jobs.put(job("f1", JobState.FAILED, JobStage.DECODING, detail=FULL_DISK))
    return service


def test_a_failed_meeting_leads_to_its_cause(show: Show, failed: FakeService) -> None:
    shown = show("meeting/page.py", id="f1")
    assert FULL_DISK in shown.app.error[0].value
    assert rules_linked(shown) == ["disk-space"]


def test_a_failed_meeting_of_unknown_cause_leads_nowhere(show: Show, service: FakeService) -> None:
    failed = service.store.meetings["f1"]
    service.store.meetings["f1"] = replace(failed, detail="The cat sat on the keyboard.")
    assert rules_linked(show("meeting/page.py", id="f1")) == []


def test_a_done_meeting_that_lacks_something_leads_to_its_cause(
    show: Show, service: FakeService
) -> None:
    done = service.store.meetings["d1"]
    service.store.meetings["d1"] = replace(done, detail=OTHER_GENERATION)
    assert rules_linked(show("meeting/page.py", id="d1")) == ["introspection"]


def test_failed_work_and_failed_meetings_in_lists_carry_their_rule(
    show: Show, failed: FakeService
) -> None:
    for page, key in (("upload/page.py", "jobs"), ("meetings/page.py", "library")):
        rows = {row["id"]: row for row in show(page).data(key)["rows"]}
        assert rows["f1"]["rule"] == "disk-space", page
        assert rows["d1"]["rule"] == "", page


@pytest.mark.parametrize("kind", sorted(microphone_faults.FAULTS))
def test_each_fault_of_the_microphone_has_a_rule(show: Show, kind: str) -> None:
    rules = show().data("start")["rules"]
    assert rules[kind] in RULES


def test_the_sidebar_leads_to_the_reason_of_the_mode(show: Show, service: FakeService) -> None:
    service.in_use = reduced(OTHER_GENERATION)
    assert rules_linked(show(), "Why this mode?") == ["introspection"]


def test_without_a_rule_the_sidebar_leads_to_the_page(show: Show, service: FakeService) -> None:
    service.in_use = reduced("The cat sat on the keyboard.")
    assert rules_linked(show(), "Why this mode?") == []
    assert "Why this mode?" in show().links


def reduced(reason: str) -> ModelsInUse:
    """Models that lost speakers for a reason."""
    left = REDUCED.rungs_left[0]
    return replace(REDUCED, rungs_left=(RungLeft(left.mode, reason, left.remedy),))


def test_what_an_action_met_leads_to_its_cause(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise StoreError("The database cannot be read (OperationalError).")

    monkeypatch.setattr(service.store, "update", refuse)
    shown = show("meeting/page.py", id="d1")
    shown.app.text_input(key="title-of-d1").input("Autumn").run()
    assert "The database cannot be read" in shown.app.error[0].value
    assert rules_linked(shown) == ["database"]


def test_a_page_that_breaks_names_the_rule_but_not_the_traceback(
    show: Show, service: FakeService, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(notice, "rule_link", drawn.append)
    monkeypatch.setattr(notice.st, "error", lambda text, icon: drawn.append(text))
    assert notice.show_unexpected(KeyError("introspection"))
    assert drawn[1] == "introspection" and "introspection" not in drawn[0]


def test_a_refused_upload_names_its_rule() -> None:
    answer = refusal(RefusedError("There is no space left for this file: it needs 9 GB.", 507))
    assert answer.status == 507
    assert answer.body["rule"] == "disk-space"
