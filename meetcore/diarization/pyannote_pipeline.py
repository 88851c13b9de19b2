"""A pyannote pipeline (folder or hub) as offline diarizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from meetcore.diarization.diarizer import DiarizerRequest, pick_device
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.live_diarizer import LiveDiarizer
from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.open_diarizer import OpenDiarizer
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.pyannote_loading import load_pipeline
from meetcore.diarization.verification.clean_speech import clean_spans, voice_from_spans
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, ReadSamples, Turn


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
        pipeline = load_pipeline(
            request.setting,
            request.hf_token,
            pick_device(request.device),
            trusted=request.trusted,
        )
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
    ) -> Diarization:
        """Turns and voices of a recording, which is read as a whole (see ``Diarizer.diarize``).

        Raises
        ------
        InferenceError
            The pipeline failed; the words can be kept without speakers.
        """
        import torch

        wanted = options or DiarizeOptions()
        waveform = torch.tensor(read(0, total_samples))[None]
        try:
            output = self._pipeline(
                {"waveform": waveform, "sample_rate": SAMPLE_RATE},
                num_speakers=wanted.n_speakers,
                max_speakers=wanted.max_speakers,
                hook=_hook(progress),
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


def _hook(progress: Callable[[float], None] | None) -> Callable[..., None]:
    """The pipeline's hook: reports the two slow steps as half of the progress each."""
    halves = {"segmentation": 0.0, "embeddings": 0.5}

    def hook(step: str, *_: Any, **report: Any) -> None:
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
