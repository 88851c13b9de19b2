"""Pipeline folders and hub caches: every file followed and judged, and nothing in them is run."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.checkpoints.judge import sha256_of
from meetcore.checkpoints.pipeline_folder import cached_file
from meetcore.checkpoints.pipeline_report import examine_pipeline
from meetcore.diagnostics.diagnose import diagnose
from meetcore.diagnostics.facts.gather import quick_facts
from meetcore.diagnostics.findings import Verdict
from meetcore.diarization import pyannote_loading
from meetcore.diarization.pyannote_loading import load_pipeline
from meetcore.errors import ModelUnavailableError
from meetcore.models.first_that_loads import first_that_loads
from meetcore.settings import Settings

NAME = "pyannote.audio.pipelines.SpeakerDiarization"
CONFIG = f"""version: 3.1.0
pipeline:
  name: {NAME}
  params:
    clustering: AgglomerativeClustering
    segmentation: $model/segmentation
    embedding: $model/embedding
    plda: $model/plda
params:
  clustering:
    threshold: 0.7
"""


def checkpoint(path: Path, version: str = "3.1.1", **changes: Any) -> Path:
    """A checkpoint as pyannote.audio 3 and 4 write them; changes replace its parts."""
    import torch
    from pyannote.audio.core.task import Problem, Resolution, Specifications

    kind = "segmentation.PyanNet.PyanNet" if "segm" in str(path) else "embedding.wespeaker.X"
    module, _, name = f"pyannote.audio.models.{kind}".rpartition(".")
    if name == "X":
        name = "WeSpeakerResNet34"
    own = {
        "versions": {"torch": torch.__version__, "pyannote.audio": version},
        "architecture": {"module": module, "class": name},
        "specifications": Specifications(
            problem=Problem.MONO_LABEL_CLASSIFICATION,
            resolution=Resolution.FRAME,
            duration=10.0,
            classes=["a"],
        ),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"state_dict": {"w": torch.zeros(2)}, "pyannote.audio": {**own, **changes}}
    torch.save(content, path)
    return path


def pipeline(folder: Path, config: str = CONFIG) -> Path:
    for part in ("segmentation", "embedding"):
        checkpoint(folder / part / "pytorch_model.bin")
    (folder / "plda").mkdir()
    for name in ("plda", "xvec_transform"):
        np.savez(folder / "plda" / f"{name}.npz", mu=np.zeros(2))
    (folder / "config.yaml").write_text(config)
    return folder


class Calls:
    def __init__(self, *call: Any) -> None:
        self.call = call[0], call[1:]

    def __reduce__(self) -> Any:
        return self.call


def trouble(folder: Path, installed: str = "4.0.7", **options: Any) -> str:
    return examine_pipeline(str(folder), installed, **options).trouble


def test_a_whole_folder_may_be_loaded(tmp_path: Path) -> None:
    found = examine_pipeline(str(pipeline(tmp_path / "p")), "4.0.7")
    assert (found.trouble, found.missing) == ("", ())
    assert [f"{file.part}/{file.name}" for file in found.files] == [
        "segmentation/pytorch_model.bin",
        "embedding/pytorch_model.bin",
        "plda/plda.npz",
        "plda/xvec_transform.npz",
    ]


def bomb(folder: Path) -> None:
    marker = Calls(os.system, f"touch {folder.parent / 'ran'}")
    checkpoint(folder / "embedding" / "pytorch_model.bin", extra=marker)


def bomb_in_torchs_own_module(folder: Path) -> None:
    """`torch.storage` has attributes that are whole modules, and a function that unpickles."""
    path = folder / "segmentation" / "pytorch_model.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "x/data.pkl", b"\x80\x04\x8c\rtorch.storage\x8c\x07io.open\x93\x8c\x01x\x85R."
        )


def tagged(folder: Path) -> None:
    config = folder / "config.yaml"
    config.write_text(CONFIG + "x: !!python/object/apply:os.system ['true']\n")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "code": (bomb, "its embedding pytorch_model.bin would run posix.system"),
    "code of a torch module": (bomb_in_torchs_own_module, "would run torch.storage.io.open"),
    "python tags": (tagged, "asks for Python objects"),
    "another class": (
        lambda folder: (folder / "config.yaml").write_text(CONFIG.replace(NAME, "os.system")),
        "names 'os.system', which is no known pipeline class",
    ),
    "a preprocessor": (
        lambda folder: (folder / "config.yaml").write_text(CONFIG + "preprocessors: {a: {}}\n"),
        "has a section 'preprocessors'",
    ),
    "another library": (
        lambda folder: (folder / "config.yaml").write_text(
            CONFIG.replace("$model/embedding", "speechbrain/spkrec")
        ),
        "is no model of pyannote.audio",
    ),
    "options of the loader": (
        lambda folder: (folder / "config.yaml").write_text(
            CONFIG.replace("$model/embedding", "{checkpoint: x, hparams_file: y}")
        ),
        "named in a way that is not allowed",
    ),
    "another architecture": (
        lambda folder: checkpoint(
            folder / "segmentation" / "pytorch_model.bin",
            architecture={"module": "subprocess", "class": "Popen"},
        ),
        "names subprocess.Popen as its model",
    ),
    "a missing file": (
        lambda folder: (folder / "segmentation" / "pytorch_model.bin").unlink(),
        "does not exist",
    ),
    "a bare pickle": (
        lambda folder: (folder / "segmentation" / "pytorch_model.bin").write_bytes(
            pickle.dumps({"a": 1})
        ),
        "cannot be checked fully",
    ),
    "damage": (
        lambda folder: (folder / "segmentation" / "pytorch_model.bin").write_bytes(b"PK\3\4x"),
        "damaged or incomplete",
    ),
    "pickled arrays": (
        lambda folder: (folder / "plda" / "plda.npz").write_bytes(pickle.dumps({})),
        "holds no arrays",
    ),
    "a long config": (
        lambda folder: (folder / "config.yaml").write_text(CONFIG + "#" * 70_000),
        "far longer",
    ),
    "no YAML": (lambda folder: (folder / "config.yaml").write_text("a: [b"), "not valid YAML"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_must_not_be_loaded_is_said_alike_by_doctor_and_identifier(
    tmp_path: Path, case: str
) -> None:
    """Before anything is loaded, in the same sentence; the diarizer falls to the open weights."""
    breaks, words = BROKEN[case]
    folder = pipeline(tmp_path / "p")
    breaks(folder)
    sentence = trouble(folder)
    assert words in sentence and sentence.count(". ") == 1 and "MEETCORE_DIARIZER=open" in sentence

    def no_load(*_: Any, **__: Any) -> None:
        raise AssertionError("it was loaded")

    with pytest.raises(ModelUnavailableError) as refused:
        load_pipeline(str(folder), None, from_pretrained=no_load)
    assert str(refused.value) == sentence
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", diarizer=str(folder))
    findings = {one.rule: one for one in diagnose(quick_facts(settings)).findings}
    assert findings["pipeline-refused"].verdict is Verdict.RED
    assert findings["pipeline-refused"].found == sentence
    load = {str(folder): lambda: load_pipeline(str(folder), None), "open": lambda: "open weights"}
    choice = first_that_loads(list(load), lambda name: load[name]())
    assert (choice.model, choice.reasons) == ("open weights", (sentence,))
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "p")
    file = folder / "embedding" / "pytorch_model.bin"
    file.rename(tmp_path / "elsewhere.bin")
    file.symlink_to(tmp_path / "elsewhere.bin")
    assert "a link that leads out of its folder" in trouble(folder)
    (folder / "config.yaml").write_text(CONFIG.replace("$model/embedding", "../elsewhere.bin"))
    assert trouble(folder), "a path may not climb out either"


def test_the_failure_of_the_seed_is_foreseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint of pyannote.audio 3 has no 'introspection', which 2.x looks for."""
    folder = pipeline(tmp_path / "p")
    sentence = trouble(folder, "2.1.1")
    assert "written by pyannote.audio 3.1.1 and has no 'introspection'" in sentence
    assert "installed 2.1.1" in sentence
    monkeypatch.setattr(pyannote_loading, "installed_version", lambda: "2.1.1")
    with pytest.raises(ModelUnavailableError) as refused:
        load_pipeline(str(folder), None, from_pretrained=lambda *_, **__: None)
    assert str(refused.value) == sentence
    assert trouble(pipeline(tmp_path / "q", CONFIG), "4.0.7") == ""


