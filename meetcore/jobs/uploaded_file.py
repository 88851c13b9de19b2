"""Deletes an uploaded file once it is decoded."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from meetcore.audio.pcm_file import FLAC_NAME
from meetcore.records import Job, JobStage

logger = logging.getLogger(__name__)


def past_decoding(folder: Path, job: Job) -> Job:
    """The job, at RECOGNIZING where its upload is decoded and deleted already.

    A power cut may lose the last transactions: the step after DECODING, but not the deletion. One
    that was not deleted at that step is deleted now.

    Parameters
    ----------
    folder : of the recording
    """
    if job.source_path is None:
        return job
    if job.stage is not JobStage.DECODING:
        remove_upload(job)
        return job
    if Path(job.source_path).exists() or not (folder / FLAC_NAME).exists():
        return job
    return replace(job, stage=JobStage.RECOGNIZING)


def remove_upload(job: Job) -> None:
    """Delete the uploaded file: the FLAC was compared with what was decoded of it."""
    if job.source_path is None:
        return
    try:
        Path(job.source_path).unlink(missing_ok=True)
    except OSError:
        logger.exception("meeting %s: its upload could not be deleted", job.meeting_id)
