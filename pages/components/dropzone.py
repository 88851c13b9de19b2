"""The place where files are dropped; their bytes go to the uploads' route, not through the page."""

from __future__ import annotations

import re

from meetcore.records import JobOptions
from pages.components import bidi, choices, uploading

draw = bidi.register("upload", "listed")

KEY = "upload"
ENDINGS = re.findall(
    r"\.\w+",
    ".wav .mp3 .m4a .aac .flac .ogg .opus .oga .webm .mp4 .m4v .mkv .mov .avi .aiff .aif .3gp .amr"
    " .wma .wmv .caf .ts .mts .mpg .mpeg",
)
"""Of a folder's files, those that may hold sound; a file chosen by itself may be called anything.
"""


def dropzone(options: JobOptions) -> None:
    """Draw the zone; what is dropped from now on is sent with these options."""
    draw(
        key=KEY,
        data={
            "address": uploading.ROUTE.partition("{")[0],
            "header": uploading.HEADER,
            "options": choices.payload(options),
            "summary": choices.summary(options),
            "largest": uploading.LARGEST_BYTES,
            "endings": ENDINGS,
        },
    )
