"""Diagnostics in a real Chromium: the microphone's way to the server, and the self-test."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from meetcore.diagnostics.expected import DER, EXPECTED
from tests.browser import live_page
from tests.browser.conftest import OpenBrowser, Server, StartServer

pytestmark = [pytest.mark.browser, pytest.mark.model]

TEST = "Test the microphone and the connection"


def open_diagnostics(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/diagnostics")
    expect(page.get_by_role("button", name=TEST)).to_be_visible(timeout=live_page.READY_MS)


def test_microphone_connection_and_pipeline_are_tested(
    start_server: StartServer, page: Page
) -> None:
    server = start_server()
    open_diagnostics(page, server)
    page.get_by_role("button", name="Run the self-test").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=10_000)
    page.get_by_role("button", name=TEST).click()
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("The sound reaches the server directly", timeout=25_000)
    expect(page.locator("[data-step=microphone]")).to_contain_text("Microphone opened: ")
    path = page.locator("[data-step=path]").text_content() or ""
    assert re.search(r"directly, .+ \((host|prflx) ↔ host, udp\)", path), path
    sound = page.locator("[data-step=sound]").text_content() or ""
    frames = re.search(r"(\d+) frames of 20 ms, 48000 Hz", sound)
    assert frames and int(frames[1]) > 100, sound
    assert re.search(r"Round trip \d+\.\d ms", page.locator("[data-step=trip]").inner_text())
    assert page.locator(".addresses tr.used").count() == 2
    check_figures(page)
    page.reload()
    check_figures(page)


def check_figures(page: Page) -> None:
    """The self-test's table holds what is expected for this weight."""
    expect(page.get_by_text("Wrong words (WER)")).to_be_visible(timeout=60_000)
    row = next(row for row in EXPECTED if row.weight == "tiny.en")
    shown = {
        cells.nth(0).inner_text(): (cells.nth(1).inner_text(), cells.nth(3).inner_text())
        for line in page.locator("tr", has_text=re.compile(r"\((WER|cpWER|DER|rtf)\)")).all()
        for cells in (line.locator("td"),)
    }
    for name, rate in (("WER", row.wer), ("cpWER", row.cpwer), ("DER", DER)):
        here, judgement = next(one for title, one in shown.items() if f"({name})" in title)
        assert float(here.removesuffix(" %")) == pytest.approx(100 * rate, abs=0.2)
        assert judgement == "as expected"
    assert len(shown) == 4


def test_without_a_microphone_the_connection_is_tested_with_a_tone(
    start_server: StartServer, open_browser: OpenBrowser
) -> None:
    server = start_server()
    with open_browser("--deny-permission-prompts") as browser:
        page = browser.new_page()
        open_diagnostics(page, server)
        page.get_by_role("button", name=TEST).click()
        verdict = page.locator(".verdict")
        expect(verdict).to_contain_text("The microphone does not", timeout=25_000)
        expect(verdict).to_contain_text("The connection works")
        expect(page.locator("[data-step=microphone].bad")).to_contain_text("A tone is sent")
        expect(page.locator("[data-step=sound].ok")).to_contain_text("frames of 20 ms")
