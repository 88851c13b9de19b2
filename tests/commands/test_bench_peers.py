"""faster-whisper reads the converted weights with a tokenizer made here; real weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from whisper.tokenizer import get_tokenizer

from meetcore.cli import main
from meetcore.commands.bench_tokenizer import byte_pair_tokenizer, readable_directory
from tests.conftest import SamplePaths

TEXTS = (
    " I'm Sheila in Texas, originally from Chicago.",
    "  two  spaces\nand 1,234 numbers; naïve façade — ½",
    " 日本語とかな, Привет мир! 😀",
)


@pytest.mark.parametrize("multilingual", [False, True])
def test_the_tokenizer_is_openai_whispers(multilingual: bool) -> None:
    ours, theirs = byte_pair_tokenizer(multilingual), get_tokenizer(multilingual)
    for text in TEXTS:
        tokens = theirs.encode(text)
        assert ours.encode(text, add_special_tokens=False).ids == tokens
        assert ours.decode(tokens) == text
    assert ours.token_to_id("<|startoftranscript|>") == theirs.sot
    assert ours.token_to_id("<|notimestamps|>") == theirs.no_timestamps
    assert ours.token_to_id("<|0.00|>") == theirs.timestamp_begin


def test_a_tokenizer_that_is_there_is_kept(tmp_path: Path) -> None:
    model, folder = tmp_path / "model", tmp_path / "folder"
    model.mkdir()
    folder.mkdir()
    (model / "tokenizer.json").write_text("{}")
    assert (readable_directory(model, True, folder) / "tokenizer.json").read_text() == "{}"


@pytest.mark.model
def test_the_bench_measures_itself_and_its_peers(
    sample_paths: SamplePaths, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(sample_paths.wav), "--reference", str(sample_paths.stm), str(sample_paths.rttm)]
    assert main(["bench", "offline", *files, "--compare", "--json"]) == 0
    (plain,) = json.loads(capsys.readouterr().out)
    (figures,) = plain["files"]
    assert figures["words"]["rate"] <= 0.20
    assert figures["words_by_speaker"]["rate"] <= 0.25
    assert figures["turns"]["rate"] <= 0.10
    assert figures["speakers"] == 2
    assert 0 < figures["costs"]["recognizing"]["cpu_s_per_audio_s"] < 1
    whole, alone, *peers = plain["tools"]
    assert whole["cost"]["cpu_s"] > alone["cost"]["cpu_s"] > 0
    assert [peer["name"].split(",")[0] for peer in peers] == [
        "faster-whisper int8",
        "faster-whisper int8",
        "openai-whisper",
    ]
    assert all(peer["words"]["rate"] <= 0.25 and peer["peak_rss_mib"] > 100 for peer in peers)
