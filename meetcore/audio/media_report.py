"""What was found while a media file was decoded, in numbers and in sentences for the user."""

from __future__ import annotations

from dataclasses import dataclass, field

LOST_END_S = 0.5
"""An end that cannot be decoded is reported from here on; codecs hold back less."""
SILENT_PEAK = 10.0 ** (-80 / 20)
"""A track that never exceeds this is silent."""


@dataclass(slots=True)
class TrackReport:
    """What was found in one audio track."""

    zero_s: float = 0.0
    """Start of the file's earliest track, in seconds of its time stamps."""
    peak: float = 0.0
    """Largest magnitude of the mono mix."""
    n_damaged: int = 0
    """Places that could not be decoded, with decoded audio after them."""
    n_damaged_at_end: int = 0
    """Packets that could not be decoded, with nothing decoded after them."""
    decoded_to_s: float = 0.0
    """Where the last decoded frame ends, on the time axis of the file."""
    end_s: float = 0.0
    """Where the last packet ends, decoded or not."""
    gap_left_out: bool = False
    """A time stamp was so far ahead that the gap before it was not filled."""


@dataclass(slots=True)
class MediaReport:
    """What was found in a media file; complete once all of it was decoded."""

    tracks: list[TrackReport] = field(default_factory=list)
    """One for each track that was mixed."""
    n_left_out: int = 0
    """Tracks with a commentary or another language."""
    n_undecodable: int = 0
    """Audio tracks in a format that there is no decoder for."""
    gain_db: float = 0.0
    """By how much the audio is louder than in the file."""

    @property
    def end_s(self) -> float:
        """Where the audio of the file ends, what cannot be decoded included."""
        return max((track.end_s for track in self.tracks), default=0.0)

    def sentences(self, breaks_off: bool = False) -> list[str]:
        """What a user should know of the file.

        Parameters
        ----------
        breaks_off : the file's end is missing, so that its last packet is no news
        """
        return [*self._mixed(), *self._damaged(breaks_off), *self._changed()]

    def _mixed(self) -> list[str]:
        said = []
        if len(self.tracks) > 1:
            said.append(f"{len(self.tracks)} audio tracks were mixed.")
            silent = sum(track.peak < SILENT_PEAK for track in self.tracks)
            if 0 < silent < len(self.tracks):
                said.append(f"{silent} of them {_is(silent)} silent.")
        if self.n_left_out:
            said.append(
                f"{_tracks(self.n_left_out)} with a commentary or another language"
                f" {_was(self.n_left_out)} left out."
            )
        if self.n_undecodable:
            said.append(
                f"{_tracks(self.n_undecodable)} could not be decoded and"
                f" {_is(self.n_undecodable)} missing."
            )
        return said

    def _damaged(self, breaks_off: bool) -> list[str]:
        said = []
        places = sum(track.n_damaged for track in self.tracks)
        if places:
            # Not "damaged": where recordings were joined, a frame may lack what came before it.
            word = "place" if places == 1 else "places"
            said.append(f"{places} {word} in the file could not be decoded.")
        lost = max(
            (t.end_s - t.decoded_to_s for t in self.tracks if t.n_damaged_at_end), default=0.0
        )
        if lost >= LOST_END_S and not breaks_off:
            said.append(f"The last {max(lost, 1.0):.0f} s of the file could not be decoded.")
        return said

    def _changed(self) -> list[str]:
        said = []
        if any(track.gap_left_out for track in self.tracks):
            said.append(
                "A time stamp in the file is impossibly far ahead; the audio after it follows"
                " without a gap."
            )
        if self.gain_db > 0:
            said.append(f"The file is very quiet; it was stored {self.gain_db:.0f} dB louder.")
        return said


def _tracks(count: int) -> str:
    return "1 audio track" if count == 1 else f"{count} audio tracks"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
