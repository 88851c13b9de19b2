"""Which speaker holds each track, decided anew with every stretch of its speech. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import chain

from meetcore.diarization.scoring import Voice, boundary
from meetcore.diarization.streaming.online_clustering import OnlineClustering


@dataclass(frozen=True, slots=True)
class IdentityOptions:
    """Margins in likeness beside similarity.boundary, durations in seconds of speech."""

    change: float = 0.1
    """How far below the boundary a stretch must lie to be somebody else on the same track."""
    give_up: float = -0.2
    """Margin that is enough for a track that will never be heard again."""
    least_birth: float = 0.6
    """Speech such a track needs to become a speaker of its own."""


@dataclass(slots=True)
class Tenure:
    """A stretch of one track held to be one person: from `frame` until the next tenure."""

    frame: int
    speaker: int | None = None
    voice: Voice | None = None
    """All closed stretches of it together."""
    lesson: Voice | None = None
    """What its speaker was taught by it."""


@dataclass(slots=True)
class Track:
    """One line of speech that segmentation follows, and who it was found to be, and since when."""

    tenures: list[Tenure]
    open_frame: int
    """First frame of the stretch that is still gathering speech."""
    heard: float = 0.0
    """Seconds of the open stretch that were embedded already."""

    @property
    def speaker(self) -> int | None:
        """Speaker in force."""
        return self.tenures[-1].speaker

    def tenure_at(self, frame: int) -> Tenure:
        """The tenure one frame belongs to."""
        return self.tenures[self._index_at(frame)]

    def cuts(self, start: int, stop: int) -> list[int]:
        """Frames after `start` and before `stop` at which a tenure begins."""
        frames: list[int] = []
        for index in range(bisect.bisect_right(self.tenures, start, key=_frame), len(self.tenures)):
            if self.tenures[index].frame >= stop:
                break
            frames.append(self.tenures[index].frame)
        return frames

    def speaker_at(self, frame: int) -> int | None:
        """Speaker of one frame; where nobody was found, the next one known, else the last."""
        index = self._index_at(frame)
        order = chain(range(index, len(self.tenures)), range(index - 1, -1, -1))
        speakers = (self.tenures[position].speaker for position in order)
        return next((speaker for speaker in speakers if speaker is not None), None)

    def _index_at(self, frame: int) -> int:
        return max(0, bisect.bisect_right(self.tenures, frame, key=_frame) - 1)


def _frame(tenure: Tenure) -> int:
    return tenure.frame


class Identities:
    """The tracks of one meeting and the speakers they belong to."""

    def __init__(self, clustering: OnlineClustering, options: IdentityOptions) -> None:
        self._clustering = clustering
        self._options = options
        self.tracks: dict[int, Track] = {}

    @property
    def voices(self) -> Mapping[int, Voice]:
        """The speakers there are and what was heard of them."""
        return self._clustering.voices

    def open(self, track: int, frame: int) -> Track:
        """The track, begun at `frame` when it is new."""
        return self.tracks.setdefault(track, Track([Tenure(frame)], frame))

    def hear(self, track: Track, voice: Voice, present: Set[int], closing: int | None) -> None:
        """Decide whose tenure it is, from all speech of it so far.

        Parameters
        ----------
        voice : Voice
            The open stretch alone.
        present : set of int
            Speakers holding other tracks now.
        closing : int or None
            Frame at which the stretch ends, when it does.
        """
        tenure = track.tenures[-1]
        track.heard = voice.duration
        if tenure.voice is not None and self._is_other(tenure.voice, voice):
            if closing is None:
                return
            tenure = Tenure(track.open_frame)
            track.tenures.append(tenure)
        whole = voice if tenure.voice is None else tenure.voice.plus(voice)
        self._name(tenure, whole, present)
        if closing is not None:
            tenure.voice = whole
            track.open_frame = closing
            track.heard = 0.0

    def _is_other(self, known: Voice, fresh: Voice) -> bool:
        bound = boundary(known.duration, fresh.duration) - self._options.change
        return known.likeness(fresh) < bound

    def _name(self, tenure: Tenure, whole: Voice, present: Set[int]) -> None:
        if tenure.lesson is not None and tenure.speaker is not None:
            self._clustering.unlearn(tenure.speaker, tenure.lesson)
        tenure.speaker = self._clustering.decide(whole, tenure.speaker, present)
        tenure.lesson = whole
        if tenure.speaker is not None:
            self._clustering.learn(tenure.speaker, whole)
        self._clustering.forget_silent()

    def keep_apart(self, one: int, other: int, duration: float) -> None:
        """Count seconds in which two tracks were active at once."""
        speakers = [self.tracks[name].speaker for name in (one, other) if name in self.tracks]
        if len(speakers) == 2 and speakers[0] is not None and speakers[1] is not None:
            self._clustering.keep_apart(speakers[0], speakers[1], duration)

    def give_up(self, track: Track) -> None:
        """Name a track that will not be heard again by the nearest speaker, or by a new one."""
        voice = track.tenures[-1].lesson
        if voice is None or track.speaker is not None:
            return
        speaker, score = self._clustering.nearest(voice)
        if speaker is None or (
            score < self._options.give_up and voice.duration >= self._options.least_birth
        ):
            speaker = self._clustering.bear(voice)
        track.tenures[-1].speaker = speaker

    def merge(self) -> dict[int, int]:
        """Unite speakers that turned out the same, in every track."""
        merged = self._clustering.merge()
        for track in self.tracks.values() if merged else ():
            for tenure in track.tenures:
                if tenure.speaker is not None:
                    tenure.speaker = merged.get(tenure.speaker, tenure.speaker)
        return merged
