"""The element that takes files; its script sends them to the route of uploads."""

from __future__ import annotations

import re

from meetcore.api import upload_requests, uploads
from meetcore.records import JobOptions
from pages.shared import element, job_options

draw = element.register(__file__, "dropzone", "list_controls", "uploads", "dropped_files")

KEY = "upload"
ENDINGS = re.findall(
    r"\.\w+",
    ".wav .mp3 .m4a .aac .flac .ogg .opus .oga .webm .mp4 .m4v .mkv .mov .avi .aiff .aif .3gp .amr"
    " .wma .wmv .caf .ts .mts .mpg .mpeg",
)
"""Of a folder, files with these endings are sent; a file chosen by itself may have any name.
"""


def dropzone(options: JobOptions) -> None:
    """Draw the element; files dropped from now on are sent with these options."""
    draw(
        key=KEY,
        data={
            "address": uploads.ROUTE.partition("{")[0],
            "header": upload_requests.HEADER,
            "options": job_options.payload(options),
            "summary": job_options.summary(options),
            "largest": upload_requests.LARGEST_BYTES,
            "endings": ENDINGS,
        },
    )
