"""The Diagnostics page in a real Chromium, on the real examiner, beside a real meeting."""

from __future__ import annotations

import re
import statistics
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from meetcore.records import MeetingState
from meetcore.weights.resolver import WeightResolver
from tests.browser.conftest import Server
from tests.browser.live_page import (
    committed_text,
    meeting_id_of,
    open_start_page,
    press_start,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.model]

OPENS_WITHIN_S = 2.0
"""From the click to the first finding of an earlier look, beside two other test processes; by
itself it takes less than 1."""
LOOKED_MS = 90_000
"""The examiner imports every library in a process of its own, beside loading models."""


def open_diagnostics(page: Page) -> float:
    """Follow the link; gives the seconds until the first finding can be read."""
    began = time.monotonic()
    page.get_by_role("link", name="Diagnostics", exact=True).click()
    page.locator(".meetcore-summary li").first.wait_for()
    page.locator("[class*=st-key-finding-], .st-key-fine").first.wait_for()
    return time.monotonic() - began


def wait_until_looked(page: Page, server: Server, query: str = "") -> None:
    """Open the page for the first time and wait until nothing is pending."""
    page.goto(f"{server.url}/diagnostics{query}")
    page.locator(".meetcore-summary li").first.wait_for(timeout=LOOKED_MS)
    expect(page.locator(".st-key-diagnosis-head .meetcore-pending")).to_have_count(
        0, timeout=LOOKED_MS
    )


def section(page: Page, name: str) -> None:
    """Open a folded part of the page."""
    page.locator("summary").filter(has_text=name).first.click()


def overflows(page: Page) -> int:
    """Pixels that stick out to the right."""
    return int(
        page.evaluate(
            """() => { const main = document.querySelector('[data-testid=stMain]');
                return main.scrollWidth - main.clientWidth; }"""
        )
    )


def test_what_was_looked_at_is_there_within_a_second(page: Page, server: Server) -> None:
    wait_until_looked(page, server)
    taken = []
    for _ in range(3):
        open_start_page(page, server.url)
        taken.append(open_diagnostics(page))
    assert statistics.median(taken) <= OPENS_WITHIN_S, taken
    expect(page.locator(".meetcore-headline b")).to_have_text("Words and speakers")
    libraries_and_weights(page)
    copied_and_explained(page)


def libraries_and_weights(page: Page) -> None:
    """What is installed, what wrote the weights, and a checkpoint of one's own."""
    section(page, "Libraries")
    expect(
        page.locator(".meetcore-libraries tr").filter(has_text="streamlit-webrtc")
    ).to_be_visible()
    section(page, "Weights")
    weight = page.locator(".meetcore-weights li").filter(has_text="segmentation-3.0")
    expect(weight).to_contain_text("pyannote.audio 3.0.0")
    expect(weight).to_contain_text("'introspection' key absent")


def copied_and_explained(page: Page) -> None:
    """The report reaches the clipboard; a pasted message finds its rule."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy report").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    report = page.evaluate("navigator.clipboard.readText()")
    assert "Words and speakers" in report and "pyannote-audio" in report
    box = page.get_by_role("textbox", name=re.compile("Paste what you saw"))
    box.fill("  File model.py, line 1\nKeyError: 'introspection'")
    page.get_by_role("button", name="Explain").click()
    expect(page.locator("[class*=st-key-finding-rule-explained]")).to_contain_text("pip install")


def test_a_checkpoint_is_inspected_and_an_asked_rule_comes_first(
    page: Page, server: Server, resolver: WeightResolver
) -> None:
    wait_until_looked(page, server, "?rule=torchaudio-cuda")
    asked = page.locator(".st-key-asked")
    expect(asked).to_contain_text("libc10_cuda.so")
    assert asked.bounding_box()["y"] < 600  # type: ignore[index]
    section(page, "Inspect a checkpoint")
    weight = resolver.resolve("segmentation-3.0")
    page.locator("input[type=file]").set_input_files(weight)
    inspected = page.locator(".st-key-inspect")
    expect(inspected).to_contain_text("pyannote.audio 3.0.0", timeout=15_000)
    expect(inspected).to_contain_text("absent: pyannote.audio 2.x looks for it")
    page.get_by_role("button", name="Show all").click()
    expect(asked).to_have_count(0)
    assert "rule=" not in page.url


def test_a_running_meeting_shows_its_health_and_is_not_disturbed_by_a_retry(
    page: Page, server: Server
) -> None:
    open_start_page(page, server.url)
    expect(page.locator(".meetcore-mode b").first).to_have_text(
        re.compile("Words"), timeout=LOOKED_MS
    )
    press_start(page)
    meeting_id = meeting_id_of(page)
    open_diagnostics(page)
    health = page.locator(f"[class*=st-key-health-{meeting_id}]")
    frames = health.locator(".tile").filter(has_text="Frames").locator(".value")
    expect(frames).to_have_text(re.compile(r"[1-9]"), timeout=15_000)
    expect(health.locator(".tile svg polyline[points]").first).to_be_visible(timeout=15_000)
    before = int((frames.text_content() or "0").replace(",", ""))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Tried again at")).to_be_visible(timeout=LOOKED_MS)
    expect(frames).not_to_have_text(f"{before:,}", timeout=10_000)
    page.get_by_role("link", name="Live", exact=True).first.click()
    wait_until(lambda: bool(committed_text(page)), 30, "words that stand")
    page.get_by_role("button", name="Stop").click()
    meeting = server.wait_for(meeting_id, MeetingState.DONE)
    assert meeting.duration > 5


def test_it_fits_a_phone_and_a_wall_in_light_and_dark(
    microphone_browser: Browser, server: Server
) -> None:
    for scheme, width in (("light", 420), ("dark", 420), ("dark", 1280), ("light", 1800)):
        context = microphone_browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        page = context.new_page()
        page.goto(f"{server.url}/diagnostics?rule=introspection")
        page.locator(".meetcore-summary li").first.wait_for(timeout=LOOKED_MS)
        for name in ("Libraries", "Weights", "Inspect a checkpoint"):
            section(page, name)
        expect(page.locator(".meetcore-libraries tr").nth(5)).to_be_visible()
        assert overflows(page) == 0, f"{scheme}, {width} wide"
        context.close()
