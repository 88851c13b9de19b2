"""Names that people and browsers give: made safe to show, and safe as names of files."""

from __future__ import annotations

import re
import unicodedata

from meetcore.text.lines import one_line

LONGEST_TITLE = 120
"""Characters of a meeting's title, and of a file's name that is shown."""
LONGEST_NAME = 60
"""Characters of a person's name."""
UNNAMED = "Recording"
FORBIDDEN = re.compile(r'[\\/:*?"<>|]+')
"""What Windows accepts in no file name; the slash is forbidden everywhere."""
LONGEST_STEM_BYTES = 120
"""Of UTF-8; with an extension and a number it stays far below the 255 of most file systems."""
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)\s*(\.|$)", re.I)
"""Names of devices on Windows, alone and before a dot.

Source: https://learn.microsoft.com/windows/win32/fileio/naming-a-file.
"""
MEDIA_ENDINGS = frozenset((
    "3g2", "3gp", "aac", "ac3", "adts", "aif", "aifc", "aiff", "amr", "ape", "asf", "au", "avi",
    "awb", "bwf", "caf", "divx", "dss", "ds2", "dts", "dv", "eac3", "f4a", "f4v", "flac", "flv",
    "gsm", "m2ts", "m4a", "m4b", "m4p", "m4r", "m4v", "mka", "mkv", "mov", "mp1", "mp2", "mp3",
    "mp4", "mpe", "mpeg", "mpg", "mts", "mxf", "oga", "ogg", "ogv", "ogx", "opus", "qt", "ra",
    "ram", "rf64", "rm", "snd", "spx", "ts", "tta", "vob", "voc", "w64", "wav", "wave", "weba",
    "webm", "wma", "wmv", "wv",
))  # fmt: skip
"""Endings of audio and video files; what follows another dot belongs to the name."""
NO_EDGE = " .-\u200c\u200d"
"""No name begins or ends with these: Windows drops dots and spaces, programs read "-" as option."""
JOINERS = frozenset("\u200c\u200d")
"""They shape the letters beside them: Persian words, families of emoji."""
TAGS = range(0xE0020, 0xE0080)
"""Letters of the flags of regions, such as that of Scotland."""


def media_ending(name: str) -> str:
    """The ending of an audio or video file's name with its dot, "" where it has none.

    >>> media_ending("talk.MP4"), media_ending("v1.5 notes"), media_ending(".wav")
    ('.MP4', '', '')
    """
    stem, _, ending = name.rpartition(".")
    return f".{ending}" if stem.strip() and ending.lower() in MEDIA_ENDINGS else ""


def _is_shown(char: str) -> bool:
    """Whether a name keeps a character: no control, no mark that changes the direction of text.

    Letters that this Python's Unicode lacks, such as new emoji, are kept.
    """
    category = unicodedata.category(char)
    if category == "Cn":
        return ord(char) & 0xFFFE != 0xFFFE and not "\ufdd0" <= char <= "\ufdef"
    return category[0] != "C" or char in JOINERS or ord(char) in TAGS


def shown_name(name: str) -> str:
    r"""The last part of a path, without control characters or marks that change text direction.

    Examples
    --------
    >>> shown_name("../../etc/passwd"), shown_name("C:\\x\\talk.mp4"), shown_name("a\x00b.wav")
    ('passwd', 'talk.mp4', 'ab.wav')
    >>> shown_name("\u202egpj.wav"), len(shown_name("x" * 300 + ".wav")), shown_name("..")
    ('gpj.wav', 120, 'Recording')
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = " ".join("".join(filter(_is_shown, last)).split())
    if len(clean) > LONGEST_TITLE:
        ending = media_ending(clean)
        clean = clean[: LONGEST_TITLE - len(ending)] + ending
    return clean if clean.strip(". ") else UNNAMED


def title_of(name: str) -> str:
    """A file's shown name without the ending of a media file: the title of its meeting.

    >>> title_of("Board meeting.2026.mp4"), title_of(".wav"), title_of("v1.5 notes")
    ('Board meeting.2026', '.wav', 'v1.5 notes')
    """
    shown = shown_name(name)
    return shown.removesuffix(media_ending(shown)).rstrip()


def file_stem(title: str) -> str:
    """A title as a file's name without an extension, valid on every system.

    >>> file_stem("Meeting, 22 November 14:05"), file_stem("aux"), file_stem("Con. 5")
    ('Meeting, 22 November 14-05', '_aux', '_Con. 5')
    >>> file_stem("../.."), len(file_stem("👩" * 100))
    ('transcript', 30)
    """
    shown = "".join(filter(_is_shown, one_line(title)))
    safe = FORBIDDEN.sub("-", shown).strip(NO_EDGE)
    safe = f"_{safe}" if RESERVED.match(safe) else safe
    cut = safe.encode("utf-8")[:LONGEST_STEM_BYTES].decode("utf-8", "ignore")
    return cut.strip(NO_EDGE) or "transcript"
