"""One pass over a finished recording: who is active when, and pieces of each voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from meetcore.diarization.binarize import Run, active_runs, runs_of
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.offline.tenures import Piece, TenureOptions, tenures_of
from meetcore.diarization.offline.voice_chunks import Frames, PieceOptions, pieces_of
from meetcore.diarization.segmentation import FrameGrid, SegmentationModel
from meetcore.diarization.streaming.identity import Tenure, Track
from meetcore.diarization.streaming.tracks import TrackBook, TrackOptions
from meetcore.records import SAMPLE_RATE, Samples

Read = Callable[[int, int], Samples]
"""Samples from a start up to a stop, counted from the beginning of the recording."""


@dataclass(frozen=True, slots=True)
class SurveyOptions:
    """How closely to look at a recording."""

    step_frames: int = 147
    """New frames per window (2.5 s)."""
    block_frames: int = 294
    """Frames settled together (5 s)."""
    least_speech: float = 0.3
    """Seconds of a voice alone below which it is not embedded."""
    mixed: float = 0.3
    """What a second of a voice never yet alone counts, heard through another's speech."""
    pieces: PieceOptions = field(default_factory=PieceOptions)
    tenures: TenureOptions = field(default_factory=TenureOptions)
    tracks: TrackOptions = field(default_factory=TrackOptions)


@dataclass(frozen=True, slots=True)
class _Part:
    """Frames of a block to embed together, and the seconds of speech they count as."""

    track: int
    frames: Frames
    speech: float


class Survey:
    """Tracks of a recording, their tenures, and when each was active; audio is not kept."""

    def __init__(
        self,
        read: Read,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        options: SurveyOptions,
    ) -> None:
        self._read = read
        self._segmentation = segmentation
        self._embedding = embedding
        self._options = options
        self._width = segmentation.grid.count(segmentation.window_samples)
        self._book = TrackBook(options.tracks)
        self.grid: FrameGrid = segmentation.grid
        self.tracks: dict[int, Track] = {}
        self.exclusive: list[Run] = []
        """The strongest track at each time."""
        self.active: list[Run] = []
        """Every track's activity."""
        self.pieces: list[Piece] = []
        """Of all tracks, each track's in order of time."""
        self._heard: set[int] = set()

    def window_ends(self, total: int) -> list[int]:
        """Frames at which windows end: fixed steps, and the end of the recording."""
        if total <= 0:
            return []
        return [*range(min(self._width, total), total, self._options.step_frames), total]

    def look(self, end: int, last: bool) -> None:
        """Hear the window that ends at frame `end`, and settle what no later one will hear."""
        begin = max(self._book.start, end - self._width)
        window = self._samples(begin, end)
        lacking = self._segmentation.window_samples - len(window) if begin == 0 else 0
        lead = max(0, lacking) // self.grid.step_samples
        padded = np.pad(window, (lead * self.grid.step_samples, 0))
        self._book.add(begin, self._segmentation.activity(padded[None])[0][lead:])
        done = end if last else end + self._options.step_frames - self._width
        while done - self._book.start >= self._options.block_frames:
            self._settle(self._book.start + self._options.block_frames)
        if last:
            self._settle(end)

    def _samples(self, begin: int, end: int) -> Samples:
        step = self.grid.step_samples
        return self._read(begin * step, (end - 1) * step + self.grid.size_samples)

    def _settle(self, stop: int) -> None:
        """Turn frames up to `stop` into runs, and their speech into pieces of voice."""
        book, onset = self._book, self._options.tracks.onset
        start = book.start
        mean = book.mean()[: stop - start]
        if len(mean) and (mean > onset).any():
            self.exclusive += runs_of(mean, start, book.ids, onset)
            self.active += active_runs(mean, start, book.ids, onset)
            self._hear(start, mean > onset)
        book.drop_before(stop)

    def _hear(self, start: int, active: npt.NDArray[np.bool_]) -> None:
        """Embed the speech of every track, piece by piece."""
        parts = [
            part
            for column in np.flatnonzero(active.any(axis=0))
            for part in self._parts(self._book.ids[column], start, int(column), active)
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
                self.pieces.append(Piece(part.track, frame, vector.copy(), part.speech))
                self._heard.add(part.track)

    def _parts(
        self, name: int, start: int, column: int, active: npt.NDArray[np.bool_]
    ) -> list[_Part]:
        """What to embed of one track: where it is alone, else, once, all of it."""
        options = self._options
        self.tracks.setdefault(name, Track([Tenure(start)], start))
        alone = active[:, column] & (np.count_nonzero(active, axis=1) == 1)
        parts = [_Part(name, f, self._seconds(f)) for f in pieces_of(alone, options.pieces)]
        parts = [part for part in parts if part.speech >= options.least_speech]
        if parts or name in self._heard:
            return parts
        mixed = np.flatnonzero(active[:, column])
        speech = self._seconds(mixed)
        if speech < options.least_speech:
            return []
        return [_Part(name, mixed, options.mixed * speech)]

    def _seconds(self, frames: Frames) -> float:
        return len(frames) * self.grid.step_samples / SAMPLE_RATE

    def tenures(self, least: int = 1) -> list[Tenure]:
        """Give each track its tenures; all of them, in order of time.

        Parameters
        ----------
        least : int
            Cut finer and finer until there are so many, or each is one piece.
        """
        by_track: dict[int, list[Piece]] = {}
        for piece in self.pieces:
            by_track.setdefault(piece.track, []).append(piece)
        options = self._options.tenures
        while True:
            found: list[Tenure] = []
            for name, pieces in by_track.items():
                track = self.tracks[name]
                track.tenures = tenures_of(pieces, track.tenures[0].frame, options)
                found += track.tenures
            if len(found) >= min(least, len(self.pieces)):
                return sorted(found, key=lambda tenure: tenure.frame)
            options = replace(options, change=options.change - 0.1)
