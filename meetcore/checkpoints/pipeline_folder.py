"""Reads a pyannote pipeline's config.yaml and finds every file it names; loads nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONFIG = "config.yaml"
LONGEST_CONFIG = 65_536
"""Bytes; those of published pipelines have fewer than 1,000."""
PIPELINES = frozenset(
    {
        "pyannote.audio.pipelines.SpeakerDiarization",
        "pyannote.audio.pipelines.speaker_diarization.SpeakerDiarization",
    }
)
"""Classes that a config.yaml may name: the name is imported and called."""
SECTIONS = frozenset({"version", "dependencies", "pipeline", "params"})
"""Sections that load nothing; `preprocessors`, for one, names classes to call."""
MODEL_FILES = {
    "segmentation": ("pytorch_model.bin",),
    "embedding": ("pytorch_model.bin",),
    "plda": ("plda.npz", "xvec_transform.npz"),
}
"""The files of each part of a SpeakerDiarization pipeline."""
DEFAULT_MODEL = "pyannote/speaker-diarization-community-1"
"""What pyannote.audio 4 fetches for a part that config.yaml does not name."""
OTHER_LIBRARIES = ("speechbrain", "nvidia")
"""In an embedding's name they make pyannote.audio load it with a library that runs its code."""

Fetch = Callable[[str, str, str | None], Path | None]
"""Gives a file of a hub repository: its id, the file's path inside, and the revision; None where
it is not on this machine."""


class PipelineRefusedError(Exception):
    """The pipeline is not loaded; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that config.yaml names, and for which part."""

    part: str
    """"segmentation", "embedding" or "plda"."""
    name: str
    path: Path | None
    """None while it is not on this machine."""


@dataclass(frozen=True, slots=True)
class PipelineFolder:
    """The content of a config.yaml, and the files it names."""

    config: Mapping[str, Any]
    files: tuple[NamedFile, ...] = field(default=())


def read_pipeline(config_path: Path, model_id: str, fetch: Fetch) -> PipelineFolder:
    """Follow a config.yaml to every file that loading it would read.

    Parameters
    ----------
    config_path : the config.yaml
    model_id : id of its repository on the hub; empty for a folder
    fetch : gives files of hub repositories

    Raises
    ------
    PipelineRefusedError
        It names something that is not allowed, or a file that does not exist.
    """
    config = _parsed(config_path)
    for section in config.keys() - SECTIONS:
        raise PipelineRefusedError(f"Its {CONFIG} has a section {section!r}, which is not allowed")
    pipeline = config.get("pipeline")
    if not isinstance(pipeline, dict) or pipeline.keys() - {"name", "params"}:
        raise PipelineRefusedError(f"Its {CONFIG} names no pipeline")
    name = pipeline.get("name")
    if not isinstance(name, str) or name not in PIPELINES:
        raise PipelineRefusedError(f"Its {CONFIG} names {name!r}, which is no known pipeline class")
    params = pipeline.get("params") or {}
    if not isinstance(params, dict):
        raise PipelineRefusedError(f"The params of its {CONFIG} are no mapping")
    for key, value in params.items():
        if key not in MODEL_FILES and not _is_plain(value):
            raise PipelineRefusedError(f"Its {CONFIG} gives {key!r} more than plain values")
    root = _root_of(config_path)
    files: list[NamedFile] = []
    for part, names in MODEL_FILES.items():
        default = {"checkpoint": DEFAULT_MODEL, "subfolder": part}
        reference = _Reference.of(part, params.get(part, default))
        files += [
            NamedFile(part, file, _located(reference, file, config_path, root, model_id, fetch))
            for file in names
        ]
    return PipelineFolder(config, tuple(files))


def _parsed(path: Path) -> dict[str, Any]:
    # Here, as the doctor imports this module in a Python that lacks every package.
    import yaml  # type: ignore[import-untyped]

    try:
        with path.open("rb") as file:
            data = file.read(LONGEST_CONFIG + 1)
        if len(data) > LONGEST_CONFIG:
            raise PipelineRefusedError(f"Its {CONFIG} is far longer than that of a pipeline")
        config = yaml.load(data, Loader=yaml.SafeLoader)
    except yaml.constructor.ConstructorError as error:
        raise PipelineRefusedError(f"Its {CONFIG} asks for Python objects") from error
    except (yaml.YAMLError, UnicodeError, RecursionError, ValueError) as error:
        raise PipelineRefusedError(f"Its {CONFIG} is not valid YAML") from error
    except OSError as error:
        raise PipelineRefusedError(f"Its {CONFIG} cannot be read ({error.strerror})") from error
    if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
        raise PipelineRefusedError(f"Its {CONFIG} is no pipeline")
    return config


