"""The report holds nothing private; the table on the terminal holds everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetcore.diagnostics.diagnose import diagnose
from meetcore.diagnostics.facts.fact_types import DatabaseFacts, FolderFacts, ImportTrial
from meetcore.diagnostics.findings import FileState, WeightReport
from meetcore.diagnostics.report import redacted, report_text, table
from tests.diagnostics.made_facts import healthy, made_settings, with_versions

HOME = Path("/home/ada.lovelace")


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a user name, home and host name that are private."""
    monkeypatch.setattr(Path, "home", staticmethod(lambda: HOME))
    monkeypatch.setattr("getpass.getuser", lambda: "ada.lovelace")
    monkeypatch.setattr("socket.gethostname", lambda: "ada-laptop")


def test_nothing_private_is_in_the_report(at_home: None) -> None:
    settings = made_settings(
        data_dir=HOME / "My Meetings with Bob",
        cache_dir=HOME / ".cache" / "meetcore",
        recognizer=str(HOME / "secret project" / "finetuned.pt"),
        database_url="postgresql://ada:s3cret@db.example.org/meetings",
    )
    facts = healthy(
        settings=settings,
        folders=(FolderFacts(settings.data_dir, 10**8, "Permission denied"),),
        weights=(WeightReport("finetuned.pt", "second pass", FileState.GIVEN),),
        trials={
            "torch": ImportTrial(
                "torch", f"OSError: {HOME}/app/.venv/lib/libtorch.so on ada-laptop, hf_Abc123"
            )
        },
        database=DatabaseFacts(trouble="postgresql://ada:s3cret@db.example.org/meetings refused"),
    )
    text = table(diagnose(facts))
    assert "My Meetings with Bob" in text and "s3cret" in text, "the table has private texts"
    text = report_text(diagnose(facts), settings)
    for private in (
        "lovelace",
        "Bob",
        "secret",
        "finetuned",
        "s3cret",
        "example",
        "hf_A",
        "laptop",
    ):
        assert private not in text, private
    assert "Permission denied" in text and "libtorch" not in text
    assert "torch" in text and "2.11.0" in text, "what helps is kept"


def test_paths_and_tokens_are_replaced(at_home: None) -> None:
    text = "FileNotFoundError: '/srv/maria/Board meeting/a.wav'; C:\\Users\\maria\\x.pt (hf_Zz9)"
    found = redacted(text)
    assert "maria" not in found and "hf_Zz9" not in found and "a.wav" not in found


def test_urls_of_sources_are_kept(at_home: None) -> None:
    assert "https://github.com/pyannote" in report_text(
        diagnose(with_versions(pyannote_audio="3.3.2"))
    )


def test_the_table_lists_problems_first(at_home: None) -> None:
    text = table(diagnose(with_versions(pyannote_audio="2.1.1")))
    lines = text.splitlines()
    assert lines[0] == "Words only (expected; no model is loaded yet)"
    assert "introspection" in text and "$ .venv/bin/uv pip install" in text
    assert lines[-1].startswith("5 to fix") and all(len(line) < 140 for line in lines)
