"""Decides which speaker each live track belongs to, again with every new stretch of speech."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from meetcore.diarization.streaming.online_clustering import OnlineClustering
from meetcore.diarization.track import Assignment, Track
from meetcore.diarization.voice_similarity import Voice, boundary


@dataclass(frozen=True, slots=True)
class SpeakerAssignerOptions:
    """Margins of similarity relative to `boundary`; durations in seconds of speech."""

    change: float = 0.1
    """How far below the boundary a stretch must be to be another speaker's on the same track."""
    final_margin: float = -0.2
    """Margin that is enough for a track that has ended."""
    min_new_speaker_speech: float = 0.6
    """Speech that a track that has ended needs to become a new speaker."""


class SpeakerAssigner:
    """The tracks of one meeting, by number, and the speakers they belong to."""

    def __init__(self, clustering: OnlineClustering, options: SpeakerAssignerOptions) -> None:
        self._clustering = clustering
        self._options = options
        self.tracks: dict[int, Track] = {}

    @property
    def voices(self) -> Mapping[int, Voice]:
        """The voice of each speaker so far, by number."""
        return self._clustering.voices

    def open(self, track: int, frame: int) -> Track:
        """The track of this number; a new one begins at `frame`."""
        return self.tracks.setdefault(track, Track([Assignment(frame)], frame))

    def assign(self, track: Track, voice: Voice, present: Set[int], closing: int | None) -> None:
        """Decide the speaker of a track's latest assignment, from all its speech so far.

        Parameters
        ----------
        voice : of the open stretch alone
        present : speakers who hold other tracks at the same time
        closing : frame at which the stretch ends; None while it goes on
        """
        assignment = track.assignments[-1]
        track.embedded = voice.duration
        if assignment.voice is not None and self._is_other(assignment.voice, voice):
            if closing is None:
                return
            assignment = Assignment(track.open_frame)
            track.assignments.append(assignment)
        whole = voice if assignment.voice is None else assignment.voice.plus(voice)
        self._decide(assignment, whole, present)
        if closing is not None:
            assignment.voice = whole
            track.open_frame = closing
            track.embedded = 0.0

    def _is_other(self, known: Voice, fresh: Voice) -> bool:
        bound = boundary(known.duration, fresh.duration) - self._options.change
        return known.similarity(fresh) < bound

    def _decide(self, assignment: Assignment, whole: Voice, present: Set[int]) -> None:
        if assignment.contribution is not None and assignment.speaker is not None:
            self._clustering.remove_speech(assignment.speaker, assignment.contribution)
        assignment.speaker = self._clustering.decide(whole, assignment.speaker, present)
        assignment.contribution = whole
        if assignment.speaker is not None:
            self._clustering.add_speech(assignment.speaker, whole)
        self._clustering.drop_empty()

    def add_overlap(self, one: int, other: int, duration: float) -> None:
        """Count seconds in which two tracks were active at once."""
        speakers = [self.tracks[name].speaker for name in (one, other) if name in self.tracks]
        if len(speakers) == 2 and speakers[0] is not None and speakers[1] is not None:
            self._clustering.add_overlap(speakers[0], speakers[1], duration)

    def finish(self, track: Track) -> None:
        """Give an undecided track that has ended the nearest speaker, or a new one."""
        voice = track.assignments[-1].contribution
        if voice is None or track.speaker is not None:
            return
        options = self._options
        speaker, score = self._clustering.nearest(voice)
        if speaker is None or (
            score < options.final_margin and voice.duration >= options.min_new_speaker_speech
        ):
            speaker = self._clustering.add_speaker(voice)
        track.assignments[-1].speaker = speaker

    def merge(self) -> dict[int, int]:
        """Merge speakers that turned out to be one, in all tracks; old numbers to new ones."""
        merged = self._clustering.merge()
        for track in self.tracks.values() if merged else ():
            for assignment in track.assignments:
                if assignment.speaker is not None:
                    assignment.speaker = merged.get(assignment.speaker, assignment.speaker)
        return merged
