"""The formats a user can download, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from meetcore.errors import FormatError
from meetcore.records import Transcript
from meetcore.transcript.formats import json, rttm, seglst, srt, stm, txt, vtt


class Dumps(Protocol):
    """Writes a transcript as text."""

    def __call__(self, transcript: Transcript, title: str = "") -> str: ...


@dataclass(frozen=True, slots=True)
class Format:
    """What a download needs to know."""

    name: str
    label: str
    extension: str
    mime: str
    dumps: Dumps


FORMATS: tuple[Format, ...] = (
    Format("txt", "Text", "txt", "text/plain", txt.dumps),
    Format("srt", "Subtitles (SRT)", "srt", "application/x-subrip", srt.dumps),
    Format("vtt", "Subtitles (WebVTT)", "vtt", "text/vtt", vtt.dumps),
    Format("json", "JSON, everything", "json", "application/json", json.dumps),
    Format("rttm", "Turns (RTTM)", "rttm", "text/plain", rttm.dumps),
    Format("stm", "Scoring (STM)", "stm", "text/plain", stm.dumps),
    Format("seglst", "Scoring (SegLST)", "seglst.json", "application/json", seglst.dumps),
)


def get_format(name: str) -> Format:
    """The format of this name.

    Raises
    ------
    FormatError
        There is none; the message lists those there are.

    Examples
    --------
    >>> get_format("srt").extension
    'srt'
    """
    for known in FORMATS:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in FORMATS)
    raise FormatError(f"There is no format {name!r}. Choose one of: {names}.")