def _is_plain(value: object) -> bool:
    """Whether a value is a number, a short text, or a mapping of those."""
    if isinstance(value, dict):
        return all(isinstance(each, bool | int | float | str) for each in value.values())
    return value is None or isinstance(value, bool | int | float | str)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A part's model, as config.yaml names it."""

    checkpoint: str
    subfolder: str = ""
    revision: str | None = None

    @classmethod
    def of(cls, part: str, value: object) -> _Reference:
        if isinstance(value, str):
            if part == "embedding" and any(name in value for name in OTHER_LIBRARIES):
                raise PipelineRefusedError(f"Its {part} {value!r} is no model of pyannote.audio")
            text, _, revision = value.partition("@")
            return cls(text, revision=revision or None)
        allowed = {"checkpoint", "subfolder", "revision", "token", "cache_dir"}
        if (
            isinstance(value, dict)
            and isinstance(value.get("checkpoint"), str)
            and value.keys() <= allowed
        ):
            wanted = value.get("revision")
            subfolder = str(value.get("subfolder") or "")
            return cls(value["checkpoint"], subfolder, str(wanted) if wanted else None)
        raise PipelineRefusedError(f"Its {part} is named in a way that is not allowed")


def _located(
    reference: _Reference, file: str, config_path: Path, root: Path, model_id: str, fetch: Fetch
) -> Path | None:
    """Where a part's file is; None for one of the hub that is not on this machine."""
    checkpoint, inside = reference.checkpoint, os.path.join(reference.subfolder, file)
    folder = config_path.parent
    if checkpoint.startswith("$model/"):
        if model_id:
            path = os.path.join(checkpoint.removeprefix("$model/"), file)
            return fetch(model_id, path, reference.revision)
        return _inside(folder / checkpoint.removeprefix("$model/"), file, root)
    own = Path(checkpoint).expanduser()
    for candidate in (own,) if own.is_absolute() else (folder / own, Path.cwd() / own):
        if candidate.exists():
            outside = own.is_absolute() or not candidate.is_relative_to(folder)
            return _inside(candidate / reference.subfolder, file, None if outside else root)
    if own.is_absolute() or checkpoint.startswith((".", "~")) or checkpoint.count("/") != 1:
        raise PipelineRefusedError(f"Its {CONFIG} names {checkpoint}, which does not exist")
    return fetch(checkpoint, inside, reference.revision)


def _inside(place: Path, file: str, root: Path | None) -> Path:
    """A file, or the file of that name in a folder; links may not lead out of `root`."""
    path = place / file if place.is_dir() else place
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise PipelineRefusedError(f"Its {path.name} does not exist in {place.name}") from error
    if not real.is_file():
        raise PipelineRefusedError(f"Its {path.name} in {place.name} is no file")
    if root is not None and not real.is_relative_to(root):
        raise PipelineRefusedError(f"Its {path.name} is a link that leads out of its folder")
    return path


def _root_of(config_path: Path) -> Path:
    """The folder that links may lead to: the pipeline's, or its repository in the hub's cache."""
    folder = config_path.parent.resolve()
    if folder.parent.name == "snapshots" and folder.parents[1].name.startswith("models--"):
        return folder.parents[1]
    return folder


def cached_file(cache: Path, model_id: str, file: str, revision: str | None) -> Path | None:
    """A file in the hub's local cache, which is not changed; None where it is not there.

    Source: huggingface_hub, "Understand caching": models--OWNER--NAME/{refs,snapshots,blobs}.
    """
    repository = cache / f"models--{model_id.replace('/', '--')}"
    try:
        name = (repository / "refs" / (revision or "main")).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        name = revision or ""
    if not name or "/" in name or name.startswith("."):
        return None
    path = repository / "snapshots" / name / file
    return path if path.is_file() and path.resolve().is_relative_to(cache.resolve()) else None


def hub_cache() -> Path:
    """The hub's cache folder, as huggingface_hub finds it."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
