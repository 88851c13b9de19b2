"""Who is speaking while they speak: bounded memory, fixed hops, few model passes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from meetcore.records import SAMPLE_RATE, Samples, Turn
from meetcore.speakers.embedding import EmbeddingModel
from meetcore.speakers.identity import Identities, IdentityOptions, Track
from meetcore.speakers.online import OnlineClustering, OnlineOptions
from meetcore.speakers.segmentation import Activity, SegmentationModel
from meetcore.speakers.similarity import Voice
from meetcore.speakers.tracks import TrackBook, TrackOptions
from meetcore.speakers.turns import Run, joined, runs_of, turns_of


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How often to look, and how much speech to hear before deciding."""

    hop_frames: int = 45
    """New frames per window (0.76 s)."""
    least_window_frames: int = 180
    """Windows shorter than this (3 s) make the model imagine speakers."""
    first_looks: tuple[float, ...] = (0.7, 1.2)
    """Seconds of speech after which a track without a speaker is embedded."""
    stretch: float = 2.0
    """Seconds of new speech after which every track is embedded again."""
    least_speech: float = 0.3
    """Seconds of speech below which nothing is embedded."""
    silence_db: float = -70.0
    """A hop that never gets louder than this (10 ms RMS, dB of full scale) is not looked at."""
    identity: IdentityOptions = field(default_factory=IdentityOptions)
    tracks: TrackOptions = field(default_factory=lambda: TrackOptions(onset=0.45))
    """Below 0.5, so that live words rather have a speaker than none."""
    clustering: OnlineOptions = field(default_factory=OnlineOptions)


@dataclass(frozen=True, slots=True)
class LiveTurns:
    """What is known of who spoke when, up to now.

    Turns are exclusive and in order; speech of a speaker not yet known is absent.
    """

    turns: tuple[Turn, ...] = ()
    settled_until: float = 0.0
    """Turns before this change only when a speaker becomes known or two prove to be one."""
    relabelled: tuple[tuple[str, str], ...] = ()
    """Labels that this update replaced, each with its successor."""
    heard_until: float = 0.0
    """End of the audio that was looked at."""


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
        self._latest = LiveTurns()

    def push(self, samples: Samples) -> LiveTurns:
        """Take the next samples; the update covers everything heard so far."""
        self._fresh.append(samples)
        self._heard_samples += len(samples)
        ready = self._grid.count(self._heard_samples)
        if ready - self._frames < self._options.hop_frames:
            self._latest = replace(self._latest, relabelled=())
            return self._latest
        self._gather()
        relabelled: list[tuple[str, str]] = []
        while ready - self._frames >= self._options.hop_frames:
            relabelled += self._advance(self._frames + self._options.hop_frames, False)
        return self._update(tuple(relabelled))

    def flush(self) -> LiveTurns:
        """Hear what is left and decide what is still open."""
        self._gather()
        relabelled: list[tuple[str, str]] = []
        ready = self._grid.count(self._heard_samples)
        if ready > self._frames:
            relabelled += self._advance(ready, True)
        relabelled += self._decide(last=True)
        self._settle(self._book.end)
        return self._update(tuple(relabelled))

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

    def _advance(self, end: int, last: bool) -> list[tuple[str, str]]:
        """Look at the window that ends at frame `end`."""
        silent = self._is_silent(self._frames, end)
        begin = max(self._book.start, end - self._window_frames)
        if not (silent and self._was_silent):
            self._book.add(begin, self._activity(begin, end))
        else:
            self._book.skip(end)
        self._was_silent = silent
        news = end - self._frames
        self._frames = end
        relabelled = self._decide(last=last)
        self._note_overlap(news)
        self._settle(max(0, end + self._options.hop_frames - self._window_frames))
        return relabelled

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

    def _decide(self, last: bool) -> list[tuple[str, str]]:
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
        return [(f"S{a}", f"S{b}") for a, b in self._identities.merge().items()]

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
            # One NaN would spoil the mean of this voice for the rest of the meeting.
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

    def _update(self, relabelled: tuple[tuple[str, str], ...]) -> LiveTurns:
        recent = runs_of(
            self._book.mean(), self._book.start, self._book.ids, self._options.tracks.onset
        )
        turns = turns_of([*self._runs, *recent], self._identities.tracks, self._grid)
        self._latest = LiveTurns(
            turns=turns,
            settled_until=self._grid.edge(self._book.start),
            relabelled=relabelled,
            heard_until=self._grid.edge(self._frames),
        )
        return self._latest
