"""Inspection of weight files: real, unusual, damaged and malicious; no code in them is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import pickletools
import struct
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meetcore.checkpoints.info import CheckpointInfo
from meetcore.checkpoints.inspect import inspect_checkpoint
from meetcore.checkpoints.pickle_machine import PickleRefusedError
from meetcore.checkpoints.safe_pickle import read_pickle
from meetcore.diagnostics.facts.installed import installed_versions
from meetcore.diagnostics.findings import Verdict
from meetcore.diagnostics.rules.registry import judge_checkpoint
from meetcore.weights.resolver import WeightResolver

MARKER = "run-by-a-pickle"


def zipped(path: Path, data: bytes) -> Path:
    """A torch file around a pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", "3\n")
    return path


@pytest.mark.model
def test_the_writer_of_the_speaker_weight_is_read(resolver: WeightResolver) -> None:
    found = inspect_checkpoint(resolver.resolve("segmentation-3.0"))
    assert found.kind == "pyannote.audio model" and not found.trouble
    assert found.version_of("pyannote.audio") == "3.0.0"
    assert found.version_of("torch") == "2.0.1+cu117"
    assert found.version_of("pytorch-lightning") == "2.0.2"
    assert found.has_introspection is False, "the key 2.x wants, and 3.x stopped writing"
    assert found.architecture == "pyannote.audio.models.segmentation.PyanNet.PyanNet"
    assert found.precision == ("float32",) and found.n_parameters == 1_473_515
    assert found.code and all(name.startswith("pyannote.audio.") for name in found.code)
    (first, *_) = judge_checkpoint(found, {"pyannote-audio": "2.1.1"})
    assert (first.rule, first.verdict) == ("introspection", Verdict.RED)
    assert not [
        each
        for each in judge_checkpoint(found, installed_versions())
        if each.verdict is not Verdict.GREEN
    ]


@pytest.mark.model
@pytest.mark.parametrize(
    "weight, kind, precision",
    [
        ("campplus", "tensors", ("float32",)),
        ("tiny.en", "openai-whisper model", ("float16",)),
        ("base.en", "openai-whisper model", ("float16",)),
    ],
)
def test_other_weights_are_recognized_quickly(
    resolver: WeightResolver, weight: str, kind: str, precision: tuple[str, ...]
) -> None:
    path = resolver.resolve(weight)
    began = time.perf_counter()
    found = inspect_checkpoint(path)
    took = time.perf_counter() - began
    assert (found.kind, found.precision, found.trouble) == (kind, precision, "")
    assert found.code == () and found.has_introspection is None and found.n_parameters > 10**6
    assert took < 1.0, "tensors are not read"
    assert not [one for one in judge_checkpoint(found, {}) if one.verdict is not Verdict.GREEN]


@pytest.mark.parametrize("legacy", [False, True])
def test_files_written_by_torch_are_read(tmp_path: Path, legacy: bool) -> None:
    import torch

    path = tmp_path / "made.ckpt"
    state = OrderedDict(a=torch.zeros(3, 4), b=torch.zeros(5, dtype=torch.float16))
    own = {"versions": {"torch": torch.__version__, "pyannote.audio": "2.1"}, "introspection": {}}
    torch.save(
        {"state_dict": state, "pyannote.audio": own, "pytorch-lightning_version": "1.6.5"},
        path,
        _use_new_zipfile_serialization=not legacy,
    )
    found = inspect_checkpoint(path)
    assert found.container == ("torch legacy" if legacy else "torch zip")
    assert (found.n_tensors, found.n_parameters) == (2, 17)
    assert found.precision == ("float16", "float32")
    assert found.has_introspection is True and found.version_of("pyannote.audio") == "2.1"
    assert found.version_of("torch") == torch.__version__
    assert found.code == ()


