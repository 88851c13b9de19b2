"""The offline bench without weights: looped references, rows, tables and mistakes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.offline.looped_recording import ReferencedFile, looped
from meetcore.benchmarks.offline.measured_pass import STAGES, Cost, FilePass, PassRun
from meetcore.benchmarks.offline.peers import PeerPass, PeerRun
from meetcore.benchmarks.offline.report import WeightResults, markdown, to_json
from meetcore.benchmarks.offline.score import peer_row, scored
from meetcore.cli.main import main
from meetcore.errors import AudioDecodeError
from meetcore.installation import PIP_INSTALL
from meetcore.metrics.reference import Reference, load_reference
from meetcore.records import Segment, Turn, Word

COSTS = dict(zip(STAGES, (Cost(1, 1), Cost(2, 4), Cost(3, 3), Cost(0, 0)), strict=True))


def segment(start: float, end: float, speaker: str, text: str) -> Segment:
    words = [Word(f" {word}", start, end) for word in text.split()]
    return Segment(start, end, speaker, tuple(words))


def file_pass(text: str, name: str = "talk") -> FilePass:
    segments = (segment(0, 10, "S1", text),)
    return FilePass(Path(f"{name}.wav"), 100.0, COSTS, segments, (Turn(0, 10, "S1"),))


def test_files_are_looped_in_whole_rounds_with_their_references(tmp_path: Path) -> None:
    tone = np.full(16_000, 0.25, dtype=np.float32)
    files = []
    for name in ("one", "two"):
        soundfile.write(tmp_path / f"{name}.wav", tone, 16_000)
        reference = Reference((segment(0, 1, "A", name),), True, (Turn(0.0, 1.0, "A"),))
        files.append(ReferencedFile(tmp_path / f"{name}.wav", reference))
    long = looped(files, 5.0, tmp_path / "long.wav")
    samples = read_audio(long.file)
    assert samples.size == 8 * 16_000
    assert samples[::16_000] == pytest.approx([0.25, 0.0] * 4, abs=1e-3)
    assert long.reference.text == "one two one two"
    assert long.reference.turns is not None and long.reference.by_speaker
    assert [(turn.start, turn.speaker) for turn in long.reference.turns] == [
        (0.0, "one A"),
        (2.0, "two A"),
        (4.0, "one A"),
        (6.0, "two A"),
    ]
    half_known = [files[0], ReferencedFile(files[1].file, Reference())]
    assert looped(half_known, 5.0, tmp_path / "half.wav").reference == Reference()


def test_files_without_audio_are_not_looped_for_ever(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0, dtype=np.float32), 16_000)
    with pytest.raises(AudioDecodeError, match="no audio"):
        looped([ReferencedFile(tmp_path / "none.wav", Reference())], 5.0, tmp_path / "long.wav")


def test_plain_words_may_be_of_any_length_where_nothing_is_timed(tmp_path: Path) -> None:
    (tmp_path / "talk.txt").write_text("a b c " * 1000)
    assert len(load_reference([tmp_path / "talk.txt"]).text.split()) == 3000


def test_files_are_pooled_and_peers_have_rows() -> None:
    run = PassRun("tiny.en", 1.0, 500.0, (file_pass("a b c d"), file_pass("a x", "other")))
    references = [
        Reference((segment(0, 10, "Ana", "a b c d"),), True, (Turn(0, 10, "Ana"),)),
        Reference((segment(0, 10, "Ana", "a b"),), True),
    ]
    rows = scored(run, references)
    assert [row.name for row in rows] == ["talk", "other", "all"]
    assert [row.words and row.words.errors for row in rows] == [0, 1, 1]
    assert rows[-1].turns is not None and rows[-1].turns.rate == 0.0
    assert rows[-1].whole == Cost(12, 16)
    peer_pass = PeerPass(Path("talk.wav"), 100.0, Cost(5, 10), "a b c")
    peer = peer_row(PeerRun("plain", 300.0, (peer_pass,)), references[:1])
    report = WeightResults(run, rows, (peer,), ("A peer is missing.",))
    text = markdown([report])
    assert "| all | 16.7 % | 16.7 % | 0.0 % | 1 |" in text
    assert "| 0.060 / 0.080 |" in text
    assert "| plain | 25.0 % | 0.050 | 0.100 | 300 MiB |" in text
    assert "word times and speakers | 16.7 % | 0.060 | 0.080 | 500 MiB |" in text
    assert "words alone, word times | 16.7 % | 0.030 | 0.050 | the same |" in text
    assert text.endswith("A peer is missing.\n")
    (plain,) = json.loads(to_json([report]))
    assert plain["files"][2]["costs"]["whole job"]["rtf"] == pytest.approx(0.06)
    assert plain["tools"][2]["words"]["rate"] == pytest.approx(0.25)


def test_without_references_or_speech_there_are_dashes_not_numbers() -> None:
    silent = FilePass(Path("silent.wav"), 0.0, dict.fromkeys(STAGES, Cost()), (), ())
    run = PassRun("tiny.en", 1.0, 500.0, (silent,))
    report = WeightResults(run, scored(run, [Reference()]))
    assert "| silent | – | – | – | 0 | – | – | – | – | – |" in markdown([report])
    assert json.loads(to_json([report]))[0]["files"][0]["words"] is None


def test_a_missing_peer_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["bench", "offline", str(tmp_path / "a.wav"), "--compare"]) != 0
    assert f"faster-whisper is not installed; run: {PIP_INSTALL}" in capsys.readouterr().err
