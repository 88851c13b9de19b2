"""Inspects a file or folder of weights: format, writer, keys, precision; runs no code in it."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED

from meetcore.checkpoints import containers
from meetcore.checkpoints.info import CheckpointInfo
from meetcore.checkpoints.pickle_machine import Inert, PickleRefusedError, Storage
from meetcore.checkpoints.safe_pickle import (
    LONGEST_PICKLE,
    Unpickled,
    objects_in,
    read_pickle,
    text_of,
)

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
"""First object of a file of torch before 1.6, which is a sequence of pickles."""
LONGEST_CONFIG = 65_536
DOWNLOAD_AGAIN = "Download it again."


def inspect_checkpoint(path: Path) -> CheckpointInfo:
    """What a file or folder of weights contains; `trouble` says why one cannot be read.

    Needs the standard library alone, so that it works where torch cannot be imported.
    """
    found = CheckpointInfo(path)
    try:
        if path.is_dir():
            return _folder(found)
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            # Opening a named pipe would block until another process writes to it.
            return replace(found, trouble=f"{path.name} is no file. Choose a model's file.")
        found = replace(found, size=status.st_size)
        with path.open("rb") as file:
            return _file(found, file)
    except PickleRefusedError as error:
        return replace(found, trouble=f"{path.name} was not read: {error}. {DOWNLOAD_AGAIN}")
    except FileNotFoundError:
        return replace(found, trouble=f"{path.name} does not exist. Correct the path.")
    except PermissionError:
        return replace(found, trouble=f"{path.name} may not be read. Correct its access rights.")
    except (
        OSError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,  # an archive with a password
        MemoryError,
    ):
        return replace(found, trouble=f"{path.name} is damaged or incomplete. {DOWNLOAD_AGAIN}")


def _file(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    head = file.read(containers.HEAD)
    file.seek(0)
    if not head:
        return replace(found, trouble=f"{found.path.name} is empty. {DOWNLOAD_AGAIN}")
    for matches, read in READERS:
        if matches(head):
            return read(found, file)
    why = _not_weights(head)
    return replace(found, trouble=f"{found.path.name} {why}")


def _not_weights(head: bytes) -> str:
    """What the file is instead of a model, and what to do."""
    text = head.decode("utf-8", "replace").lstrip().lower()
    if text.startswith(("<!doctype", "<html", "<?xml")):
        return "is a web page saved under a model's name. Download the file itself."
    if text.startswith("version https://git-lfs"):
        return "is a git-lfs pointer, not the model. Run `git lfs pull` in its folder."
    if text.startswith("{") or "access to model" in text or "invalid username" in text:
        return "is a server's message, not a model. Read it with a text editor."
    return "has no known model format. Choose a model's file."


def _torch_zip(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    with zipfile.ZipFile(file) as archive:
        names = [name for name in archive.namelist() if name.split("/", 1)[-1] == "data.pkl"]
        if not names:
            trouble = f"{found.path.name} is an archive without a model. Choose a model's file."
            return replace(found, container="zip", trouble=trouble)
        if archive.getinfo(names[0]).compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise PickleRefusedError("its compression is not one that models use")
        # The archive may state a wrong length: unpack no more than read_pickle accepts.
        with archive.open(names[0]) as member:
            unpickled = read_pickle(io.BytesIO(member.read(LONGEST_PICKLE + 1)))
        return _described(replace(found, container="torch zip"), unpickled)


def _pickles(found: CheckpointInfo, file: BinaryIO) -> CheckpointInfo:
    """A plain pickle, or an old torch file, whose fourth pickle is the object."""
    unpickled = read_pickle(file)
    if unpickled.value != TORCH_MAGIC:
        return _described(replace(found, container="pickle"), unpickled)
    for _ in range(3):
        unpickled = read_pickle(file)
    return _described(replace(found, container="torch legacy"), unpickled)


def _described(found: CheckpointInfo, unpickled: Unpickled) -> CheckpointInfo:
    value = unpickled.value
    tensors = [each for each in objects_in(value) if _is_tensor(each)]
    storages = [each for each in objects_in(value) if isinstance(each, Storage)]
    found = replace(
        found,
        kind=_kind(value),
        n_tensors=len(tensors),
        n_parameters=sum(map(_count, tensors)),
        precision=tuple(sorted({each.precision for each in storages if "float" in each.precision})),
        code=unpickled.code,
    )
    return _with_writer(found, value) if isinstance(value, Mapping) else found


def _with_writer(found: CheckpointInfo, value: Mapping[Any, Any]) -> CheckpointInfo:
    lightning = text_of(value.get("pytorch-lightning_version"))
    lightning_version = (("pytorch-lightning", lightning),) if lightning else ()
    own = value.get("pyannote.audio")
    if not isinstance(own, Mapping):
        return replace(found, written_by=lightning_version)
    versions = own.get("versions")
    pairs = versions.items() if isinstance(versions, Mapping) else ()
    named = ((text_of(name), text_of(version)) for name, version in pairs)
    model = own.get("architecture")
    parts = [model.get("module"), model.get("class")] if isinstance(model, Mapping) else []
    return replace(
        found,
        written_by=tuple(pair for pair in (*named, *lightning_version) if all(pair)),
        has_introspection="introspection" in own,
        architecture=".".join(filter(None, map(text_of, parts))),
    )


def _kind(value: Any) -> str:
    if not isinstance(value, Mapping):
        return "a pickled object"
    if isinstance(value.get("pyannote.audio"), Mapping):
        return "pyannote.audio model"
    if {"dims", "model_state_dict"} <= value.keys():
        return "openai-whisper model"
    if "pytorch-lightning_version" in value:
        return "Lightning checkpoint"
    return "tensors"


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Inert) and "_rebuild_tensor" in value.dotted


def _count(tensor: Inert) -> int:
    """Number of elements of a tensor, from its shape."""
    shapes = [each for each in tensor.arguments[:4] if isinstance(each, tuple)]
    return containers.count_of(shapes[0]) if shapes else 1


def _folder(found: CheckpointInfo) -> CheckpointInfo:
    """A folder of CTranslate2 or Moonshine, a pipeline, or one with a checkpoint inside."""
    config, model = found.path / "config.yaml", found.path / "model.bin"
    decoder = found.path / "decoder_model_merged.onnx"
    size = sum(each.stat().st_size for each in found.path.iterdir() if each.is_file())
    found = replace(found, size=size)
    if model.is_file():
        return replace(found, container="ctranslate2", kind=containers.ctranslate2_kind(model))
    if decoder.is_file():
        return replace(inspect_checkpoint(decoder), path=found.path, size=size)
    if config.is_file():
        with config.open(encoding="utf-8") as file:
            return _pipeline(found, file.read(LONGEST_CONFIG))
    # As deep as in the hub's cache; searching a whole home folder would take minutes.
    places = (f"{'*/' * depth}pytorch_model.bin" for depth in range(4))
    files = sorted(file for place in places for file in found.path.glob(place) if file.is_file())
    if files:
        return inspect_checkpoint(files[0])
    trouble = f"{found.path.name} holds no model. Choose the folder of one, or its file."
    return replace(found, container="folder", trouble=trouble)


def _pipeline(found: CheckpointInfo, text: str) -> CheckpointInfo:
    named = re.search(r"^\s*name:\s*(pyannote\.audio\.pipelines\.\S+)", text, re.MULTILINE)
    written = re.findall(
        r"^\s*(pyannote\.audio|version)\s*:\s*['\"]?(\d[\w.]*)", text, re.MULTILINE
    )
    return replace(
        found,
        container="folder",
        kind="pyannote pipeline" if named else "folder with a config.yaml",
        architecture=named.group(1) if named else "",
        written_by=tuple(("pyannote.audio", version) for _, version in written[:1]),
    )


PICKLED = re.compile(rb"[\x80\](}]|c[\w.]+\n[\w.]+\n")
"""How a pickle begins: with its protocol, a container, or a name to import."""
Reader = Callable[[CheckpointInfo, BinaryIO], CheckpointInfo]
READERS: tuple[tuple[Callable[[bytes], bool], Reader], ...] = (
    (lambda head: head.startswith(b"PK\x03\x04"), _torch_zip),
    (containers.starts_safetensors, containers.safetensors),
    (lambda head: head.startswith((b"lmgg", b"ggml")), containers.ggml),
    (lambda head: head.startswith(b"GGUF"), containers.gguf),
    (containers.starts_ctranslate2, containers.ctranslate2),
    (containers.starts_onnx, containers.onnx),
    (lambda head: PICKLED.match(head) is not None, _pickles),
)
