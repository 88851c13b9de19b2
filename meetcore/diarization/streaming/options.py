"""How the live diarizer is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from meetcore.diarization.streaming.identity import IdentityOptions
from meetcore.diarization.streaming.online_clustering import OnlineOptions
from meetcore.diarization.streaming.tracks import TrackOptions
from meetcore.records import Turn


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
