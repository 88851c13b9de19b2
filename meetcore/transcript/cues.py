"""Cuts a transcript into subtitle cues: short, at word times, two lines at most."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace

from meetcore.records import Segment, Transcript, Word
from meetcore.text.lines import one_line

LINE_LENGTH = 42
"""Characters per line, with two lines per cue: the usual limits of broadcast subtitles.

Source: https://partnerhelp.netflixstudios.com/hc/en-us/articles/217350977 (English timed text).
"""
MAX_LINES = 2
LONGEST_PREFIX = 28
"""Longest name, in characters, before the words of a cue."""
MAX_DURATION = 6.0
"""Longest time in seconds that a cue is shown."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle; `lines` holds no empty line and no arrow."""

    start: float
    end: float
    lines: tuple[str, ...]
    voice: str = ""
    """The speaker's full name on one line; empty when the speaker is unknown."""


def cues_of(transcript: Transcript, names_in_lines: bool = False) -> Iterator[Cue]:
    """The cues of all segments.

    Parameters
    ----------
    names_in_lines : bool
        Begin each cue's text with the speaker's name, for formats without a field for it.
    """
    for segment in transcript.segments:
        name = one_line(transcript.name_of(segment.speaker)) if segment.speaker else ""
        prefix = f"{_shortened(name)}: " if name and names_in_lines else ""
        for cue in _segment_cues(segment, prefix):
            yield replace(cue, voice=name)


def _shortened(name: str) -> str:
    """A name cut to LONGEST_PREFIX characters.

    >>> _shortened("Hubert Blaine Wolfeschlegelsteinhausen")
    'Hubert Blaine Wolfeschlegel…'
    """
    return name if len(name) <= LONGEST_PREFIX else f"{name[: LONGEST_PREFIX - 1].rstrip()}…"


def _segment_cues(segment: Segment, prefix: str) -> Iterator[Cue]:
    held: list[Word] = []
    for word in segment.words:
        grown = [*held, word]
        too_long = max(w.end for w in grown) - grown[0].start > MAX_DURATION
        if held and (too_long or len(_lines(grown, prefix)) > MAX_LINES):
            yield from _cue(held, prefix)
            held = [word]
        else:
            held = grown
    yield from _cue(held, prefix)


def _cue(words: list[Word], prefix: str) -> Iterator[Cue]:
    """One cue, or none when the words hold no visible text."""
    if not one_line("".join(word.text for word in words)):
        return
    start = max(min(word.start for word in words), 0.0)
    # Players drop a cue that ends when it starts.
    end = max(max(word.end for word in words), start + 0.001)
    yield Cue(start, end, tuple(_lines(words, prefix)))


def _lines(words: list[Word], prefix: str) -> list[str]:
    text = one_line(prefix + "".join(word.text for word in words).strip())
    return textwrap.wrap(text, LINE_LENGTH, break_on_hyphens=False)


def timestamp(seconds: float, decimal: str) -> str:
    """Hours, minutes, seconds and milliseconds.

    >>> timestamp(3661.5, ","), timestamp(0.0004, ".")
    ('01:01:01,500', '00:00:00.000')
    """
    milliseconds = max(round(seconds * 1000), 0)
    whole, part = divmod(milliseconds, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{decimal}{part:03d}"
