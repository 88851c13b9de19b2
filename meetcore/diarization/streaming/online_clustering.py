"""Who of the voices met so far is speaking: clustering that never looks ahead. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from meetcore.diarization.scoring import Voice, boundary


@dataclass(frozen=True, slots=True)
class OnlineOptions:
    """Margins in likeness beside similarity.boundary, durations in seconds of speech."""

    margin: float = 0.0
    """How far above the boundary a voice must lie to count as one already met."""
    merge_margin: float = 0.04
    """The same for two speakers to turn out to be one."""
    loyalty: float = 0.08
    """Head start of the speaker whose track it is."""
    present: float = 0.1
    """Handicap of a speaker who holds another track at the same time."""
    birth: float = 1.0
    """Speech needed before a new speaker is born."""
    merge_speech: float = 3.0
    """Speech needed from both before two speakers merge."""
    apart: float = 2.0
    """Seconds in which two talked at once, from which they never merge."""
    max_speakers: int | None = None

    def __post_init__(self) -> None:
        if self.max_speakers is not None and self.max_speakers < 1:
            raise ValueError(f"max_speakers is {self.max_speakers}; it must be at least 1.")


class OnlineClustering:
    """Speakers numbered from 1 in the order they were born; merged numbers are not used again."""

    def __init__(self, options: OnlineOptions) -> None:
        self._options = options
        self._voices: dict[int, Voice] = {}
        self._born = 0
        self._apart: dict[frozenset[int], float] = {}

    @property
    def voices(self) -> Mapping[int, Voice]:
        """The speakers there are."""
        return dict(self._voices)

    def nearest(
        self, voice: Voice, prefer: int | None = None, present: Set[int] = frozenset()
    ) -> tuple[int | None, float]:
        """The likeliest speaker of `voice`, and how far above the boundary the likeness lies."""
        options = self._options
        best: tuple[int | None, float] = (None, float("-inf"))
        for speaker, known in self._voices.items():
            if known.duration <= 0:  # born of this very speech, all of which was taken back
                score = options.margin if speaker == prefer else float("-inf")
            else:
                score = known.likeness(voice) - boundary(known.duration, voice.duration)
                score += options.loyalty * (speaker == prefer)
                score -= options.present * (speaker in present and speaker != prefer)
            if score > best[1]:
                best = (speaker, score)
        return best

    def decide(
        self, voice: Voice, prefer: int | None = None, present: Set[int] = frozenset()
    ) -> int | None:
        """The speaker of `voice`, born now if need be; None while there is too little speech.

        A speaker born knows nothing yet: let it `learn` the voice.

        Parameters
        ----------
        prefer : int, optional
            Speaker who held this track until now.
        present : set of int
            Speakers who hold other tracks at the same time.
        """
        speaker, score = self.nearest(voice, prefer, present)
        if speaker is not None and score >= self._options.margin:
            return speaker
        if voice.duration < self._options.birth:
            return None
        limit = self._options.max_speakers
        if speaker is not None and limit is not None and len(self._voices) >= limit:
            return speaker
        return self.bear(Voice.silent(len(voice.total)))

    def learn(self, speaker: int, voice: Voice) -> None:
        """Let a decided voice sharpen what is known of its speaker."""
        self._voices[speaker] = self._voices[speaker].plus(voice)

    def unlearn(self, speaker: int, voice: Voice) -> None:
        """Take back what `learn` added, because the same speech was heard better since."""
        self._voices[speaker] = self._voices[speaker].minus(voice)

    def forget_silent(self) -> None:
        """Drop speakers whose speech all turned out to be somebody else's."""
        self._voices = {n: voice for n, voice in self._voices.items() if voice.duration > 0}

    def bear(self, voice: Voice) -> int:
        """A new speaker who has said this much."""
        self._born += 1
        self._voices[self._born] = voice
        return self._born

    def keep_apart(self, one: int, other: int, duration: float) -> None:
        """Count speech in which two speakers talked at once, so cannot be the same."""
        if one != other:
            pair = frozenset((one, other))
            self._apart[pair] = self._apart.get(pair, 0.0) + duration

    def merge(self) -> dict[int, int]:
        """Unite speakers that turn out the same: the younger number to the older one."""
        merged: dict[int, int] = {}
        while (pair := self._closest()) is not None:
            older, younger = pair
            self._voices[older] = self._voices[older].plus(self._voices.pop(younger))
            merged = {a: older if b == younger else b for a, b in merged.items()}
            merged[younger] = older
        return merged

    def _closest(self) -> tuple[int, int] | None:
        options = self._options
        heard = [n for n, v in self._voices.items() if v.duration >= options.merge_speech]
        best: tuple[int, int] | None = None
        bound = options.merge_margin
        for index, older in enumerate(heard):
            for younger in heard[index + 1 :]:
                if self._apart.get(frozenset((older, younger)), 0.0) >= options.apart:
                    continue
                one, other = self._voices[older], self._voices[younger]
                score = one.likeness(other) - boundary(one.duration, other.duration)
                if score > bound:
                    best, bound = (older, younger), score
        return best
