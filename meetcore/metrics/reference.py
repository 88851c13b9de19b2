"""Reference annotations: plain words (.txt), words by speaker (.stm), turns (.rttm)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from meetcore.errors import FormatError
from meetcore.records import Segment, Turn
from meetcore.transcript.formats import rttm, stm
from meetcore.transcript.formats.scoring_fields import segment_from_text

LONGEST_TEXT = 30.0
"""Seconds of audio up to which plain words get even times; longer audio needs an .stm."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference of one recording; a part that was not given is None."""

    segments: tuple[Segment, ...] | None = None
    by_speaker: bool = False
    """Whether the segments have speakers."""
    turns: tuple[Turn, ...] | None = None

    @property
    def text(self) -> str:
        """All words in order of start."""
        ordered = sorted(self.segments or (), key=lambda segment: segment.start)
        return " ".join(segment.text for segment in ordered)


def load_reference(paths: Sequence[Path], duration: float = 0.0) -> Reference:
    """The reference of one recording, read from one file or several.

    Parameters
    ----------
    paths : sequence of Path
        Files ending in .txt, .stm or .rttm.
    duration : float
        Seconds of the recording, over which plain words are spread evenly; 0 gives them no times,
        and they may be of any length.

    Raises
    ------
    FormatError
        A file can't be read, has an unknown ending, or is plain text for long audio.
    """
    segments: tuple[Segment, ...] | None = None
    turns: tuple[Turn, ...] | None = None
    by_speaker = False
    for path in paths:
        text = _read(path)
        if path.suffix == ".stm":
            segments, by_speaker = stm.loads(text).segments, True
        elif path.suffix == ".rttm":
            turns = rttm.loads(text)
        elif path.suffix == ".txt" and not by_speaker:
            segments = (_whole(text, duration, path),)
        elif path.suffix != ".txt":
            raise FormatError(f"{path.name}: a reference ends in .txt, .stm or .rttm.")
    return Reference(segments, by_speaker, turns)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"The reference {path} can't be read: {error}.") from error


def _whole(text: str, duration: float, path: Path) -> Segment:
    if duration > LONGEST_TEXT:
        raise FormatError(
            f"{path.name}: plain words can be timed in audio up to {LONGEST_TEXT:g} s, this has"
            f" {duration:.1f} s. Give the words as .stm, in segments with times."
        )
    return segment_from_text(0.0, duration, "speaker", text)
