"""A pyannote pipeline, from a folder or the Hugging Face hub, as the second pass over speakers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from meetcore.diarization.diarize_options import DiarizeOptions
from meetcore.diarization.diarizer import DiarizerRequest, pick_device
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.live_diarizer import LiveDiarizer
from meetcore.diarization.offline.recording import Cancelled, Diarization
from meetcore.diarization.open_diarizer import OpenDiarizer
from meetcore.diarization.profiles.clean_speech import clean_spans, voice_from_spans
from meetcore.diarization.segmentation import quiet_pyannote
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.records import SAMPLE_RATE, ReadSamples, Turn

FromPretrained = Callable[..., Any]
"""`pyannote.audio.Pipeline.from_pretrained`, or a fake of it."""

_OPEN = "or set MEETCORE_DIARIZER=open, which needs no token"


class LiveSource(Protocol):
    """The part of a Diarizer that a pipeline lacks: live diarization and its embedding model."""

    @property
    def name(self) -> str:
        """What runs, for the page and the store."""
        ...

    @property
    def embedding(self) -> EmbeddingModel:
        """The model that makes the voices."""
        ...

    def open_live(self, max_speakers: int | None = None) -> LiveDiarizer:
        """A live diarizer for one meeting (see ``Diarizer.open_live``)."""
        ...


class PyannotePipelineDiarizer:
    """A pyannote pipeline for finished recordings; live meetings use another diarizer's models."""

    @classmethod
    def load(cls, request: DiarizerRequest) -> PyannotePipelineDiarizer:
        """Load the pipeline of the setting (see ``DiarizerClass.load``)."""
        pipeline = load_pipeline(request.setting, request.hf_token, pick_device(request.device))
        # A pipeline takes whole recordings only; live windows need models tuned together.
        return cls(request.setting, pipeline, OpenDiarizer.load(request))

    def __init__(self, checkpoint: str, pipeline: Any, live: LiveSource) -> None:
        self._checkpoint = checkpoint
        self._pipeline = pipeline
        self._live = live

    @property
    def name(self) -> str:
        """What runs, for the page and the store."""
        return f"{self._checkpoint} (live: {self._live.name})"

    @property
    def embedding(self) -> EmbeddingModel:
        """The model that makes the voices of both passes."""
        return self._live.embedding

    def open_live(self, max_speakers: int | None = None) -> LiveDiarizer:
        """A live diarizer for one meeting (see ``Diarizer.open_live``)."""
        return self._live.open_live(max_speakers)

    def diarize(
        self,
        read: ReadSamples,
        total_samples: int,
        options: DiarizeOptions | None = None,
        *,
        progress: Callable[[float], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Diarization:
        """Turns and voices of a recording, which is read as a whole (see ``Diarizer.diarize``)."""
        import torch

        wanted = options or DiarizeOptions()
        waveform = torch.tensor(read(0, total_samples))[None]
        try:
            output = self._pipeline(
                {"waveform": waveform, "sample_rate": SAMPLE_RATE},
                num_speakers=wanted.n_speakers,
                max_speakers=wanted.max_speakers,
                hook=_hook(progress, cancelled),
            )
        except RuntimeError as error:
            raise InferenceError(f"{self._checkpoint} failed ({error}).") from error
        return self._with_voices(_as_diarization(output), read)

    def _with_voices(self, found: Diarization, read: ReadSamples) -> Diarization:
        """The result with voices of our embedding model, comparable with live ones and profiles."""
        labels = dict.fromkeys(turn.speaker for turn in found.turns)
        made = {
            label: voice_from_spans(read, clean_spans(found.turns, label), self.embedding)
            for label in labels
        }
        voices = {label: voice for label, voice in made.items() if voice is not None}
        return replace(found, voices=voices)


def load_pipeline(
    checkpoint: str,
    token: str | None,
    device: str = "cpu",
    from_pretrained: FromPretrained | None = None,
) -> Any:
    """A loaded pipeline.

    Parameters
    ----------
    checkpoint : a folder with a config.yaml, that file, or an id on the hub
    token : Hugging Face token, sent for hub ids only
    device : torch's name of the device
    from_pretrained : what loads it; None for pyannote.audio's

    Raises
    ------
    ModelUnavailableError
        It cannot be loaded; one sentence has the reason, one the remedy.
    """
    if from_pretrained is None:
        quiet_pyannote()
        from pyannote.audio import Pipeline

        from_pretrained = Pipeline.from_pretrained
    path = Path(checkpoint).expanduser()
    local = path.exists()
    if local and path.is_dir() and not (path / "config.yaml").is_file():
        raise ModelUnavailableError(
            f"{path} holds no config.yaml, so it is not a pipeline folder. "
            f"Give the folder of a downloaded pipeline, {_OPEN}."
        )
    if not local and (path.is_absolute() or checkpoint.startswith(("~", "."))):
        raise ModelUnavailableError(f"{checkpoint} does not exist. Correct the path, {_OPEN}.")
    try:
        pipeline = from_pretrained(path if local else checkpoint, token=None if local else token)
    except Exception as error:  # the hub's client and unpickling raise anything
        raise _explained(checkpoint, token, local, error) from error
    if pipeline is None:
        raise ModelUnavailableError(
            f"The hub gave nothing for {checkpoint}, as it does for gated pipelines. "
            f"{_consent(checkpoint, token)}"
        )
    return _moved(pipeline, device)


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


def _hook(
    progress: Callable[[float], None] | None, cancelled: Callable[[], bool] | None
) -> Callable[..., None]:
    """The pipeline's hook: reports the two slow steps as half of the progress each."""
    halves = {"segmentation": 0.0, "embeddings": 0.5}

    def hook(step: str, *_: Any, **report: Any) -> None:
        if cancelled is not None and cancelled():
            raise Cancelled
        completed, total = report.get("completed"), report.get("total")
        if progress is not None and step in halves and completed is not None and total:
            progress(halves[step] + 0.5 * completed / total)

    return hook


def _as_diarization(output: Any) -> Diarization:
    """The pipeline's annotations as a Diarization, labels in order of appearance."""
    whole = getattr(output, "speaker_diarization", output)
    exclusive = getattr(output, "exclusive_speaker_diarization", whole)
    tracks = sorted(whole.itertracks(yield_label=True), key=lambda item: item[0].start)
    names: dict[str, str] = {}
    for _, _, label in tracks:
        names.setdefault(label, f"S{len(names) + 1}")
    return Diarization(
        turns=_turns(whole, names),
        exclusive_turns=_turns(exclusive, names),
        speakers_found=len(names),
    )


def _turns(annotation: Any, names: Mapping[str, str]) -> tuple[Turn, ...]:
    found = [
        Turn(float(segment.start), float(segment.end), names[label])
        for segment, _, label in annotation.itertracks(yield_label=True)
        if label in names
    ]
    return tuple(sorted(found, key=lambda turn: (turn.start, turn.end)))
