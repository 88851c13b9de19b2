"""Chooses which audio tracks of a media file are mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from av.audio.stream import AudioStream
from av.stream import Disposition

from meetcore.text.language_tags import language_of_tag

_ASIDE = (
    Disposition.comment
    | Disposition.dub
    | Disposition.karaoke
    | Disposition.hearing_impaired
    | Disposition.visual_impaired
    | Disposition.descriptions
    | Disposition.clean_effects
    | Disposition.dependent
)
"""Marks of tracks that repeat or comment the programme."""


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """Indexes of audio tracks in the file."""

    mixed: tuple[int, ...]
    left_out: tuple[int, ...]
    """Commentaries, and other languages of the same programme."""


def choose_tracks(streams: Sequence[AudioStream]) -> TrackChoice:
    """Leave out commentaries, and languages other than that of the main track; mix the rest.

    The main track is the first one marked as default, else the first. Tracks without a language
    are mixed: recorders give each person or microphone one.
    """
    main = [stream for stream in streams if not stream.disposition & _ASIDE] or list(streams[:1])
    default = next((s for s in main if s.disposition & Disposition.default), main[0])
    own = _language(default)
    mixed = [s for s in main if not own or _language(s) in ("", own)]
    kept = {stream.index for stream in mixed}
    return TrackChoice(
        tuple(stream.index for stream in mixed),
        tuple(stream.index for stream in streams if stream.index not in kept),
    )


def _language(stream: AudioStream) -> str:
    return language_of_tag(stream.metadata.get("language"))
