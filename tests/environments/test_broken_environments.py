"""In each broken installation the app starts, and page and doctor say what to do."""

from __future__ import annotations

import importlib.util
import subprocess
import urllib.request

import pytest
from playwright.sync_api import Browser, expect

from meetcore.diagnostics.findings import Verdict
from meetcore.records import Mode
from pages.shared.style import MODE_TEXT
from tests.environments.installations import Broken, Installation

PAGE_MS, LOADED_MS = 60_000, 120_000
NOBODY = "http://127.0.0.1:9"
"""The discard port, where nothing listens: a proxy there is a network that is gone."""
NO_NETWORK = {f"{scheme}_PROXY": NOBODY for scheme in ("HTTP", "HTTPS", "ALL")}
NO_NETWORK |= {name.lower(): NOBODY for name in NO_NETWORK}

CASES = (
    Broken(
        "cpu-torch",
        "torchaudio-cuda",
        Verdict.RED,
        Mode.TRANSCRIPTION_ONLY,
        module="torchaudio",
        reason="pyannote.audio cannot be imported",
    ),
    Broken(
        "no-pyannote",
        "missing-library",
        Verdict.RED,
        Mode.TRANSCRIPTION_ONLY,
        without="pyannote.audio",
        module="pyannote.audio",
        reason="No module named 'pyannote.audio'",
    ),
    Broken(
        "no-ctranslate2",
        "stand-in-library",
        Verdict.AMBER,
        Mode.FULL,
        without="ctranslate2",
        module="ctranslate2",
        reason="tiny.en writes live",
    ),
    Broken(
        "no-whisper",
        "missing-library",
        Verdict.RED,
        Mode.RECORDING_ONLY,
        without="openai-whisper",
        module="whisper",
        reason="tiny.en needs whisper, which is not installed",
    ),
    Broken(
        "no-weights-offline",
        "weight-missing",
        Verdict.RED,
        Mode.RECORDING_ONLY,
        weights=False,
        environment={"MEETCORE_OFFLINE": "true"},
        reason="offline is switched on",
    ),
    Broken(
        "no-weights-no-network",
        "weight-missing",
        Verdict.RED,
        Mode.RECORDING_ONLY,
        weights=False,
        environment=NO_NETWORK,
        reason="could not be fetched",
    ),
)

BROKEN_LIBRARIES = [each for each in CASES if each.module]

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]
everywhere = pytest.mark.parametrize(
    "installation", CASES, indirect=True, ids=lambda case: case.name
)


@pytest.mark.parametrize(
    "installation", BROKEN_LIBRARIES, indirect=True, ids=lambda case: case.name
)
def test_library_really_fails_there_alone(installation: Installation) -> None:
    module = installation.broken.module
    expected = f"No module named '{module}'"
    code = f"import {module}"
    if not installation.broken.without:
        expected = "libc10_cuda.so: cannot open shared object file"
        code = f"import torch; assert torch.ones(2).sum() == 2\n{code}"
    done = subprocess.run(
        [installation.view.python, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert expected in done.stderr
    assert importlib.util.find_spec(module) is not None


@everywhere
def test_doctor_names_the_rule_and_exits_accordingly(installation: Installation) -> None:
    broken, findings = installation.broken, installation.findings
    assert findings[broken.rule]["verdict"] == broken.verdict
    assert findings[broken.rule]["command"]
    red = {rule for rule, each in findings.items() if each["verdict"] == Verdict.RED}
    assert red <= {broken.rule}
    assert installation.doctor_status == int(broken.verdict is Verdict.RED)
    assert installation.diagnosis["mode"] == broken.mode


@everywhere
def test_app_works_in_the_best_mode_that_is_left(
    installation: Installation, browser: Browser
) -> None:
    url = installation.server.url
    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
        assert answer.status == 200
    page = browser.new_page()
    page.goto(url)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible(timeout=PAGE_MS)
    mode = page.locator(".meetcore-mode b")
    expect(mode).to_have_text(MODE_TEXT[installation.broken.mode][1], timeout=LOADED_MS)
    expect(page.locator(".stException")).to_have_count(0)
    page.close()


@everywhere
def test_page_says_what_it_is_and_how_to_mend_it(
    installation: Installation, browser: Browser
) -> None:
    broken = installation.broken
    page = browser.new_page()
    page.goto(f"{installation.server.url}/diagnostics")
    card = page.locator(f"[class*='st-key-finding-{broken.verdict}']").filter(
        has=page.locator(f"#rule-{broken.rule}")
    )
    expect(card).to_be_visible(timeout=PAGE_MS)
    expect(card.locator("pre")).to_have_text(installation.findings[broken.rule]["command"])
    headline = page.locator(".meetcore-headline b")
    expect(headline).to_have_text(MODE_TEXT[broken.mode][1], timeout=LOADED_MS)
    expect(page.locator(".meetcore-headline p")).to_contain_text(broken.reason, timeout=LOADED_MS)
    page.close()
