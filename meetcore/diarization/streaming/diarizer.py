"""Who is speaking while they speak: bounded memory, fixed hops, few model passes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from meetcore.diarization.binarize import Run, joined, runs_of, turns_of
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.scoring import Voice
from meetcore.diarization.segmentation import Activity, SegmentationModel
from meetcore.diarization.streaming.identity import Identities, Track
from meetcore.diarization.streaming.online_clustering import OnlineClustering
from meetcore.diarization.streaming.options import LiveOptions, LiveTurns
from meetcore.diarization.streaming.tracks import TrackBook
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples

__all__ = ["LiveDiarizer", "LiveOptions", "LiveTurns"]


class LiveDiarizer:
    """The live diarization of one meeting; used by one thread at a time.

    Windows are linked by the seconds they share, so identity needs an embedding only for new
    speech. Every hop depends on the count of samples alone: any chunking gives the same turns.
    """

    def __init__(
        self,
        segmentation: SegmentationModel,
        embedding: EmbeddingModel,
        options: LiveOptions | None = None,
    ) -> None:
        self._segmentation = segmentation
        self._embedding = embedding
        self._options = options or LiveOptions()
        self._grid = segmentation.grid
        self._window_frames = self._grid.count(segmentation.window_samples)
        self._book = TrackBook(self._options.tracks)
        self._identities = Identities(
            OnlineClustering(self._options.clustering),
            self._options.identity,
        )
        self._audio: Samples = np.zeros(0, dtype=np.float32)
        self._audio_start = 0
        self._fresh: list[Samples] = []
        self._heard_samples = 0
        self._frames = 0
        self._was_silent = True
        self._runs: list[Run] = []
        self._relabelled: list[tuple[str, str]] = []
        self._latest = LiveTurns()

    def push(self, samples: Samples) -> LiveTurns:
        """Take the next samples; the update covers everything heard so far.

        Raises
        ------
        InferenceError
            A model failed at a hop, the first of those that failed; the others were looked at,
            and the next push tells what this one found.
        """
        self._fresh.append(samples)
        self._heard_samples += len(samples)
        ready = self._grid.count(self._heard_samples)
        if ready - self._frames < self._options.hop_frames:
            return self._taken()
        self._gather()
        failure: InferenceError | None = None
        try:
            while ready - self._frames >= self._options.hop_frames:
                try:
                    self._advance(self._frames + self._options.hop_frames, False)
                except InferenceError as error:
                    failure = failure or error
        finally:
            self._update()
        if failure is not None:
            raise failure
        return self._taken()

    def flush(self) -> LiveTurns:
        """Hear what is left and decide what is still open."""
        self._gather()
        ready = self._grid.count(self._heard_samples)
        try:
            if ready > self._frames:
                self._advance(ready, True)
            self._decide(last=True)
        finally:
            self._settle(self._book.end)
            self._update()
        return self._taken()

    def voices(self) -> dict[str, Voice]:
        """What was heard of each speaker there is now, under the labels of the turns."""
        return {f"S{number}": voice for number, voice in self._identities.voices.items()}

    def close(self) -> None:
        """Release the audio; idempotent."""
        self._audio = np.zeros(0, dtype=np.float32)
        self._fresh.clear()

    def _gather(self) -> None:
        """Append what came since the last hop, once per hop however small the chunks."""
        self._audio = np.concatenate([self._audio, *self._fresh])
        self._fresh.clear()

    def _advance(self, end: int, last: bool) -> None:
        """Look at the window that ends at frame `end`; whatever fails, the next one is next."""
        silent = self._is_silent(self._frames, end)
        skipped, self._was_silent = silent and self._was_silent, silent
        news = end - self._frames
        self._frames = end
        try:
            self._look(end, skipped)
            self._decide(last=last)
        finally:
            self._note_overlap(news)
            self._settle(max(0, end + self._options.hop_frames - self._window_frames))

    def _look(self, end: int, skipped: bool) -> None:
        if skipped:
            self._book.skip(end)
            return
        begin = max(self._book.start, end - self._window_frames)
        # Should the model fail, the windows to come judge these frames too.
        self._book.reach(end)
        self._book.add(begin, self._activity(begin, end))

    def _activity(self, begin: int, end: int) -> Activity:
        """Local speakers of frames `begin` to `end`; a short window is led in by silence."""
        lacking = max(0, self._options.least_window_frames - (end - begin))
        window = np.pad(self._samples(begin, end), (lacking * self._grid.step_samples, 0))
        activity: Activity = self._segmentation.activity(window[None])[0][lacking:]
        return activity

    def _is_silent(self, begin: int, end: int) -> bool:
        hop = self._samples(begin, end)
        cells = hop[: len(hop) // 160 * 160].reshape(-1, 160)
        loudest = float(np.sqrt(np.mean(cells**2, axis=1)).max(initial=0.0))
        return loudest < 10 ** (self._options.silence_db / 20)

    def _samples(self, begin: int, end: int) -> Samples:
        """Audio that frames `begin` to `end` hear."""
        first = begin * self._grid.step_samples
        stop = (end - 1) * self._grid.step_samples + self._grid.size_samples
        return self._audio[first - self._audio_start : stop - self._audio_start]

    def _decide(self, last: bool) -> None:
        """Listen to tracks with enough new speech, then unite speakers that are one."""
        mean = self._book.mean()
        active = mean > self._options.tracks.onset
        alone = active & (np.count_nonzero(active, axis=1) == 1)[:, None]
        for column, name in enumerate(self._book.ids):
            if not active[:, column].any():
                continue
            first = self._book.start + int(np.argmax(active[:, column]))
            track = self._identities.open(name, first)
            self._listen(track, alone[:, column], self._present(active, column), last)
        self._relabelled += [(f"S{a}", f"S{b}") for a, b in self._identities.merge().items()]

    def _note_overlap(self, news: int) -> None:
        """Remember which tracks were active at once in the newest frames."""
        active = self._book.mean()[-news:] > self._options.tracks.onset
        frames = active.T.astype(np.int64) @ active
        for one, other in np.argwhere(np.triu(frames, k=1)):
            duration = int(frames[one, other]) * self._grid.step_samples / SAMPLE_RATE
            self._identities.keep_apart(self._book.ids[one], self._book.ids[other], duration)

    def _present(self, active: npt.NDArray[np.bool_], column: int) -> frozenset[int]:
        """Speakers who hold other tracks of this window."""
        others = [
            self._identities.tracks[name].speaker
            for other, name in enumerate(self._book.ids)
            if other != column and name in self._identities.tracks and active[:, other].any()
        ]
        return frozenset(speaker for speaker in others if speaker is not None)

    def _listen(
        self, track: Track, alone: npt.NDArray[np.bool_], present: frozenset[int], last: bool
    ) -> None:
        """Embed the open stretch of a track when there is enough new in it."""
        options = self._options
        fresh = alone.copy()
        fresh[: max(0, track.open_frame - self._book.start)] = False
        speech = int(np.count_nonzero(fresh)) * self._grid.step_samples / SAMPLE_RATE
        leaving = track.open_frame < self._frames + options.hop_frames - self._window_frames
        full = speech >= options.stretch
        looks = () if track.speaker is not None else options.first_looks
        due = any(track.heard < look <= speech for look in looks)
        rest = (leaving or last) and speech >= options.least_speech and track.speaker is None
        if full or due or rest:
            heard = np.flatnonzero(fresh)
            begin, end = int(heard[0]), int(heard[-1]) + 1
            samples = self._samples(self._book.start + begin, self._book.start + end)
            vector = self._embedding.embed(samples, fresh[None, begin:end])[0]
            closing = self._book.start + end if full or rest else None
            # Too short to embed; and one NaN would spoil the mean of this voice for good.
            if np.isfinite(vector).all():
                self._identities.hear(track, Voice.of(vector, speech), present, closing)
        if last:
            self._identities.give_up(track)

    def _settle(self, frame: int) -> None:
        """Turn frames that no window will speak of again into runs, and forget the rest."""
        mean = self._book.mean()[: max(0, frame - self._book.start)]
        runs = runs_of(mean, self._book.start, self._book.ids, self._options.tracks.onset)
        joined(self._runs, runs)
        gone = self._book.drop_before(frame)
        for name in gone:
            if name in self._identities.tracks:
                self._identities.give_up(self._identities.tracks[name])
        keep = self._book.start * self._grid.step_samples - self._audio_start
        if keep > 0:
            self._audio = self._audio[keep:].copy()
            self._audio_start += keep

    def _update(self) -> None:
        recent = runs_of(
            self._book.mean(), self._book.start, self._book.ids, self._options.tracks.onset
        )
        turns = turns_of([*self._runs, *recent], self._identities.tracks, self._grid)
        self._latest = LiveTurns(
            turns=turns,
            settled_until=self._grid.edge(self._book.start),
            heard_until=self._grid.edge(self._frames),
        )

    def _taken(self) -> LiveTurns:
        """The newest turns, with the merges nobody was told of: a failure may have come between."""
        taken = replace(self._latest, relabelled=tuple(self._relabelled))
        self._relabelled.clear()
        return taken
