"""Where a command's results may go: what an output path means, and why it is refused."""

from __future__ import annotations

import os
from pathlib import Path

from meetcore.text.names import MEDIA_ENDINGS
from meetcore.transcript.formats.registry import format_of_file, formats

AUDIO = "audio"
"""Names the recording itself where a format is asked for."""
_FORMATS = formats()
NAMES = (*(known.name for known in _FORMATS), AUDIO)
TEXTS = frozenset(known.name for known in _FORMATS if known.is_text)
PARAGRAPHS = frozenset({"txt", "md"})
"""Formats whose results are separated by an empty line."""
JOINABLE = PARAGRAPHS | {"rttm", "stm"}
"""Formats of which several results make one valid stream."""
AUDIO_SUFFIXES = frozenset({".flac", ".wav"})
FILE_SUFFIXES = AUDIO_SUFFIXES | {f".{known.extension.split('.')[-1]}" for known in _FORMATS}
OTHER_SUFFIXES = frozenset({".pdf", ".doc", ".odt", ".rtf", ".html", ".htm", ".xls", ".ods"}) | {
    f".{ending}" for ending in MEDIA_ENDINGS
}
"""Endings of files that are not written here; a folder is hardly meant."""
SLASHES = tuple(filter(None, (os.sep, os.altsep)))
STDOUT = "-"


def asked_format(format_name: str | None, output: str) -> str:
    """The format that is asked for; without one, that of the output file's ending, else text.

    >>> asked_format(None, "plan.docx"), asked_format(None, "out"), asked_format("srt", "-")
    ('docx', 'txt', 'srt')
    """
    if format_name:
        return format_name
    suffix = Path(output).suffix.lower()
    if suffix not in FILE_SUFFIXES or not is_file(Path(output)):
        return "txt"
    return AUDIO if suffix in AUDIO_SUFFIXES else format_of_file(Path(output).name).name


def refusal(
    output: str, format_name: str, count: int, to_terminal: bool, force: bool = False
) -> str:
    """Why `count` results of a format cannot be written there, in one sentence; empty if they can.

    >>> refusal("-", "srt", 1, True), refusal("out", "docx", 5, True)
    ('', '')
    >>> refusal("-", "srt", 2, False)
    'Several results as srt do not fit one stream; give a folder with --output.'
    """
    if output != STDOUT:
        return _file_refusal(output, format_name, count, force)
    if format_name not in TEXTS and to_terminal:
        return f"A terminal cannot show {format_name}; give a file or folder with --output."
    if count > 1 and format_name not in JOINABLE:
        return (
            f"Several results as {format_name} do not fit one stream; give a folder with --output."
        )
    return ""


def _file_refusal(output: str, format_name: str, count: int, force: bool) -> str:
    path = Path(output)
    suffix = path.suffix.lower()
    if path.exists() and not path.is_file() and not path.is_dir():
        return f"{output} is neither a file nor a folder; give another place with --output."
    if not is_file(path):
        if suffix in OTHER_SUFFIXES and not path.is_dir() and not output.endswith(SLASHES):
            endings = ", ".join(sorted(FILE_SUFFIXES))
            return f"{suffix} is the ending of no format here. Choose one of: {endings}."
        return ""
    if count > 1:
        return f"Several results do not fit one file; give a folder instead of {output}."
    own = _endings_of(format_name)
    if suffix not in own:
        wanted = path.with_suffix(min(own)).name
        return f"{output} does not end as {format_name} does; name it {wanted}, or change --format."
    if path.exists() and not force:
        return f"{output} exists already; give another name, or --force to replace it."
    return ""


def _endings_of(format_name: str) -> frozenset[str]:
    if format_name == AUDIO:
        return AUDIO_SUFFIXES
    return frozenset(
        {f".{known.extension.split('.')[-1]}" for known in _FORMATS if known.name == format_name}
    )


def is_file(path: Path) -> bool:
    """Whether a path means a file rather than a folder; neither need exist."""
    if path.is_dir():
        return False
    return path.suffix.lower() in FILE_SUFFIXES or path.is_file()
