"""In each broken installation the app starts, and page and doctor say what to do."""

from __future__ import annotations

import subprocess
import urllib.request

import pytest
from playwright.sync_api import Browser, expect

from meetcore.diagnostics.findings import Verdict
from meetcore.modes import Mode
from pages.components.look import MODE_TEXT
from tests.environments.conftest import Broken, Installation

PAGE_MS, LOADED_MS = 30_000, 60_000
NOBODY = "http://127.0.0.1:9"
"""The discard port, where nothing listens: a proxy there is a network that is gone."""
NO_NETWORK = {f"{scheme}_proxy": NOBODY for scheme in ("http", "https", "all")}
NO_NETWORK |= {name.upper(): NOBODY for name in NO_NETWORK} | {"NO_PROXY": "localhost"}

CASES = (
    Broken("cpu-torch", "torchaudio-cuda", Verdict.RED, Mode.TRANSCRIPTION_ONLY, cpu_torch=True),
    Broken(
        "no-pyannote",
        "missing-library",
        Verdict.RED,
        Mode.TRANSCRIPTION_ONLY,
        without=("pyannote.audio",),
    ),
    Broken(
        "no-ctranslate2", "stand-in-library", Verdict.AMBER, Mode.FULL, without=("ctranslate2",)
    ),
    Broken(
        "no-whisper",
        "missing-library",
        Verdict.RED,
        Mode.RECORDING_ONLY,
        without=("openai-whisper",),
    ),
    Broken(
        "no-weights-offline",
        "weight-missing",
        Verdict.RED,
        Mode.RECORDING_ONLY,
        weights=False,
        environment={"MEETCORE_OFFLINE": "true"},
    ),
    Broken(
        "no-weights-no-network",
        "weight-missing",
        Verdict.RED,
        Mode.RECORDING_ONLY,
        weights=False,
        environment=NO_NETWORK,
    ),
)
MODULE_HIDDEN = {
    "no-pyannote": "pyannote.audio",
    "no-ctranslate2": "ctranslate2",
    "no-whisper": "whisper",
    "cpu-torch": "torchaudio",
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.model,
    pytest.mark.parametrize("installation", CASES, indirect=True, ids=lambda case: case.name),
]


def test_what_is_broken_is_broken(installation: Installation) -> None:
    broken = installation.broken
    if not broken.weights:
        assert installation.run("weights", "pull", "tiny.en").returncode == 1
        return
    code = f"import torch; assert torch.ones(2).sum() == 2\nimport {MODULE_HIDDEN[broken.name]}"
    done = subprocess.run(
        [installation.view.python, "-c", code], capture_output=True, text=True, check=False
    )
    module = MODULE_HIDDEN[broken.name]
    expected = "libc10_cuda.so: cannot open" if broken.cpu_torch else f"No module named '{module}'"
    assert done.returncode == 1
    assert expected in done.stderr


def test_doctor_names_the_rule_and_exits_accordingly(installation: Installation) -> None:
    broken = installation.broken
    code, told = installation.doctor("--quick")
    findings = {each["rule"]: each for each in told["findings"]}
    assert findings[broken.rule]["verdict"] == broken.verdict
    assert findings[broken.rule]["command"]
    others = {rule for rule, each in findings.items() if each["verdict"] == Verdict.RED}
    assert others <= {broken.rule}
    assert (code, told["mode"]) == (int(broken.verdict is Verdict.RED), broken.mode)


def test_page_says_what_it_is_and_how_to_mend_it(
    installation: Installation, browser: Browser
) -> None:
    broken, url = installation.broken, installation.server.url
    _, told = installation.doctor("--quick")
    (command,) = (each["command"] for each in told["findings"] if each["rule"] == broken.rule)
    page = browser.new_page()
    page.goto(f"{url}/diagnostics")
    card = page.locator(f"[class*='st-key-finding-{broken.verdict}']").filter(
        has=page.locator(f"#rule-{broken.rule}")
    )
    expect(card).to_be_visible(timeout=PAGE_MS)
    expect(card.locator("pre")).to_have_text(command)
    headline = page.locator(".meetcore-headline b")
    expect(headline).to_have_text(MODE_TEXT[broken.mode][1], timeout=LOADED_MS)
    page.close()


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