class Calls:
    """Pickles to a call of a function with arguments."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def touch(path: Path) -> str:
    return f"touch {path}"


MALICIOUS: dict[str, Callable[[Path], bytes]] = {
    "system": lambda place: pickle.dumps(Calls(os.system, touch(place))),
    "protocol 0": lambda place: pickle.dumps(Calls(os.system, touch(place)), protocol=0),
    "eval": lambda place: pickle.dumps(Calls(eval, f"open({str(place)!r}, 'w')")),
    "exec": lambda place: pickle.dumps(Calls(exec, f"open({str(place)!r}, 'w')")),
    "nested": lambda place: pickle.dumps(
        {"pyannote.audio": {"versions": Calls(getattr, Calls(__import__, "os"), "system")}}
    ),
    "inst": lambda place: f"(S'{touch(place)}'\nios\nsystem\n.".encode(),
    "dotted": lambda place: (
        b"\x80\x04\x8c\x02os\x8c\x0bpath.exists\x93\x8c\x01/\x85R."  # STACK_GLOBAL, REDUCE
    ),
    "build": lambda place: pickle.dumps(Calls(type, "X", (), {"__setstate__": None})),
}


@pytest.mark.parametrize("name", MALICIOUS)
@pytest.mark.parametrize("wrap", [True, False], ids=["zip", "bare"])
def test_no_code_of_a_pickle_is_run(tmp_path: Path, name: str, wrap: bool) -> None:
    place, path = tmp_path / MARKER, tmp_path / "malicious.ckpt"
    data = MALICIOUS[name](place)
    if wrap:
        zipped(path, data)
    else:
        path.write_bytes(data)
    found = inspect_checkpoint(path)
    assert not place.exists()
    assert found.code, "what it wanted to call is named"
    verdicts = {one.rule: one.verdict for one in judge_checkpoint(found, {})}
    assert verdicts["code-in-checkpoint"] is Verdict.RED


def test_the_malicious_pickles_do_run_code_when_unpickled(tmp_path: Path) -> None:
    """Otherwise the test above would prove nothing."""
    pickle.loads(MALICIOUS["system"](tmp_path / MARKER))
    assert (tmp_path / MARKER).exists()


def deep(levels: int) -> bytes:
    return b"\x80\x02" + b"(" * levels + b"N" + b"t" * levels + b"."


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",  # a byte array of a tebibyte
        b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.",
        b"\x80\x02]" + b"N" * 100,  # never stops
        b"\x80\x7f.",
        b"\x80",
    ],
    ids=["bytearray", "text", "endless", "protocol", "cut"],
)
def test_pickles_that_need_too_much_memory_are_refused(tmp_path: Path, data: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(PickleRefusedError):
        read_pickle(io.BytesIO(data))
    found = inspect_checkpoint(zipped(tmp_path / "bomb.ckpt", data))
    assert "was not read" in found.trouble and time.perf_counter() - began < 5


def test_a_high_memo_index_takes_no_memory() -> None:
    """Python's unpickler allocates as many memo entries as the highest index."""
    tracemalloc.start()
    read_pickle(io.BytesIO(b"\x80\x02Nr" + struct.pack("<I", 2**31) + b"."))
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_deep_and_circular_pickles_end(tmp_path: Path) -> None:
    inspect_checkpoint(zipped(tmp_path / "deep.ckpt", deep(200_000)))
    circle: dict[str, Any] = {}
    circle["itself"] = circle
    found = inspect_checkpoint(zipped(tmp_path / "circle.ckpt", pickle.dumps(circle)))
    assert found.kind == "tensors"
    lists: list[Any] = []
    for _ in range(64):
        lists = [lists, lists]
    inspect_checkpoint(zipped(tmp_path / "laughs.ckpt", pickle.dumps(lists)))


def test_a_zip_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.ckpt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        text = bytes(40 * 2**20)
        archive.writestr("archive/data.pkl", b"\x80\x02X" + struct.pack("<I", len(text)) + text)
    assert "far larger" in inspect_checkpoint(path).trouble


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data, words",
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>Access denied", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git-lfs"),
        (b'{"error": "Access to model is restricted"}', "server's message"),
        (b"PK\x03\x04 and then nothing", "damaged or incomplete"),
        (b"PKWARE is no archive", "no known model format"),
        (b"RIFF....WAVEfmt ", "no known model format"),
    ],
)
def test_files_that_are_no_model_are_named_with_the_next_step(
    tmp_path: Path, data: bytes, words: str
) -> None:
    found = inspect_checkpoint(write(tmp_path / "model.bin", data))
    assert words in found.trouble and found.trouble.count(". ") == 1
    (finding,) = judge_checkpoint(found, {})
    assert (finding.rule, finding.verdict) == ("weight-unreadable", Verdict.RED)


def test_paths_without_a_model(tmp_path: Path) -> None:
    assert "does not exist" in inspect_checkpoint(tmp_path / "gone.bin").trouble
    (tmp_path / "folder").mkdir()
    assert "holds no model" in inspect_checkpoint(tmp_path / "folder").trouble
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as archive:
        archive.writestr("talk.txt", "hello")
    assert "archive without a model" in inspect_checkpoint(tmp_path / "some.zip").trouble


def test_other_formats_are_recognized(tmp_path: Path) -> None:
    header = json.dumps({"w": {"dtype": "F16", "shape": [2, 3], "data_offsets": [0, 12]}}).encode()
    tensors = struct.pack("<Q", len(header)) + header + bytes(12)
    found = inspect_checkpoint(write(tmp_path / "m.safetensors", tensors))
    assert (found.container, found.n_parameters, found.precision) == (
        "safetensors",
        6,
        ("float16",),
    )
    onnx = b"\x08\x07\x12\x07pytorch\x1a\x041.10\x3a\x00"
    assert inspect_checkpoint(write(tmp_path / "m.onnx", onnx)).written_by == (("pytorch", "1.10"),)
    assert inspect_checkpoint(write(tmp_path / "m.ggml", b"lmgg" + bytes(40))).container == "ggml"
    assert inspect_checkpoint(write(tmp_path / "m.gguf", b"GGUF" + bytes(40))).container == "gguf"


