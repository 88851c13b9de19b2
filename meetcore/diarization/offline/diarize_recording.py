"""Diarization of a finished recording: all its voices are clustered together."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.offline.cluster_tracks import Diarization, OfflineDiarizationOptions
from meetcore.diarization.offline.growing_recording import GrowingDiarization
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.segmentation import SegmentationModel
from meetcore.records import ReadSamples

__all__ = ["Diarization", "OfflineDiarizationOptions", "diarize"]


def diarize(
    read: ReadSamples,
    total_samples: int,
    segmentation: SegmentationModel,
    embedding: EmbeddingModel,
    wanted: DiarizeOptions | None = None,
    options: OfflineDiarizationOptions | None = None,
    progress: Callable[[float], None] | None = None,
) -> Diarization:
    """Diarize a whole recording; no audio is kept in memory.

    Parameters
    ----------
    read : gives the samples between two positions, shape (n_samples,), float32, 16 kHz; called
        with growing, overlapping ranges
    total_samples : length of the recording
    wanted : the number of speakers, as far as it is known
    progress : called with the part done, 0 to 1, after every window; what it raises ends the call

    Raises
    ------
    InferenceError
        A model failed.
    """
    recording = GrowingDiarization(read, segmentation, embedding, options)
    recording.advance(total_samples, progress)
    found = recording.result(wanted, final=True)
    if progress is not None:
        progress(1.0)
    return found
