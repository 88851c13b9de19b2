"""Diarization stage: turns and voices."""

from __future__ import annotations

import logging

from meetcore.audio.recording import RecordingReader
from meetcore.diarization.diarizer import Diarizer
from meetcore.diarization.options import DiarizeOptions
from meetcore.errors import MeetcoreError
from meetcore.jobs.growing_speakers import GrowingSpeakers
from meetcore.jobs.tasks import Diarized, DiarizeTask, TaskObserver, TaskStopped

logger = logging.getLogger(__name__)


def diarize(
    task: DiarizeTask,
    diarizer: Diarizer,
    observer: TaskObserver,
    note: str = "",
    begun: GrowingSpeakers | None = None,
) -> Diarized:
    """Find who spoke when; where the diarizer fails, the reason in place of turns.

    The except is broad because a diarizer's libraries raise anything, and a transcript without
    speakers is better than none.

    Parameters
    ----------
    note : why this diarizer is not the one asked for
    begun : what was found while the recording grew, to go on from

    Raises
    ------
    TaskStopped
        The observer raised it.
    """
    reader = RecordingReader(task.folder)
    observer.progress(0.0)
    options = DiarizeOptions(task.options.n_speakers, task.options.max_speakers)
    try:
        if begun is not None:
            found = begun.finish(options, observer)
        else:
            found = diarizer.diarize(
                reader.read, reader.n_samples, options, progress=observer.progress
            )
    except (TaskStopped, MemoryError):
        raise
    except Exception as error:
        logger.exception("diarization failed; the transcript has no speakers")
        return Diarized(detail=not_diarized(error))
    return Diarized(found, diarizer.embedding.weight, note)


def not_diarized(error: Exception) -> str:
    """Why a transcript has no speakers, in one sentence."""
    why = str(error) if isinstance(error, MeetcoreError) else type(error).__name__
    return f"The speakers could not be told apart: {why}"
