"""Which speaker holds each track, decided anew with every stretch of its speech. Pure."""

from __future__ import annotations

import bisect
from collections.abc import Set
from dataclasses import dataclass, field

from meetcore.speakers.online import OnlineClustering
from meetcore.speakers.similarity import Voice


@dataclass(slots=True)
class Track:
    """One line of speech that segmentation follows, and who it was found to be, and since when."""

    marks: list[tuple[int, int | None]] = field(default_factory=list)
    """First frame of each stretch and its speaker; the last one is still open."""
    heard: float = 0.0
    """Seconds of the open stretch that were embedded."""
    lesson: tuple[int, Voice] | None = None
    """What the open stretch has taught so far, and about whom."""
    pending: Voice | None = None
    """Speech of this track that nobody could be found for."""

    @property
    def open_frame(self) -> int:
        """First frame of the open stretch."""
        return self.marks[-1][0]

    @property
    def speaker(self) -> int | None:
        """Speaker in force."""
        return self.marks[-1][1]

    def speaker_at(self, frame: int) -> int | None:
        """Speaker of one frame; stretches nobody was found for take the nearest known one's."""
        index = bisect.bisect_right(self.marks, frame, key=lambda mark: mark[0]) - 1
        for _, speaker in self.marks[max(index, 0) :]:
            if speaker is not None:
                return speaker
        known = [speaker for _, speaker in self.marks[: max(index, 0)] if speaker is not None]
        return known[-1] if known else None

    def name(self, speaker: int | None) -> None:
        """Set who speaks in the open stretch."""
        self.marks[-1] = (self.open_frame, speaker)

    def close(self, frame: int) -> None:
        """Begin a new stretch at `frame`, held by the same speaker until heard."""
        if len(self.marks) > 1 and self.marks[-1][1] == self.marks[-2][1]:
            self.marks.pop()
        self.marks.append((frame, self.speaker))
        self.heard = 0.0
        self.lesson = None


class Identities:
    """The tracks of one meeting and the speakers they belong to."""

    def __init__(self, clustering: OnlineClustering, give_up: float, least_birth: float) -> None:
        self._clustering = clustering
        self._give_up = give_up
        self._least_birth = least_birth
        self.tracks: dict[int, Track] = {}

    def open(self, track: int, frame: int) -> Track:
        """The track, begun at `frame` when it is new."""
        return self.tracks.setdefault(track, Track([(frame, None)]))

    def hear(self, track: Track, voice: Voice, present: Set[int], closing: int | None) -> None:
        """Decide who the open stretch is, from all its speech so far.

        Parameters
        ----------
        present : set of int
            Speakers holding other tracks now.
        closing : int or None
            Frame at which the stretch ends, when it does.
        """
        if track.lesson is not None:
            self._clustering.unlearn(*track.lesson)
            track.lesson = None
        whole = voice if track.pending is None else voice.plus(track.pending)
        speaker = self._clustering.decide(whole, track.speaker, present)
        track.heard = voice.duration
        if speaker is not None:
            track.name(speaker)
            track.lesson = (speaker, whole)
            self._clustering.learn(speaker, whole)
        self._clustering.forget_silent()
        if closing is not None:
            track.pending = None if speaker is not None else whole
            track.close(closing)

    def give_up(self, track: Track) -> None:
        """Name a track that will not be heard again by the nearest speaker, or by a new one."""
        if track.pending is None or track.speaker is not None:
            return
        speaker, likeness = self._clustering.nearest(track.pending)
        if speaker is not None and likeness >= self._give_up:
            track.name(speaker)
        elif speaker is None or track.pending.duration >= self._least_birth:
            track.name(self._clustering.bear(track.pending))
        track.pending = None

    def merge(self) -> dict[int, int]:
        """Unite speakers that turned out the same, in every track."""
        merged = self._clustering.merge()
        for track in self.tracks.values() if merged else ():
            track.marks = [
                (frame, speaker if speaker is None else merged.get(speaker, speaker))
                for frame, speaker in track.marks
            ]
            if track.lesson is not None:
                speaker, voice = track.lesson
                track.lesson = (merged.get(speaker, speaker), voice)
        return merged
