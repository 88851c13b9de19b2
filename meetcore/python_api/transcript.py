"""The transcript that `meetcore.transcribe` and a live session return."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from meetcore import records
from meetcore.records import Turn
from meetcore.transcript import dataframes
from meetcore.transcript.corrected_turns import corrected_turns
from meetcore.transcript.formats.export import Export
from meetcore.transcript.formats.registry import Format, format_of_file, get_format

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Transcript(records.Transcript):
    """Who said what in one recording; times are seconds from its beginning.

    Besides the fields below it has `segments` (stretches of one speaker, in order), `words` (all
    of them, in order), `speakers` (label and name), `stage` (final, or provisional from a live
    session) and `rejected` (recognized text that was left out as improbable, with the reason).

    Examples
    --------
    >>> from dataclasses import replace
    >>> from meetcore.records import Segment, Speaker, Word
    >>> transcript = Transcript((Segment(0.5, 1.0, "S1", (Word(" Hello?", 0.5, 1.0),)),))
    >>> replace(transcript, speakers=(Speaker("S1", "Ana"),)).to("txt")
    '[00:00:00] Ana: Hello?\\n'
    """

    title: str = ""
    """Heading of the formats that have one; the file's name without its extension."""
    turns: tuple[Turn, ...] = ()
    """Who spoke when, overlaps included; empty where speakers were not told apart."""
    language: str | None = None
    """ISO code that was asked for or detected; None where nothing was said."""
    duration: float = 0.0
    """Seconds of the whole recording."""
    recognizer: str = ""
    """The weight that gave the words, and where it ran."""
    date: datetime | None = None
    """When it was recorded, where a caller sets it; formats for people show it."""
    notes: tuple[str, ...] = ()
    """What differs from what was asked for, a sentence each (no diarizer, another weight)."""

    def to(self, format_name: str) -> str | bytes:
        """The transcript in a format: str for a text format, bytes for a binary one.

        Parameters
        ----------
        format_name : "txt", "md", "docx", "xlsx", "csv", "srt", "vtt", "json", "rttm", "stm",
            "seglst", or one that another package adds

        Raises
        ------
        FormatError
            There is no such format, or it cannot hold this transcript; the message says which.
        """
        fmt = get_format(format_name)
        written = self._written(fmt)
        # CSV begins with a byte order mark for Excel, which text in memory does not need.
        return written.decode("utf-8-sig") if fmt.is_text else written

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the transcript to a file whose ending names the format ("talk.docx").

        Raises
        ------
        FormatError
            No format has this ending; the message lists those there are. Nothing is written.
        OSError
            The file cannot be written.
        """
        target = Path(path)
        target.write_bytes(self._written(format_of_file(target.name)))
        return target

    def to_dataframe(self, kind: dataframes.Kind = "segments") -> pd.DataFrame:
        """The transcript as a pandas data frame with fixed columns and dtypes, empty or not.

        Parameters
        ----------
        kind : str
            "segments", "words" or "turns"; the columns are SEGMENT_COLUMNS, WORD_COLUMNS and
            TURN_COLUMNS of meetcore.transcript.dataframes.

        Raises
        ------
        ValueError
            `kind` is something else.
        """
        match kind:
            case "segments":
                return dataframes.segments_frame(self)
            case "words":
                return dataframes.words_frame(self)
            case "turns":
                return dataframes.turns_frame(self._corrected_turns(), self)
        raise ValueError(f"kind is {kind!r}; it must be 'segments', 'words' or 'turns'.")

    def _written(self, fmt: Format) -> bytes:
        languages = (self.language,) if self.language else ()
        turns = self._corrected_turns()
        export = Export(self, self.title, turns, self.duration, self.date, self.recognizer)
        return fmt.write(replace(export, languages=languages))

    def _corrected_turns(self) -> tuple[Turn, ...]:
        """The turns, following segments that a caller gave to other speakers."""
        return corrected_turns(self.turns, self.segments)
