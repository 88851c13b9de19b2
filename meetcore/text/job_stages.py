"""What users read for the stages of a job."""

from __future__ import annotations

STAGE_TEXTS = {
    "decoding": "Reading the file",
    "recognizing": "Recognizing",
    "diarizing": "Finding speakers",
    "attributing": "Putting it together",
}
"""By the value of `meetcore.records.JobStage`, in the order of the stages."""
