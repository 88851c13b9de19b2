"""The self-test's panel: what it says before, during and after, and whom its buttons call."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from streamlit.testing.v1 import AppTest

from meetcore.diagnostics.selftest.expected import VOICES, measures
from meetcore.diagnostics.selftest.run import SelfTestResult, SelfTestState, SelfTestView
from meetcore.metrics.accuracy import Accuracy
from meetcore.metrics.wer import WordErrors
from meetcore.records import Mode
from pages.diagnostics import selftest


@dataclass
class FakeTest:
    view: SelfTestView = field(default_factory=SelfTestView)
    calls: list[str] = field(default_factory=list)

    def start(self) -> bool:
        self.calls.append("start")
        self.view = SelfTestView(SelfTestState.RUNNING, "Recognizing words", 0.4, 7.2)
        return True

    def cancel(self) -> None:
        self.calls.append("cancel")
        self.view = SelfTestView(SelfTestState.CANCELLED)

    def snapshot(self) -> SelfTestView:
        return self.view


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeTest:
    fake = FakeTest()
    monkeypatch.setattr(selftest, "runner", lambda: fake)
    return fake


def drawn() -> AppTest:
    def script() -> None:
        from pages.diagnostics import selftest

        selftest.panel()

    app = AppTest.from_function(script, default_timeout=20).run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_button_starts_and_another_gives_up(fake: FakeTest) -> None:
    app = drawn()
    assert "half a minute" in app.caption[0].value
    app.button(key="self-test").click().run()
    (bar,) = app.get("progress")
    assert bar.proto.value == 40 and bar.proto.text == "Recognizing words… 7 s"
    assert app.button(key="self-test").disabled
    app.button(key="self-test-cancel").click().run()
    assert fake.calls == ["start", "cancel"]
    assert not app.button(key="self-test").disabled


def test_a_result_says_what_is_as_expected_and_what_is_not(fake: FakeTest) -> None:
    errors = Accuracy(WordErrors(0, 0, 6, 87), WordErrors(0, 0, 40, 87), None, 2)
    figures = measures("base.en", VOICES, errors, 0.2)
    result = SelfTestResult(
        "base.en · <b>", VOICES, Mode.FULL, 30.0, (("Recognizing words", 5.0),), figures
    )
    fake.view = SelfTestView(SelfTestState.DONE, "", 1.0, 21.0, result)
    shown = texts(drawn())
    for text in ("6.9 %", "as expected", "far from expected", "30 s of sound in 5.0 s"):
        assert text in shown
    assert "<b>" not in shown.replace("<b></b>", "")


def test_a_failure_says_what_to_do(fake: FakeTest) -> None:
    fake.view = SelfTestView(SelfTestState.FAILED, trouble="No weight is here; run: x")
    assert drawn().error[0].value == "No weight is here; run: x"
