"""The default diarizer: segmentation and speaker embeddings from weights that need no token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from meetcore.diarization.diarizer import DiarizerRequest, pick_device
from meetcore.diarization.embedding import EmbeddingModel, load_embedding
from meetcore.diarization.live_diarizer import LiveDiarizer
from meetcore.diarization.offline.diarize_recording import (
    Diarization,
    OfflineDiarizationOptions,
    diarize,
)
from meetcore.diarization.offline.growing_recording import GrowingDiarization
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.segmentation import SegmentationModel, load_segmentation
from meetcore.diarization.streaming.diarizer import StreamingDiarizer
from meetcore.diarization.streaming.options import LiveOptions
from meetcore.records import ReadSamples
from meetcore.thread_counts import set_torch_threads

SEGMENTATION_WEIGHT = "segmentation-3.0"
EMBEDDING_WEIGHT = "campplus"


class OpenDiarizer:
    """Diarization with a segmentation and an embedding model; see Diarizer.

    Parameters
    ----------
    live : options of live diarization
    offline : options of the second pass
    """

    def __init__(
        self,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        live: LiveOptions | None = None,
        offline: OfflineDiarizationOptions | None = None,
    ) -> None:
        self.segmentation = segmentation
        self.embedding = embedding
        self._live = live or LiveOptions()
        self._offline = offline or OfflineDiarizationOptions()

    @classmethod
    def load(cls, request: DiarizerRequest) -> OpenDiarizer:
        """Load both weights (see ``DiarizerClass.load``).

        Raises
        ------
        ModelUnavailableError
            A weight or pyannote.audio is missing; the message says which, and what to do.
        """
        set_torch_threads()
        device = pick_device(request.device)
        resolve = request.weights.resolve
        segmentation = load_segmentation(resolve(SEGMENTATION_WEIGHT), device)
        return cls(segmentation, load_embedding(resolve(EMBEDDING_WEIGHT), device))

    @property
    def name(self) -> str:
        """What runs, for the page and the store."""
        return f"{SEGMENTATION_WEIGHT} + {self.embedding.weight}"

    def open_live(self, max_speakers: int | None = None) -> LiveDiarizer:
        """A live diarizer for one meeting (see ``Diarizer.open_live``)."""
        clustering = replace(self._live.clustering, max_speakers=max_speakers)
        options = replace(self._live, clustering=clustering)
        return StreamingDiarizer(self.segmentation, self.embedding, options)

    def open_growing(self, read: ReadSamples) -> GrowingDiarization:
        """The second pass over a recording that still grows (see ``GrowingDiarizer``)."""
        return GrowingDiarization(read, self.segmentation, self.embedding, self._offline)

    def diarize(
        self,
        read: ReadSamples,
        total_samples: int,
        options: DiarizeOptions | None = None,
        *,
        progress: Callable[[float], None] | None = None,
    ) -> Diarization:
        """Turns and voices of a finished recording (see ``Diarizer.diarize``)."""
        models = self.segmentation, self.embedding
        return diarize(read, total_samples, *models, options, self._offline, progress)
