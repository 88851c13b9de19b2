"""What a person does on the Live page, and what they see there."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, expect

READY_MS = 40_000


def open_start_page(page: Page, url: str) -> None:
    """Open the app and wait until it can be used."""
    page.goto(url)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=READY_MS)


def press_start(page: Page) -> float:
    """Press Start; gives the seconds until the level meter moved."""
    pressed = time.monotonic()
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(".level i.on").first.wait_for(timeout=15_000)
    return time.monotonic() - pressed


def meeting_id_of(page: Page) -> str:
    """The meeting the address names: a running one on Live, a finished one on its own page."""
    query = parse_qs(urlparse(page.url).query)
    return (query.get("meeting") or query["id"])[0]


def clock_seconds(page: Page) -> int:
    """The recorded time on the page."""
    clock = page.locator(".clock")
    # While Streamlit draws the page again, the element before may stand beside the new one.
    expect(clock).to_have_count(1, timeout=READY_MS)
    minutes, seconds = re.findall(r"\d+", clock.last.text_content() or "0:0")[-2:]
    return int(minutes) * 60 + int(seconds)


def committed_text(page: Page) -> str:
    """The words that stand, whatever turns they are grouped in."""
    turns = page.locator(".turn p").evaluate_all(
        """paragraphs => paragraphs.map(paragraph =>
            [...paragraph.querySelectorAll(".new")].map(part => part.textContent).join(""))"""
    )
    return " ".join(" ".join(turns).split())


def settled_text(page: Page) -> str:
    """The words of the second pass, which never change again."""
    turns = page.locator(".settled .turn p").all_text_contents()
    return " ".join(" ".join(turns).split())


def speakers_on_page(page: Page) -> set[str]:
    """Names above the turns that have words."""
    return set(page.locator(".turn:has(.new) .who").all_text_contents()) - {"Unknown speaker"}


def rename(page: Page, old: str, new: str) -> None:
    """Rename a speaker by the chip with the name."""
    page.get_by_role("button", name=f"Rename {old}", exact=True).click()
    page.keyboard.type(new)
    page.keyboard.press("Enter")


def wait_until(happened: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Look ten times a second."""
    end = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < end, f"not within {timeout_s} s: {what}"
        time.sleep(0.1)
