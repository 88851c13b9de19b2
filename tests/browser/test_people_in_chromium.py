"""People of a meeting in a real browser: corrected, asked about, renamed; what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from meetcore.records import ProfileMatch, Stage, Transcript
from meetcore.store.meetings import open_store
from meetcore.transcript.corrected_turns import corrected_turns
from tests.browser.conftest import ARTIFACTS, OpenBrowser, Server
from tests.browser.live_page import wait_until
from tests.browser.test_meeting_view_in_chromium import fresh_page, put, said

pytestmark = [pytest.mark.browser]

LINES = (
    ("S2", 1.0, "Hello, how are you doing today?"),
    ("S5", 5.0, "Fine, thank you, and how are you?"),
    ("S2", 10.0, "I called about the budget for the spring."),
    ("S6", 16.0, "Let us begin with the budget then."),
)
COUNT_LISTENERS = """
  window.signals = [];
  for (const target of [EventTarget.prototype]) {
    const add = target.addEventListener;
    target.addEventListener = function (type, handler, options) {
      if ((this === window || this === document) && options?.signal) signals.push(options.signal);
      return add.call(this, type, handler, options);
    };
  }
"""


@pytest.fixture(scope="module")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A meeting whose live pass left two labels, with a voice that was taken for two."""
    server_folder = tmp_path_factory.mktemp("server")
    with closing(open_store(f"sqlite:///{server_folder / 'data' / 'meetcore.db'}")) as store:
        lines = tuple(said(*line) for line in LINES)
        put(store, "people", lines, duration=29.95)
        store.replace_segments("people", 0, [said("S1", 1.0, "Hello"), said("S4", 5.0, "Fine")])
        diane = ProfileMatch("d", "Diane", 0.93)
        store.name_speakers_by_voice("people", {"S2": diane}, {"S6": diane}, {"S2", "S5", "S6"})
        named = Transcript(lines, store.transcript("people").speakers, Stage.FINAL)
        store.replace_transcript("people", named)
    return server_folder


@pytest.fixture
def page(open_browser: OpenBrowser) -> Iterator[Page]:
    with open_browser() as browser:
        yield fresh_page(browser)


def chips(page: Page) -> list[str]:
    """The names above the transcript, in the order of the page."""
    return [
        text.split("recognised")[0].strip()
        for text in page.locator(".numbers .chip").all_inner_texts()
    ]


def lanes(page: Page) -> list[str]:
    return page.locator(".lanenames span").all_inner_texts()


def test_people_follow_corrections(server: Server, page: Page) -> None:
    page.add_init_script(COUNT_LISTENERS)
    page.goto(f"{server.url}/meeting?id=people")
    question = page.locator(".samequestion")
    expect(question).to_contain_text("Speaker 3 sounds like Diane", timeout=30_000)
    assert lanes(page) == ["Diane", "Speaker 2", "Speaker 3"]
    screenshots(page, "asked")
    question.get_by_role("button", name="Yes, make them one").click()
    expect(question).to_be_hidden()
    wait_until(lambda: lanes(page) == ["Diane", "Speaker 2"], 5, "two people")

    page.locator('.turn[data-position="2"] .who').click()
    page.get_by_role("button", name="A new speaker").click()
    wait_until(lambda: lanes(page) == ["Diane", "Speaker 2", "Speaker 3"], 5, "a lane")
    new = page.locator(".numbers .row", has_text="Speaker 3")
    expect(new.locator(".share")).to_contain_text("0:02", timeout=10_000)
    assert sorted(chips(page)) == ["Diane", "Speaker 2", "Speaker 3"]
    with closing(server.store()) as store:
        segments = store.transcript("people").segments
        turns = corrected_turns(store.turns("people"), segments)
        assert {turn.speaker for turn in turns} == {"S2", "S3", "S5"}

    rename(page, "S5", "Speaker 2", "diane")
    ask = page.get_by_role("dialog")
    expect(ask).to_contain_text("Is it the same person?")
    ask.get_by_role("button", name="No, two people of this name").click()
    expect(page.locator('.chip[data-speaker="S5"]')).to_have_text("diane")
    rename(page, "S5", "diane", "")
    wait_until(lambda: "Speaker 2" in chips(page), 5, "the number")
    screenshots(page, "corrected")

    page.get_by_role("link", name="Meetings").first.click()
    expect(page.locator(".row .name").first).to_be_visible(timeout=20_000)
    wait_until(lambda: page.evaluate("signals.every(each => each.aborted)"), 5, "the listeners")
    assert page.evaluate("signals.length") >= 3


def rename(page: Page, label: str, old: str, new: str) -> None:
    page.locator(f'.chip[data-speaker="{label}"]').click()
    page.get_by_role("button", name="Rename…").click()
    page.get_by_label(f"Name of {old}").fill(new)
    page.get_by_role("button", name="Save").click()


def screenshots(page: Page, name: str) -> None:
    """The page as it is, narrow and wide, light and dark."""
    ARTIFACTS.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (420, 1280):
            page.set_viewport_size({"width": width, "height": 860})
            page.wait_for_timeout(700)
            path = ARTIFACTS / f"people-{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=True)
    page.emulate_media(color_scheme="light")
