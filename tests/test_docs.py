"""The documentation says what the tree says, and the examples of CONTRIBUTING.md work."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from meetcore.asr.registry import load_recognizer
from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Verdict
from meetcore.diagnostics.rules.rule import Rule
from meetcore.diarization.registry import diarizer_names
from meetcore.plugins import registry_rows
from meetcore.records import Segment, Transcript, Word
from meetcore.settings import Settings
from meetcore.transcript import dataframes
from meetcore.transcript.formats.registry import Export, get_format
from meetcore.weights.resolver import WeightResolver
from tests.test_architecture import ALLOWED

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"


def drawn() -> set[tuple[str, str]]:
    """The arrows of the drawing: who imports whom."""
    (block,) = re.findall(
        r"```mermaid\n(.*?)```", ARCHITECTURE.read_text(encoding="utf-8"), re.DOTALL
    )
    return set(re.findall(r"^\s*(\w+) --> (\w+)$", block, re.MULTILINE))


def needed() -> set[tuple[str, str]]:
    """The arrows that the table allows, without those that a longer way implies."""
    reached: dict[str, set[str]] = {}

    def reach(part: str) -> set[str]:
        if part not in reached:
            found = set(ALLOWED[part])
            for other in ALLOWED[part]:
                found |= reach(other)
            reached[part] = found
        return reached[part]

    return {
        (part, other)
        for part, others in ALLOWED.items()
        for other in others
        if not any(other in reach(between) for between in others - {other})
    }


def test_the_drawing_shows_the_arrows_that_the_architecture_test_holds() -> None:
    assert drawn() == needed()


def test_every_path_named_in_the_pages_exists() -> None:
    pages = [CONTRIBUTING, *sorted((ROOT / "docs").rglob("*.md"))]
    named = {
        (page.name, path)
        for page in pages
        for path in re.findall(
            r"`((?:meetcore|pages|tests|docs)/[\w/.]+\.\w+)`", page.read_text(encoding="utf-8")
        )
    }
    assert named
    assert not [(page, path) for page, path in sorted(named) if not (ROOT / path).exists()]


def test_every_name_given_with_a_path_is_in_that_file() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    pairs = re.findall(r"`([\w.]+)`(?:\s+in\s+|\s+\()`([\w/]+\.(?:py|js))`", text)
    assert len(pairs) > 20
    assert not [
        (name, path)
        for name, path in pairs
        if not re.search(rf"\b{name.split('.')[-1]}\b", (ROOT / path).read_text(encoding="utf-8"))
    ]


def test_every_method_named_in_the_walks_exists() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("meetcore", "pages")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )
    walks = ARCHITECTURE.read_text(encoding="utf-8").partition("## Where would I add")[0]
    named = set(re.findall(r"`([A-Z]\w+)\.(\w+)(?:\(.*?\))?`", walks))
    assert named
    assert not [
        (kind, method)
        for kind, method in sorted(named)
        if not re.search(rf"^class {kind}\b", code, re.MULTILINE)
        or not re.search(rf"^    (async )?def {method}\b", code, re.MULTILINE)
    ]


def test_the_pages_name_every_column_of_the_data_frames() -> None:
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for columns in (dataframes.SEGMENT_COLUMNS, dataframes.WORD_COLUMNS, dataframes.TURN_COLUMNS):
        assert ", ".join(f"`{name}` ({dtype})" for name, dtype in columns.items()) in text


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The modules and entry points of CONTRIBUTING.md, installed as a package."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    for name, module in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(module, encoding="utf-8")
        monkeypatch.delitem(sys.modules, name.removesuffix(".py"), raising=False)
    points = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    ini = re.sub(r'project\.entry-points\."(.*?)"|"(.*?)"', r"\1\2", "\n".join(points))
    information = tmp_path / "examples-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: examples\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(ini, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_the_recognizer_of_the_examples_is_found_by_its_format(examples: Path) -> None:
    weight = examples / "model.nemo"
    weight.touch()
    recognizer = load_recognizer(str(weight), WeightResolver(examples / "cache", offline=True))
    assert str(recognizer.info) == "model · parakeet · cpu float32"
    live = recognizer.open_live()
    words = [live.push(np.zeros(12_000, dtype=np.float32)).committed for _ in range(4)]
    assert [word.start for update in words for word in update] == [0, 1, 2]
    assert live.flush().committed == ()
    live.close()


def test_the_diarizer_of_the_examples_is_found_by_its_name(examples: Path) -> None:
    assert "sortformer" in diarizer_names()
    diarizer = registry_rows({}, "meetcore.diarizers")["sortformer"].load()(None, None)
    found = diarizer.diarize(lambda start, stop: np.zeros(stop - start, np.float32), 64_000)
    assert [(turn.start, turn.end) for turn in found.turns] == [(0.0, 2.0), (2.0, 4.0)]
    assert diarizer.name == "sortformer"


@pytest.mark.usefixtures("examples")
def test_the_format_of_the_examples_is_written() -> None:
    said = Segment(59.999, 62.0, "S1", (Word(" Hello.", 59.999, 62.0),))
    written = get_format("lrc").write(Export(Transcript((said,))))
    assert written == b"[01:00.00] Hello.\n"


@pytest.mark.usefixtures("examples")
def test_the_rule_of_the_examples_judges() -> None:
    import grace  # type: ignore[import-not-found]

    rule: Rule = grace.GRACE
    assert rule.check(Facts()) is None
    for seconds, verdict in ((5.0, Verdict.AMBER), (90.0, Verdict.GREEN)):
        outcome = rule.check(Facts(settings=Settings(_env_file=None, grace_s=seconds)))
        assert outcome is not None and rule.finding(outcome).verdict is verdict
