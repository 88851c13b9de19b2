"""Online clustering of voices: each is given a known or a new speaker without looking ahead."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from meetcore.diarization.voice_similarity import Voice, boundary


@dataclass(frozen=True, slots=True)
class OnlineClusteringOptions:
    """Margins of similarity relative to `boundary`; durations in seconds of speech.

    Raises
    ------
    ValueError
        `max_speakers` is below 1.
    """

    margin: float = 0.0
    """How far above the boundary a voice must be to count as a known speaker."""
    merge_margin: float = 0.04
    """How far above the boundary two speakers must be to be merged."""
    same_track_bonus: float = 0.08
    """Added to the score of the speaker who has the track already."""
    overlap_penalty: float = 0.1
    """Taken from the score of a speaker who holds another track at the same time."""
    min_new_speaker_speech: float = 1.0
    """Speech needed before a new speaker is made."""
    merge_speech: float = 3.0
    """Speech needed of both before two speakers are merged."""
    max_merge_overlap: float = 2.0
    """Seconds of simultaneous speech from which two speakers are never merged."""
    max_speakers: int | None = None
    """At most so many speakers; None for no limit."""

    def __post_init__(self) -> None:
        if self.max_speakers is not None and self.max_speakers < 1:
            raise ValueError(f"max_speakers is {self.max_speakers}; it must be at least 1.")


class OnlineClustering:
    """Speakers numbered from 1 in order of creation; the number of a merged one is not reused."""

    def __init__(self, options: OnlineClusteringOptions) -> None:
        self._options = options
        self._voices: dict[int, Voice] = {}
        self._last_number = 0
        self._overlaps: dict[frozenset[int], float] = {}

    @property
    def voices(self) -> Mapping[int, Voice]:
        """The voice of each speaker, by number."""
        return dict(self._voices)

    def nearest(
        self, voice: Voice, prefer: int | None = None, present: Set[int] = frozenset()
    ) -> tuple[int | None, float]:
        """The most similar speaker of a voice, and how far above the boundary the score is."""
        options = self._options
        best: tuple[int | None, float] = (None, float("-inf"))
        for speaker, known in self._voices.items():
            if known.duration <= 0:  # made from this very speech, which was removed to decide anew
                score = options.margin if speaker == prefer else float("-inf")
            else:
                score = known.similarity(voice) - boundary(known.duration, voice.duration)
                score += options.same_track_bonus * (speaker == prefer)
                score -= options.overlap_penalty * (speaker in present and speaker != prefer)
            if score > best[1]:
                best = (speaker, score)
        return best

    def decide(
        self, voice: Voice, prefer: int | None = None, present: Set[int] = frozenset()
    ) -> int | None:
        """The speaker of a voice, a new one if need be; None while there is too little speech.

        A new speaker has no speech yet: call `add_speech` with the voice.

        Parameters
        ----------
        prefer : speaker who held this track until now
        present : speakers who hold other tracks at the same time
        """
        speaker, score = self.nearest(voice, prefer, present)
        if speaker is not None and score >= self._options.margin:
            return speaker
        if voice.duration < self._options.min_new_speaker_speech:
            return None
        limit = self._options.max_speakers
        if speaker is not None and limit is not None and len(self._voices) >= limit:
            return speaker
        return self.add_speaker(Voice.empty(len(voice.total)))

    def add_speech(self, speaker: int, voice: Voice) -> None:
        """Add a voice to what is known of its speaker."""
        self._voices[speaker] = self._voices[speaker].plus(voice)

    def remove_speech(self, speaker: int, voice: Voice) -> None:
        """Take back what `add_speech` added, before the same speech is decided on again."""
        self._voices[speaker] = self._voices[speaker].minus(voice)

    def drop_empty(self) -> None:
        """Remove speakers whose speech was all given to others."""
        self._voices = {n: voice for n, voice in self._voices.items() if voice.duration > 0}

    def add_speaker(self, voice: Voice) -> int:
        """The number of a new speaker with this voice."""
        self._last_number += 1
        self._voices[self._last_number] = voice
        return self._last_number

    def add_overlap(self, one: int, other: int, duration: float) -> None:
        """Count seconds in which two speakers talked at once, which speaks against merging them."""
        if one != other:
            pair = frozenset((one, other))
            self._overlaps[pair] = self._overlaps.get(pair, 0.0) + duration

    def merge(self) -> dict[int, int]:
        """Merge speakers that turned out to be one; newer numbers to the older ones kept."""
        merged: dict[int, int] = {}
        while (pair := self._closest()) is not None:
            older, newer = pair
            self._voices[older] = self._voices[older].plus(self._voices.pop(newer))
            merged = {a: older if b == newer else b for a, b in merged.items()}
            merged[newer] = older
        return merged

    def _closest(self) -> tuple[int, int] | None:
        """The most similar pair that may be merged, as (older, newer)."""
        options = self._options
        known = [n for n, v in self._voices.items() if v.duration >= options.merge_speech]
        best: tuple[int, int] | None = None
        bound = options.merge_margin
        for index, older in enumerate(known):
            for newer in known[index + 1 :]:
                if self._overlaps.get(frozenset((older, newer)), 0.0) >= options.max_merge_overlap:
                    continue
                one, other = self._voices[older], self._voices[newer]
                score = one.similarity(other) - boundary(one.duration, other.duration)
                if score > bound:
                    best, bound = (older, newer), score
        return best
