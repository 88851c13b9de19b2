"""The element that takes files; its script sends them to the route of uploads."""

from __future__ import annotations

from meetcore.api import upload_requests, uploads
from meetcore.records import JobOptions
from meetcore.text.names import MEDIA_ENDINGS
from pages.shared import element, job_options

draw = element.register(__file__, "dropzone", "list_controls", "uploads", "dropped_files")

KEY = "upload"
ENDINGS = sorted(f".{ending}" for ending in MEDIA_ENDINGS)
"""Of a folder, files with these endings are sent; a file chosen by itself may have any name."""


def dropzone(options: JobOptions, summary: str) -> None:
    """Draw the element; files dropped from now on are sent with these options.

    Parameters
    ----------
    summary : the options in one line
    """
    draw(
        key=KEY,
        data={
            "address": uploads.ROUTE.partition("{")[0],
            "header": upload_requests.HEADER,
            "options": job_options.payload(options),
            "summary": summary,
            "largest": upload_requests.LARGEST_BYTES,
            "endings": ENDINGS,
        },
    )
