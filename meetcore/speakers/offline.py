"""Who spoke when in a finished recording: every voice is compared with every other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from meetcore.records import SAMPLE_RATE, Samples, Turn
from meetcore.speakers.clustering import GlobalOptions, cluster
from meetcore.speakers.embedding import EmbeddingModel
from meetcore.speakers.identity import Tenure, Track
from meetcore.speakers.segmentation import FrameGrid, SegmentationModel
from meetcore.speakers.similarity import Voice, boundary
from meetcore.speakers.tracks import TrackBook, TrackOptions
from meetcore.speakers.turns import Run, active_runs, runs_of, turns_of, united

Read = Callable[[int, int], Samples]
"""Samples from a start up to a stop, counted from the beginning of the recording."""


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """How closely to look at a recording."""

    step_frames: int = 147
    """New frames per window (2.5 s)."""
    piece_frames: int = 147
    """Frames embedded together (2.5 s); more is cheaper, but hides changes of speaker."""
    least_speech: float = 0.3
    """Seconds of a voice alone below which it is not embedded."""
    change: float = 0.2
    """How far below similarity.boundary a piece must lie to be somebody else on its track."""
    tracks: TrackOptions = field(default_factory=TrackOptions)
    clustering: GlobalOptions = field(default_factory=GlobalOptions)


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who spoke when; labels "S1", "S2", … in order of appearance."""

    turns: tuple[Turn, ...] = ()
    """In order of start; may overlap."""
    exclusive_turns: tuple[Turn, ...] = ()
    """One speaker at a time: the strongest."""
    speakers_found: int = 0
    embeddings: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    """Voice of each label, unit length, shape (dimension,)."""


class Cancelled(Exception):
    """The caller asked to stop."""