def test_a_checkpoint_of_a_newer_generation_is_named(tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "p")
    checkpoint(folder / "segmentation" / "pytorch_model.bin", version="5.0.0")
    assert "asks for pyannote.audio 5.0.0, and 4.0.7 is installed" in trouble(folder)


def test_a_checkpoint_with_code_is_loaded_only_when_its_sha256_is_trusted(tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "p")
    bomb(folder)
    sha256 = sha256_of(folder / "embedding" / "pytorch_model.bin")
    assert sha256 in trouble(folder)
    assert trouble(folder, trusted=(sha256,)) == ""
    bomb(folder.parent / "p")
    assert trouble(folder, trusted=("0" * 64,)) != ""


def test_relative_and_absolute_paths_are_followed(tmp_path: Path) -> None:
    folder = pipeline(tmp_path / "p")
    config = CONFIG.replace("$model/segmentation", "segmentation/pytorch_model.bin")
    config = config.replace("$model/embedding", str(folder / "embedding"))
    (folder / "config.yaml").write_text(config)
    assert trouble(folder) == ""
    bomb(folder)
    assert "would run" in trouble(folder)


def hub(cache: Path, name: str, fill: Callable[[Path], object]) -> Path:
    """A repository in the hub's cache: blobs, and a snapshot of links to them."""
    repository = cache / f"models--{name.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc123")
    made = repository / "made"
    fill(made)
    snapshot = repository / "snapshots" / "abc123"
    for number, file in enumerate(sorted(made.rglob("*.*"))):
        blob, link = repository / "blobs" / str(number), snapshot / file.relative_to(made)
        for each in (blob, link):
            each.parent.mkdir(parents=True, exist_ok=True)
        file.rename(blob)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return snapshot


