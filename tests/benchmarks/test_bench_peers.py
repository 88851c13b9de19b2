"""faster-whisper reads the converted weights with a tokenizer made here; real weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from whisper.tokenizer import get_tokenizer

from meetcore.benchmarks.offline.peer_tokenizer import byte_pair_tokenizer, readable_directory
from meetcore.benchmarks.offline.peers import PEERS, PeerConfig, run_peer
from meetcore.cli.main import main
from meetcore.metrics.reference import load_reference
from meetcore.metrics.wer import word_errors
from meetcore.records import SAMPLE_RATE, Samples

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


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, sample_audio: Samples) -> Path:
    """Eight seconds of two voices, with their words."""
    folder = tmp_path_factory.mktemp("two")
    part = sample_audio[round(12.3 * SAMPLE_RATE) : round(20.2 * SAMPLE_RATE)]
    soundfile.write(folder / "two.wav", part, SAMPLE_RATE)
    (folder / "two.stm").write_text(
        "two 1 Diane 0.242 1.884 This is Diane in New Jersey.\n"
        "two 1 Sheila 2.144 5.469 And I'm Sheila in Texas, originally from Chicago.\n"
        "two 1 Diane 5.489 7.813 Oh, I'm originally from Chicago also.\n"
    )
    (folder / "two.rttm").write_text(
        "SPEAKER two 1 0.242 1.642 <NA> <NA> Diane <NA> <NA>\n"
        "SPEAKER two 1 2.144 3.325 <NA> <NA> Sheila <NA> <NA>\n"
        "SPEAKER two 1 5.489 2.324 <NA> <NA> Diane <NA> <NA>\n"
    )
    return folder / "two.wav"


@pytest.mark.long
@pytest.mark.model
@pytest.mark.parametrize("name", PEERS)
def test_every_peer_recognizes_the_same_words(name: str, two: Path) -> None:
    run = run_peer(PeerConfig(name, (two,), "tiny.en"))
    (done,) = run.passes
    reference = load_reference([two.with_suffix(".stm")])
    assert word_errors(reference.text, done.text).rate < 0.4
    assert done.audio_s == pytest.approx(7.9, abs=0.01)
    assert done.cost.wall_s > 0 and done.cost.cpu_s > 0


@pytest.mark.long
@pytest.mark.model
def test_the_bench_measures_the_whole_job(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(two), "--reference", *(str(two.with_suffix(end)) for end in (".stm", ".rttm"))]
    assert main(["bench", "offline", *files, "--json"]) == 0
    (plain,) = json.loads(capsys.readouterr().out)
    (figures,) = plain["files"]
    assert figures["words"]["rate"] < 0.4 and figures["words"]["reference_words"] == 22
    assert figures["words_by_speaker"]["rate"] < 0.5
    assert figures["turns"]["rate"] < 0.4
    assert figures["speakers"] == 2
    assert all(cost["cpu_s"] > 0 for cost in figures["costs"].values())
    assert plain["peak_rss_mib"] > 100 and plain["tools"] == []
