"""Live diarization: overlapping windows at fixed hops, with bounded memory and few model calls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from meetcore.diarization.binarize import Run, append_runs, runs_of, turns_from_runs
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.live_diarizer import LiveTurns
from meetcore.diarization.segmentation import Activity, SegmentationModel
from meetcore.diarization.streaming.online_clustering import OnlineClustering
from meetcore.diarization.streaming.options import LiveOptions
from meetcore.diarization.streaming.recent_audio import RecentAudio
from meetcore.diarization.streaming.speaker_assigner import SpeakerAssigner
from meetcore.diarization.track import Track
from meetcore.diarization.track_table import TrackTable
from meetcore.diarization.voice_similarity import Voice
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples

RECENT_S = 180.0
"""How far back the turns of an update reach: past the speech of a voice that is unknown for a
minute, and of the segment it belongs to (`meetcore.transcript.live_transcript`)."""


class StreamingDiarizer:
    """The live diarization of one meeting; used by one thread at a time. See LiveDiarizer.

    Windows are linked by the frames they share, so only new speech has to be embedded. Hops
    happen at fixed counts of samples: any chunking gives the same turns.
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
        self._table = TrackTable(self._options.tracks)
        self._speakers = SpeakerAssigner(
            OnlineClustering(self._options.clustering), self._options.speakers
        )
        self._audio = RecentAudio(self._grid)
        self._frames = 0
        self._was_silent = True
        self._runs: list[Run] = []
        self._first_recent_run = 0
        self._relabelled: list[tuple[str, str]] = []
        self._latest = LiveTurns()

    def push(self, samples: Samples) -> LiveTurns:
        """Take the next samples; returns the turns of the last RECENT_S.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        InferenceError
            A model failed at a hop; of several failures the first. The other hops were done, and
            the next push returns their turns.
        """
        self._audio.push(samples)
        ready = self._audio.ready_frames
        if ready - self._frames < self._options.hop_frames:
            return self._take_update()
        self._audio.join()
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
        return self._take_update()

    def flush(self) -> LiveTurns:
        """Process the rest of the audio, and give all speech a speaker; returns all turns.

        Raises
        ------
        InferenceError
            A model failed on the rest; the turns before it are kept.
        """
        self._audio.join()
        ready = self._audio.ready_frames
        try:
            if ready > self._frames:
                self._advance(ready, True)
            self._assign_speakers(last=True)
        finally:
            self._settle(self._table.end)
            self._first_recent_run = 0
            self._update()
        return self._take_update()

    def voices(self) -> dict[str, Voice]:
        """The voice of each speaker so far, by the labels of the turns."""
        return {f"S{number}": voice for number, voice in self._speakers.voices.items()}

    def close(self) -> None:
        """Release the audio; idempotent."""
        self._audio.clear()

    def _advance(self, end: int, last: bool) -> None:
        """Process the window that ends at frame `end`; after a failure the next one follows it."""
        silent = self._audio.is_silent(self._frames, end)
        skipped, self._was_silent = silent and self._was_silent, silent
        n_new = end - self._frames
        self._frames = end
        try:
            self._segment(end, skipped)
            self._assign_speakers(last=last)
        finally:
            self._count_overlap(n_new)
            self._settle(max(0, end + self._options.hop_frames - self._window_frames))

    def _segment(self, end: int, skipped: bool) -> None:
        if skipped:
            self._table.add_silence(end)
            return
        begin = max(self._table.start, end - self._window_frames)
        # Should the model fail, later windows still score these frames.
        self._table.extend(end)
        self._table.add(begin, self._activity(begin, end))

    def _activity(self, begin: int, end: int) -> Activity:
        """Local speakers of frames `begin` to `end`; a short window is padded in front."""
        lacking = max(0, self._options.min_window_frames - (end - begin))
        window = np.pad(self._audio.read(begin, end), (lacking * self._grid.step_samples, 0))
        activity: Activity = self._segmentation.activity(window[None])[0][lacking:]
        return activity

    def _assign_speakers(self, last: bool) -> None:
        """Embed tracks with enough new speech, then merge speakers that turned out to be one."""
        mean = self._table.mean()
        active = mean > self._options.tracks.onset
        alone = active & (np.count_nonzero(active, axis=1) == 1)[:, None]
        for column, number in enumerate(self._table.ids):
            if not active[:, column].any():
                continue
            first = self._table.start + int(np.argmax(active[:, column]))
            track = self._speakers.open(number, first)
            self._embed_if_due(track, alone[:, column], self._present(active, column), last)
        self._relabelled += [(f"S{a}", f"S{b}") for a, b in self._speakers.merge().items()]

    def _count_overlap(self, n_new: int) -> None:
        """Count for each pair of tracks how long both were active in the newest frames."""
        active = self._table.mean()[-n_new:] > self._options.tracks.onset
        frames = active.T.astype(np.int64) @ active
        for one, other in np.argwhere(np.triu(frames, k=1)):
            duration = int(frames[one, other]) * self._grid.step_samples / SAMPLE_RATE
            self._speakers.add_overlap(self._table.ids[one], self._table.ids[other], duration)

    def _present(self, active: npt.NDArray[np.bool_], column: int) -> frozenset[int]:
        """Speakers who hold other tracks of this window."""
        others = [
            self._speakers.tracks[number].speaker
            for other, number in enumerate(self._table.ids)
            if other != column and number in self._speakers.tracks and active[:, other].any()
        ]
        return frozenset(speaker for speaker in others if speaker is not None)

    def _embed_if_due(
        self, track: Track, alone: npt.NDArray[np.bool_], present: frozenset[int], last: bool
    ) -> None:
        """Embed the open stretch of a track where it has enough new speech."""
        options = self._options
        fresh = alone.copy()
        fresh[: max(0, track.open_frame - self._table.start)] = False
        speech = int(np.count_nonzero(fresh)) * self._grid.step_samples / SAMPLE_RATE
        leaving = track.open_frame < self._frames + options.hop_frames - self._window_frames
        full = speech >= options.stretch
        early = () if track.speaker is not None else options.first_embeddings
        due = any(track.embedded < seconds <= speech for seconds in early)
        rest = (leaving or last) and speech >= options.min_speech and track.speaker is None
        if full or due or rest:
            frames = np.flatnonzero(fresh)
            begin, end = int(frames[0]), int(frames[-1]) + 1
            samples = self._audio.read(self._table.start + begin, self._table.start + end)
            vector = self._embedding.embed(samples, fresh[None, begin:end])[0]
            closing = self._table.start + end if full or rest else None
            # NaN for speech too short to embed would spoil the sum of this voice for good.
            if np.isfinite(vector).all():
                self._speakers.assign(track, Voice.of(vector, speech), present, closing)
        if last:
            self._speakers.finish(track)

    def _settle(self, frame: int) -> None:
        """Turn frames that no later window covers into runs, and drop their scores and audio."""
        mean = self._table.mean()[: max(0, frame - self._table.start)]
        runs = runs_of(mean, self._table.start, self._table.ids, self._options.tracks.onset)
        append_runs(self._runs, runs)
        for number in self._table.drop_before(frame):
            if number in self._speakers.tracks:
                self._speakers.finish(self._speakers.tracks[number])
        self._audio.drop_before(self._table.start)

    def _update(self) -> None:
        recent = runs_of(
            self._table.mean(), self._table.start, self._table.ids, self._options.tracks.onset
        )
        settled = self._runs[self._first_recent_run :]
        turns = turns_from_runs([*settled, *recent], self._speakers.tracks, self._grid)
        self._latest = LiveTurns(
            turns=turns,
            settled_until=self._grid.edge(self._table.start),
        )
        oldest = self._table.start - self._grid.count(int(RECENT_S * SAMPLE_RATE))
        while self._first_recent_run < len(self._runs) and (
            self._runs[self._first_recent_run].stop < oldest
        ):
            self._first_recent_run += 1

    def _take_update(self) -> LiveTurns:
        """The newest turns, with all merges not yet returned (a failure may have held them up)."""
        taken = replace(self._latest, relabelled=tuple(self._relabelled))
        self._relabelled.clear()
        return taken
