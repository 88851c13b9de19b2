"""Loads pyannote pipelines from a folder or the hub, with a remedy for each failure."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from meetcore.checkpoints.pipeline_folder import Fetch
from meetcore.checkpoints.pipeline_report import examine_pipeline
from meetcore.diarization.safe_copy import config_of_copies
from meetcore.diarization.segmentation import quiet_pyannote
from meetcore.errors import ModelUnavailableError

FromPretrained = Callable[..., Any]
"""`pyannote.audio.Pipeline.from_pretrained`, or a fake of it."""

_OPEN = "or set MEETCORE_DIARIZER=open, which needs no token"


def load_pipeline(
    checkpoint: str,
    token: str | None,
    device: str = "cpu",
    from_pretrained: FromPretrained | None = None,
    fetch: Fetch | None = None,
    trusted: Collection[str] = (),
) -> Any:
    """A loaded pipeline; every file of it is judged first, and what was judged is loaded.

    Parameters
    ----------
    checkpoint : a folder with a config.yaml, that file, or an id on the hub
    token : Hugging Face token, sent for hub ids only
    device : torch's name of the device
    from_pretrained : what loads a config; None for pyannote.audio's
    fetch : gives files of the hub; None downloads them with the token
    trusted : sha256 of checkpoints that are loaded in spite of code in them

    Raises
    ------
    ModelUnavailableError
        It cannot be loaded; one sentence has the reason, one the remedy.
    """
    if from_pretrained is None:
        quiet_pyannote()
        from pyannote.audio import Pipeline

        from_pretrained = Pipeline.from_pretrained
    local = _local_path(checkpoint) is not None
    try:
        report = examine_pipeline(
            checkpoint, installed_version(), trusted, fetch or partial(_download, token)
        )
        if report.trouble:
            raise ModelUnavailableError(report.trouble)
        if report.missing:
            raise _gave_nothing(checkpoint, token)
        with tempfile.TemporaryDirectory(prefix="meetcore-pipeline-") as name:
            config = config_of_copies(report, Path(name), trusted)
            pipeline = from_pretrained(config, token=None if local else token)
    except ModelUnavailableError:
        raise
    except Exception as error:  # the hub's client and loading raise anything
        raise _explained(checkpoint, token, local, error) from error
    if pipeline is None:
        raise _gave_nothing(checkpoint, token)
    return _moved(pipeline, device)


def installed_version() -> str:
    """The version of pyannote.audio; empty where it is not installed."""
    try:
        return metadata.version("pyannote.audio")
    except metadata.PackageNotFoundError:
        return ""


def _download(token: str | None, model_id: str, file: str, revision: str | None) -> Path | None:
    from pyannote.audio.utils.hf_hub import download_from_hf_hub

    found = download_from_hf_hub(model_id, file, revision=revision, token=token)
    return None if found is None else Path(found)


def _gave_nothing(checkpoint: str, token: str | None) -> ModelUnavailableError:
    return ModelUnavailableError(
        f"The hub gave nothing for {checkpoint}, as it does for gated pipelines. "
        f"{_consent(checkpoint, token)}"
    )


def _local_path(checkpoint: str) -> Path | None:
    """The folder or config.yaml of a checkpoint; None for an id on the hub."""
    path = Path(checkpoint).expanduser()
    local = path.exists()
    if local and path.is_dir() and not (path / "config.yaml").is_file():
        raise ModelUnavailableError(
            f"{path} holds no config.yaml, so it is not a pipeline folder. "
            f"Give the folder of a downloaded pipeline, {_OPEN}."
        )
    if not local and (path.is_absolute() or checkpoint.startswith(("~", "."))):
        raise ModelUnavailableError(f"{checkpoint} does not exist. Correct the path, {_OPEN}.")
    return path if local else None


def _moved(pipeline: Any, device: str) -> Any:
    if device != "cpu":
        import torch

        pipeline.to(torch.device(device))
    return pipeline


def _consent(checkpoint: str, token: str | None) -> str:
    """The remedy for a gated pipeline, by the token there is."""
    if not token:
        return f"Set HF_TOKEN to a token that may read {checkpoint}, {_OPEN}."
    if not token.startswith("hf_"):
        return f"HF_TOKEN does not begin with hf_, so it is not sent: correct it, {_OPEN}."
    return f"Accept the conditions of {checkpoint} with the account of HF_TOKEN, {_OPEN}."


def _status(error: BaseException) -> int | None:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _explained(
    checkpoint: str, token: str | None, local: bool, error: Exception
) -> ModelUnavailableError:
    """Reason and remedy for an error of loading; libraries' classes are compared by name."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    status = _status(error)
    if isinstance(error, KeyError) and "introspection" in str(error):
        reason = f"{checkpoint} names a checkpoint of another generation of pyannote.audio"
        remedy = f"Use pyannote/speaker-diarization-community-1, {_OPEN}."
    elif kinds & {"GatedRepoError"} or status == 403:
        reason = f"{checkpoint} is gated and this account has not been let in"
        remedy = _consent(checkpoint, token)
    elif status == 401:
        reason = f"The hub did not accept {'HF_TOKEN' if token else 'a visitor without a token'}"
        remedy = _consent(checkpoint, token)
    elif kinds & {"RepositoryNotFoundError"} or status == 404:
        reason = f"The hub has no {checkpoint}, or hides it from this account"
        remedy = f"Correct MEETCORE_DIARIZER, {_OPEN}."
    elif kinds & {
        "LocalEntryNotFoundError",
        "OfflineModeIsEnabled",
        "ConnectionError",
        "ConnectError",
        "TimeoutException",
        "TimeoutError",
    }:
        reason = f"The hub cannot be reached for {checkpoint}"
        remedy = f"Connect to the internet and start again, {_OPEN}."
    else:
        place = "The folder" if local else "The pipeline"
        reason = f"{place} {checkpoint} cannot be loaded ({type(error).__name__}: {error})"
        remedy = f"Download it again for pyannote.audio 4, {_OPEN}."
    return ModelUnavailableError(f"{reason}. {remedy}")