def test_folders_of_other_libraries(tmp_path: Path) -> None:
    converted = tmp_path / "ct2"
    converted.mkdir()
    spec = b"WhisperSpec\0"
    data = struct.pack("<IH", 6, len(spec)) + spec + bytes(64)
    write(converted / "model.bin", data)
    assert inspect_checkpoint(converted).kind == "CTranslate2 WhisperSpec"
    moonshine = tmp_path / "moonshine-base"
    moonshine.mkdir()
    write(moonshine / "decoder_model_merged.onnx", b"\x08\x0a\x12\x03abc" + bytes(64))
    found = inspect_checkpoint(moonshine)
    assert (found.kind, found.trouble, found.path) == ("ONNX model", "", moonshine)
    pipeline = tmp_path / "pipeline"
    pipeline.mkdir()
    (pipeline / "config.yaml").write_text(
        "version: 3.1.0\npipeline:\n  name: pyannote.audio.pipelines.SpeakerDiarization\n"
    )
    found = inspect_checkpoint(pipeline)
    assert found.kind == "pyannote pipeline" and found.version_of("pyannote.audio") == "3.1.0"


def test_reading_stops_at_the_end_of_a_pickle(tmp_path: Path) -> None:
    data = pickletools.optimize(pickle.dumps({"a": [1, 2]})) + b"and more behind it"
    file = io.BytesIO(data)
    assert read_pickle(file).value == {"a": [1, 2]}
    assert file.read() == b"and more behind it"


def test_a_file_without_read_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patched, because root can read everything."""
    path = write(tmp_path / "secret.bin", b"x")

    def refuse(*arguments: Any, **options: Any) -> Any:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    found: CheckpointInfo = inspect_checkpoint(path)
    assert "may not be read" in found.trouble


def within(data: bytes, seconds: int) -> None:
    """Read a pickle in a separate process that is ended after `seconds`."""
    code = """if True:
        import io, sys
        from meetcore.checkpoints import pickle_machine, safe_pickle
        try:
            safe_pickle.read_pickle(io.BytesIO(sys.stdin.buffer.read()))
        except pickle_machine.PickleRefusedError:
            pass
        """
    subprocess.run([sys.executable, "-c", code], input=data, timeout=seconds, check=True)


ENDLESS = {
    "a key that takes very long to hash": b"\x80\x02})\x85" + b"2\x86" * 64 + b"Ns.",
    "a placeholder that is filled in many steps": b"\x80\x02cx\ny\n)R" + b"(NNu" * 100_000 + b".",
    "numbers that share a hash": (
        b"\x80\x02}("
        + b"".join(
            b"\x8a\x0b" + (number * (2**61 - 1)).to_bytes(11, "little") + b"N"
            for number in range(9, 100_009)
        )
        + b"u."
    ),
    "a mapping copied again and again": (
        b"\x80\x02ccollections\nOrderedDict\nq\x00}("
        + b"".join(b"J" + struct.pack("<i", n) + b"N" for n in range(100_000))
        + b"u"
        + b"\x85Rq\x010"
        + b"h\x00h\x01\x85R0" * 100_000
        + b"N."
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_pickle_takes_long_to_read(name: str) -> None:
    within(ENDLESS[name], 10)


def test_a_pickle_cannot_change_how_later_ones_are_read(tmp_path: Path) -> None:
    """BUILD on a class would set attributes of the class itself."""
    data = b"\x80\x02ccollections\nOrderedDict\nN}X\x03\x00\x00\x00getNs\x86b."
    inspect_checkpoint(zipped(tmp_path / "poison.ckpt", data))
    honest = pickle.dumps(OrderedDict({"pyannote.audio": {"versions": {"torch": "2.1"}}}))
    found = inspect_checkpoint(zipped(tmp_path / "honest.ckpt", honest))
    assert found.version_of("torch") == "2.1" and found.has_introspection is False


def test_archives_that_cannot_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bzip2.ckpt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("archive/data.pkl", bytes(2**20))
    assert "compression is not one that models use" in inspect_checkpoint(path).trouble
    locked = bytearray(zipped(tmp_path / "locked.ckpt", b"N.").read_bytes())
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(header) + offset] |= 1
    assert "damaged" in inspect_checkpoint(write(tmp_path / "locked.ckpt", bytes(locked))).trouble


def test_odd_headers_and_files_raise_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.bin")
    assert "is no file" in inspect_checkpoint(tmp_path / "pipe.bin").trouble
    for header in (b'{"w": []}', b'{"w": {"dtype": 3, "shape": [1]}}', b"{" + b'"a":{' * 9_000):
        data = struct.pack("<Q", len(header)) + header
        assert "damaged" in inspect_checkpoint(write(tmp_path / "m.safetensors", data)).trouble
    header = json.dumps({"w": {"dtype": "F32", "shape": [10**4000] * 4000}}).encode()
    path = write(tmp_path / "m.safetensors", struct.pack("<Q", len(header)) + header)
    assert inspect_checkpoint(path).n_parameters == 0


def test_a_ctranslate2_model_is_recognized_without_its_folder(tmp_path: Path) -> None:
    data = struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + bytes(64)
    assert inspect_checkpoint(write(tmp_path / "any.bin", data)).kind == "CTranslate2 WhisperSpec"