def diarize(
    read: Read,
    total_samples: int,
    segmentation: SegmentationModel,
    embedding: EmbeddingModel,
    options: OfflineOptions | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Diarization:
    """Diarize a whole recording; memory does not grow with its audio.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives those samples; called with growing, overlapping ranges.
    progress : callable, optional
        Called with the part done, 0 to 1.
    cancelled : callable, optional
        Asked before every window; True makes this raise Cancelled.
    """
    survey = _Survey(read, segmentation, embedding, options or OfflineOptions())
    total = segmentation.grid.count(total_samples)
    for end in survey.window_ends(total):
        if cancelled is not None and cancelled():
            raise Cancelled
        survey.look(end, last=end == total)
        if progress is not None:
            progress(end / total)
    return survey.conclude()


class _Survey:
    """One pass over a recording: tracks, their pieces of voice, and when each was active."""

    def __init__(
        self,
        read: Read,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        options: OfflineOptions,
    ) -> None:
        self._read = read
        self._segmentation = segmentation
        self._embedding = embedding
        self._options = options
        self._grid: FrameGrid = segmentation.grid
        self._width = self._grid.count(segmentation.window_samples)
        self._book = TrackBook(options.tracks)
        self._tracks: dict[int, Track] = {}
        self._exclusive: list[Run] = []
        self._active: list[Run] = []

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
        lead = max(0, lacking) // self._grid.step_samples
        padded = np.pad(window, (lead * self._grid.step_samples, 0))
        self._book.add(begin, self._segmentation.activity(padded[None])[0][lead:])
        done = end if last else end + self._options.step_frames - self._width
        while done - self._book.start >= self._options.piece_frames:
            self._settle(self._book.start + self._options.piece_frames)
        if last:
            self._settle(end)

    def _samples(self, begin: int, end: int) -> Samples:
        step = self._grid.step_samples
        return self._read(begin * step, (end - 1) * step + self._grid.size_samples)

    def _settle(self, stop: int) -> None:
        """Turn frames up to `stop` into runs, and their speech into pieces of voice."""
        book, onset = self._book, self._options.tracks.onset
        start = book.start
        mean = book.mean()[: stop - start]
        if len(mean) and (mean > onset).any():
            self._exclusive += runs_of(mean, start, book.ids, onset)
            self._active += active_runs(mean, start, book.ids, onset)
            self._hear(start, mean > onset)
        book.drop_before(stop)

    def _hear(self, start: int, active: npt.NDArray[np.bool_]) -> None:
        """Embed every track that speaks alone for long enough in these frames."""
        alone = active & (np.count_nonzero(active, axis=1) == 1)[:, None]
        speech = np.count_nonzero(alone, axis=0) * self._grid.step_samples / SAMPLE_RATE
        for column in np.flatnonzero(active.any(axis=0)):
            name = self._book.ids[column]
            self._tracks.setdefault(name, Track([Tenure(start)], start))
        columns = np.flatnonzero(speech >= self._options.least_speech)
        if len(columns) == 0:
            return
        vectors = self._embedding.embed(
            self._samples(start, start + len(active)), np.ascontiguousarray(alone[:, columns].T)
        )
        for column, vector in zip(columns, vectors, strict=True):
            if np.isfinite(vector).all():
                track = self._tracks[self._book.ids[column]]
                self._append(track, start, Voice.of(vector, float(speech[column])))

    def _append(self, track: Track, start: int, voice: Voice) -> None:
        """Let a piece continue its track's tenure, or begin a new one if it is someone else."""
        tenure = track.tenures[-1]
        if tenure.voice is None:
            tenure.voice = voice
            return
        bound = boundary(tenure.voice.duration, voice.duration) - self._options.change
        if tenure.voice.likeness(voice) >= bound:
            tenure.voice = tenure.voice.plus(voice)
        else:
            track.tenures.append(Tenure(start, voice=voice))

    def conclude(self) -> Diarization:
        """Compare all voices and name them."""
        heard = [t for track in self._tracks.values() for t in track.tenures if t.voice is not None]
        voices = [tenure.voice for tenure in heard if tenure.voice is not None]
        numbers = cluster(voices, self._options.clustering, self._together(heard))
        for tenure, number in zip(heard, numbers, strict=True):
            tenure.speaker = int(number)
        order = self._order()
        sums: dict[str, Voice] = {}
        for tenure, voice in zip(heard, voices, strict=True):
            tenure.speaker = order.get(int(tenure.speaker or 0))
            label = f"S{tenure.speaker}"
            sums[label] = sums[label].plus(voice) if label in sums else voice
        turns = united(turns_of(self._active, self._tracks, self._grid))
        labels = sorted({turn.speaker for turn in turns}, key=lambda label: int(label[1:]))
        return Diarization(
            turns=turns,
            exclusive_turns=turns_of(self._exclusive, self._tracks, self._grid),
            speakers_found=len(labels),
            embeddings={label: sums[label].direction.astype(np.float32) for label in labels},
        )

    def _order(self) -> dict[int, int]:
        """Number speakers from 1 in order of appearance."""
        order: dict[int, int] = {}
        for run in sorted(self._active, key=lambda run: run.start):
            speaker = self._tracks[run.track].speaker_at(run.start)
            if speaker is not None:
                order.setdefault(speaker, len(order) + 1)
        return order

    def _together(self, heard: list[Tenure]) -> npt.NDArray[np.float64]:
        """Seconds in which two tenures were active at once, shape (n, n)."""
        index = {id(tenure): position for position, tenure in enumerate(heard)}
        seconds = np.zeros((len(heard), len(heard)))
        runs = sorted(self._active, key=lambda run: run.start)
        for position, run in enumerate(runs):
            for other in runs[position + 1 :]:
                if other.start >= run.stop:
                    break
                one = index.get(id(self._tracks[run.track].tenure_at(other.start)))
                two = index.get(id(self._tracks[other.track].tenure_at(other.start)))
                if one is not None and two is not None and one != two:
                    frames = min(run.stop, other.stop) - other.start
                    seconds[one, two] += frames * self._grid.step_samples / SAMPLE_RATE
        return seconds + seconds.T
