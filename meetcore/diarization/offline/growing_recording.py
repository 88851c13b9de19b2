"""Diarization of a recording that still grows: each second costs the same, and is done once."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.offline.cluster_tracks import (
    Diarization,
    OfflineDiarizationOptions,
    clustered,
)
from meetcore.diarization.offline.window_pass import WindowPass
from meetcore.diarization.options import DiarizeOptions
from meetcore.diarization.segmentation import SegmentationModel
from meetcore.records import ReadSamples


class GrowingDiarization:
    """The second pass over speakers, while the recording grows; used by one thread at a time.

    The models run in `advance`, once per window. `result` clusters what is there, and can be
    called at any time and again. After any steps of growth ``result(final=True)`` equals
    ``diarize`` of the whole recording.

    Parameters
    ----------
    read : gives the samples between two positions, shape (n_samples,), float32, 16 kHz; called
        with growing, overlapping ranges up to the length last passed to `advance`
    """

    def __init__(
        self,
        read: ReadSamples,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        options: OfflineDiarizationOptions | None = None,
    ) -> None:
        self._options = options or OfflineDiarizationOptions()
        self._windows = WindowPass(read, segmentation, embedding, self._options.windows)
        self._total_frames = 0
        self._next_end = self._windows.width

    @property
    def settled_until(self) -> float:
        """Seconds from the start that ``result(final=False)`` covers; about 12 s behind."""
        return self._windows.settled_until

    def advance(self, total_samples: int, progress: Callable[[float], None] | None = None) -> None:
        """Run the models on the windows that are complete; the last, partial ones wait.

        Parameters
        ----------
        total_samples : length of the recording by now; a smaller one than before is ignored
        progress : called with the part of `total_samples` done, 0 to 1, after every window; what
            it raises ends the call, and the next one goes on from there

        Raises
        ------
        InferenceError
            A model failed; the next call tries the same window again.
        """
        self._total_frames = max(self._total_frames, self._windows.grid.count(total_samples))
        self._settle()
        # A window that ends with the recording is the last one, if nothing follows: it waits.
        while self._next_end < self._total_frames:
            self._windows.add_window(self._next_end)
            self._next_end += self._options.windows.step_frames
            self._settle()
            if progress is not None:
                progress(self._windows.end / self._total_frames)

    def result(self, wanted: DiarizeOptions | None = None, final: bool = False) -> Diarization:
        """Cluster the voices of everything so far.

        Parameters
        ----------
        wanted : the number of speakers, as far as it is known
        final : include the rest up to the length last passed to `advance`, as if the recording
            ended there: runs the models on its last 10 to 15 s. Otherwise no model runs, and the
            result ends at `settled_until`.

        Raises
        ------
        InferenceError
            A model failed on the rest; the call can be repeated.
        """
        windows = self._windows.copy()
        if final and self._total_frames > 0:
            windows.add_window(self._total_frames)
            windows.settle_all()
        return clustered(windows, wanted or DiarizeOptions(), self._options)

    def _settle(self) -> None:
        """Settle the frames that no later window covers."""
        self._windows.settle_blocks(self._next_end - self._windows.width)
