"""Subtitle cues of a transcript: their texts, and when each is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from meetcore.records import Transcript
from meetcore.text.columns import pieces, width
from meetcore.text.lines import one_line
from meetcore.transcript.cue_text import LONGEST, PER_SECOND, SHORTEST, CueText, cue_texts
from meetcore.transcript.language_changes import in_one_language

PREFIX_COLUMNS = 28
"""Widest name before the words of a cue."""
TICK = 0.001
"""Seconds; subtitle formats have milliseconds, and players drop a cue that ends when it starts."""


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle; `lines` holds no empty line and no arrow."""

    start: float
    end: float
    lines: tuple[str, ...]
    voice: str = ""
    """The speaker's full name on one line; empty when the speaker is unknown."""
    language: str = ""
    """ISO code; empty in a transcript of one language."""


def cues_of(transcript: Transcript, names_in_lines: bool = False) -> Iterator[Cue]:
    """The cues of all segments in order of time; no two are shown at once.

    A cue is never shown before its words. It is shown for `SHORTEST` to `LONGEST` seconds and long
    enough to be read, as far as the next one leaves time.

    Parameters
    ----------
    names_in_lines : bool
        Begin each cue's text with the speaker's name, for formats without a field for it.
    """
    found: list[tuple[CueText, str, str]] = []
    for language, segment in in_one_language(transcript.segments):
        name = one_line(transcript.name_of(segment.speaker)) if segment.speaker else ""
        prefix = f"{_shortened(name)}: " if name and names_in_lines else ""
        earliest = 0.0
        for text in cue_texts(segment, prefix):
            # A recognizer's word may begin before the one in front of it; the order stays.
            earliest = max(earliest, text.start)
            found.append((replace(text, start=earliest), name, language))
    found.sort(key=lambda item: item[0].start)
    reached = 0.0
    for place, (text, name, language) in enumerate(found):
        following = [each for each, *_ in found[place + 1 : place + 3]]
        start = round(max(text.start, reached), 3)
        end = max(round(_end(text, start, following), 3), start + TICK)
        yield Cue(start, end, text.lines, name, language)
        reached = end


def _end(text: CueText, start: float, following: list[CueText]) -> float:
    """When a cue that is shown from `start` on ends; the next ones begin with their words if they
    can, and later where this one would be gone too soon."""
    columns = sum(map(width, text.lines))
    wanted = max(text.end, start + SHORTEST, start + columns / PER_SECOND)
    wanted = min(wanted, start + LONGEST)
    if not following:
        return wanted
    follower = following[0]
    if follower.start >= start + SHORTEST:
        return min(wanted, follower.start)
    until = max(follower.end, follower.start + SHORTEST)
    is_room = len(following) < 2 or following[1].start >= start + 2 * SHORTEST
    fair = start + SHORTEST if is_room else (start + until) / 2
    return min(start + SHORTEST, max(follower.start, fair))


def _shortened(name: str) -> str:
    """A name cut to PREFIX_COLUMNS columns.

    >>> _shortened("Hubert Blaine Wolfeschlegelsteinhausen")
    'Hubert Blaine Wolfeschlegel…'
    """
    if width(name) <= PREFIX_COLUMNS:
        return name
    return f"{pieces(name, PREFIX_COLUMNS - 1)[0].rstrip()}…"


def timestamp(seconds: float, decimal: str) -> str:
    """Hours, minutes, seconds and milliseconds.

    >>> timestamp(3661.5, ","), timestamp(0.0004, ".")
    ('01:01:01,500', '00:00:00.000')
    """
    milliseconds = max(round(seconds * 1000), 0)
    whole, part = divmod(milliseconds, 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}{decimal}{part:03d}"
