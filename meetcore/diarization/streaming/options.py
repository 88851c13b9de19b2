"""The settings of live diarization."""

from __future__ import annotations

from dataclasses import dataclass, field

from meetcore.diarization.streaming.online_clustering import OnlineClusteringOptions
from meetcore.diarization.streaming.speaker_assigner import SpeakerAssignerOptions
from meetcore.diarization.track_table import TrackOptions


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """How often to run the models, and how much speech to collect before a decision."""

    hop_frames: int = 45
    """New frames per window (0.76 s)."""
    min_window_frames: int = 180
    """Shorter windows (3 s) are padded, as the model finds speakers in them that are not there."""
    first_embeddings: tuple[float, ...] = (0.7, 1.2)
    """Seconds of speech after which a track without a speaker is embedded."""
    stretch: float = 2.0
    """Seconds of new speech after which every track is embedded again."""
    min_speech: float = 0.3
    """Seconds of speech below which nothing is embedded."""
    speakers: SpeakerAssignerOptions = field(default_factory=SpeakerAssignerOptions)
    tracks: TrackOptions = field(default_factory=lambda: TrackOptions(onset=0.45))
    """An onset below 0.5, so that few live words are left without a speaker."""
    clustering: OnlineClusteringOptions = field(default_factory=OnlineClusteringOptions)
