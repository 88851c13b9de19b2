"""The pass over a recording's windows: activity of all tracks, embeddings of their speech."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from meetcore.diarization.binarize import Run, active_runs, runs_of
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.offline.assignments import (
    AssignmentOptions,
    EmbeddedChunk,
    assignments_of,
)
from meetcore.diarization.offline.voice_chunks import ChunkOptions, Frames, chunks_of
from meetcore.diarization.segmentation import FrameGrid, SegmentationModel
from meetcore.diarization.track import Assignment, Track
from meetcore.diarization.track_table import TrackOptions, TrackTable
from meetcore.records import SAMPLE_RATE, ReadSamples, Samples


@dataclass(frozen=True, slots=True)
class WindowPassOptions:
    """Steps and thresholds of the pass."""

    step_frames: int = 147
    """New frames per window (2.5 s)."""
    block_frames: int = 294
    """Frames turned into runs and embeddings together (5 s)."""
    min_speech: float = 0.3
    """Seconds of one speaker alone below which nothing is embedded."""
    overlapped_weight: float = 0.3
    """Weight of a second of overlapped speech, embedded only for a track that is never alone."""
    chunks: ChunkOptions = field(default_factory=ChunkOptions)
    assignments: AssignmentOptions = field(default_factory=AssignmentOptions)
    tracks: TrackOptions = field(default_factory=TrackOptions)


@dataclass(frozen=True, slots=True)
class _Part:
    """Frames of a block to embed together, and the seconds of speech they count as."""

    track: int
    frames: Frames
    speech: float


class WindowPass:
    """Collects the tracks of a recording, when each was active, and embeddings of their speech.

    Keeps no audio: `read` is called with growing, overlapping ranges.
    """

    def __init__(
        self,
        read: ReadSamples,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        options: WindowPassOptions,
    ) -> None:
        self._read = read
        self._segmentation = segmentation
        self._embedding = embedding
        self._options = options
        self.width = segmentation.grid.count(segmentation.window_samples)
        """Frames of a window."""
        self._table = TrackTable(options.tracks)
        self.grid: FrameGrid = segmentation.grid
        self.tracks: dict[int, Track] = {}
        self.exclusive: list[Run] = []
        """Runs of the strongest track at each time."""
        self.active: list[Run] = []
        """Runs of every track's activity."""
        self.chunks: list[EmbeddedChunk] = []
        """Embedded speech of all tracks, for each track in order of time."""
        self._embedded_tracks: set[int] = set()

    @property
    def end(self) -> int:
        """Frame after the last one that was segmented."""
        return self._table.end

    @property
    def settled_until(self) -> float:
        """Seconds from the start up to which there are runs and embeddings."""
        return self.grid.edge(self._table.start) if self._table.start else 0.0

    def add_window(self, end: int) -> None:
        """Segment the window that ends at frame `end`; ends must grow by the step of the options.

        Raises
        ------
        InferenceError
            The model failed; nothing was added, so that the window can be tried again.
        """
        begin = max(self._table.start, end - self.width)
        window = self._samples(begin, end)
        lacking = self._segmentation.window_samples - len(window) if begin == 0 else 0
        lead = max(0, lacking) // self.grid.step_samples
        padded = np.pad(window, (lead * self.grid.step_samples, 0))
        self._table.add(begin, self._segmentation.activity(padded[None])[0][lead:])

    def settle_blocks(self, stop: int) -> None:
        """Turn the whole blocks before frame `stop`, which no later window covers, into runs and
        embeddings.

        Raises
        ------
        InferenceError
            The model failed; the block is tried again with the next call.
        """
        while stop - self._table.start >= self._options.block_frames:
            self._settle(self._table.start + self._options.block_frames)

    def settle_all(self) -> None:
        """Turn everything added so far into runs and embeddings (see ``settle_blocks``)."""
        self.settle_blocks(self._table.end)
        self._settle(self._table.end)

    def copy(self) -> WindowPass:
        """A copy that can go on without changing this one; the models are shared.

        Costs a few list copies, none of audio or of vectors.
        """
        other = copy.copy(self)
        other._table = copy.deepcopy(self._table)
        other.tracks = {
            number: Track([Assignment(track.assignments[0].frame)], track.open_frame)
            for number, track in self.tracks.items()
        }
        other.exclusive, other.active = list(self.exclusive), list(self.active)
        other.chunks = list(self.chunks)
        other._embedded_tracks = set(self._embedded_tracks)
        return other

    def _samples(self, begin: int, end: int) -> Samples:
        step = self.grid.step_samples
        return self._read(begin * step, (end - 1) * step + self.grid.size_samples)

    def _settle(self, stop: int) -> None:
        """Turn frames up to `stop` into runs, and their speech into embeddings."""
        table, onset = self._table, self._options.tracks.onset
        start = table.start
        mean = table.mean()[: stop - start]
        if len(mean) and (mean > onset).any():
            self._embed(start, mean > onset)  # first: should it fail, nothing else has changed
            self.exclusive += runs_of(mean, start, table.ids, onset)
            self.active += active_runs(mean, start, table.ids, onset)
        table.drop_before(stop)

    def _embed(self, start: int, active: npt.NDArray[np.bool_]) -> None:
        """Embed the speech of every track in a block, in one call."""
        parts = [
            part
            for column in np.flatnonzero(active.any(axis=0))
            for part in self._parts(self._table.ids[column], start, int(column), active)
        ]
        if not parts:
            return
        masks = np.zeros((len(parts), len(active)), np.bool_)
        for row, part in enumerate(parts):
            masks[row, part.frames] = True
        vectors = self._embedding.embed(self._samples(start, start + len(active)), masks)
        for part, vector in zip(parts, vectors, strict=True):
            if np.isfinite(vector).all():
                frame = start + int(part.frames[0])
                self.chunks.append(EmbeddedChunk(part.track, frame, vector.copy(), part.speech))
                self._embedded_tracks.add(part.track)

    def _parts(
        self, track: int, start: int, column: int, active: npt.NDArray[np.bool_]
    ) -> list[_Part]:
        """What to embed of a track: speech of it alone, or once, where there is none, all of it."""
        options = self._options
        self.tracks.setdefault(track, Track([Assignment(start)], start))
        alone = active[:, column] & (np.count_nonzero(active, axis=1) == 1)
        parts = [_Part(track, f, self._seconds(f)) for f in chunks_of(alone, options.chunks)]
        parts = [part for part in parts if part.speech >= options.min_speech]
        if parts or track in self._embedded_tracks:
            return parts
        overlapped = np.flatnonzero(active[:, column])
        speech = self._seconds(overlapped)
        if speech < options.min_speech:
            return []
        return [_Part(track, overlapped, options.overlapped_weight * speech)]

    def _seconds(self, frames: Frames) -> float:
        return len(frames) * self.grid.step_samples / SAMPLE_RATE

    def assign(self, least: int = 1, clarity: float = 1.0) -> list[Assignment]:
        """Split each track into assignments, one voice each; returns them in order of time.

        Parameters
        ----------
        least : lower the threshold for a split until there are so many, as far as possible
        clarity : what a second of speech counts as (see ``clarity_of``)
        """
        by_track: dict[int, list[EmbeddedChunk]] = {}
        for chunk in self.chunks:
            counted = replace(chunk, speech=chunk.speech * clarity)
            by_track.setdefault(chunk.track, []).append(counted)
        options = self._options.assignments
        while True:
            found: list[Assignment] = []
            for number, chunks in by_track.items():
                track = self.tracks[number]
                track.assignments = assignments_of(chunks, track.assignments[0].frame, options)
                found += track.assignments
            if len(found) >= min(least, len(self.chunks)):
                return sorted(found, key=lambda assignment: assignment.frame)
            options = replace(options, change=options.change - 0.1)