def test_ids_are_followed_through_the_hubs_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    config = CONFIG.replace("$model/segmentation", "pyannote/segmentation-3.0")
    snapshot = hub(tmp_path, "pyannote/pipe", lambda made: pipeline(made, config))
    assert examine_pipeline("pyannote/none", "4.0.7").missing == ("config.yaml",)
    found = examine_pipeline("pyannote/pipe", "4.0.7")
    assert found.missing == ("segmentation/pytorch_model.bin",) and not found.trouble
    hub(
        tmp_path,
        "pyannote/segmentation-3.0",
        lambda made: checkpoint(
            made / "pytorch_model.bin", architecture={"module": "os", "class": "system"}
        ),
    )
    assert "names os.system as its model" in examine_pipeline("pyannote/pipe", "4.0.7").trouble
    assert "names os.system as its model" in trouble(snapshot), "its folder given by path, too"
    assert cached_file(tmp_path, "pyannote/pipe", "config.yaml", "../../x") is None


def test_what_is_loaded_is_what_was_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = pipeline(tmp_path / "p")
    seen: list[dict[str, Any]] = []

    def keep(config: dict[str, Any], token: str | None) -> object:
        seen.append(config)
        for part in ("segmentation", "embedding"):
            place = Path(config["pipeline"]["params"][part]["checkpoint"])
            assert (place / "pytorch_model.bin").is_file() and folder not in place.parents
        return object()

    load_pipeline(str(folder), "hf_secret", from_pretrained=keep)
    assert seen[0]["params"] == {"clustering": {"threshold": 0.7}}

    real = pyannote_loading.examine_pipeline

    def then_change(*arguments: Any) -> Any:
        report = real(*arguments)
        bomb(folder)
        return report

    monkeypatch.setattr(pyannote_loading, "examine_pipeline", then_change)
    with pytest.raises(ModelUnavailableError, match="was changed while it was loaded"):
        load_pipeline(str(folder), None, from_pretrained=keep)
    assert len(seen) == 1 and not (tmp_path / "ran").exists()
