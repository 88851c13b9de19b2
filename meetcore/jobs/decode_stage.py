"""A media file into a recording: any length in little memory, bounded in time and disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from meetcore.audio.compact import compact
from meetcore.audio.disk import FLAC_NAME, PCM_NAME
from meetcore.audio.files import Announced, announced, iter_audio
from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import AudioDecodeError, RecordingError
from meetcore.jobs.tasks import Decoded, DecodeTask, Watch
from meetcore.records import SAMPLE_RATE
from meetcore.text.sizes import size_text

CHUNK_SAMPLES = 10 * SAMPLE_RATE
RESERVE_BYTES = 200_000_000
"""Disk space that decoding leaves to running meetings: half an hour of an hour's recording."""
NEVER_S = 1e9
"""A copy need not be on the disk itself every second: it is made again after a power cut."""
DECODED = 0.8
"""Share of the time; the rest is compacting."""
CUT_SHORT_S = 2.0


def decode(task: DecodeTask, watch: Watch) -> Decoded:
    """The recording of a file; what was begun of it before is made anew.

    Raises
    ------
    AudioDecodeError
        It cannot be read, or is longer than allowed; one sentence each.
    RecordingError
        The disk is full.
    """
    promised = announced(task.source, task.name)
    _refuse_too_long(promised.seconds, task)
    for name in (PCM_NAME, FLAC_NAME):
        (task.folder / name).unlink(missing_ok=True)
    writer = RecordingWriter(task.folder, fsync_s=NEVER_S)
    watch.progress(0.0)
    try:
        for samples in iter_audio(task.source, CHUNK_SAMPLES, task.name):
            _refuse_full_disk(task)
            writer.append(to_pcm(samples))
            seconds = writer.n_samples / SAMPLE_RATE
            _refuse_too_long(seconds, task)
            watch.progress(DECODED * min(1.0, seconds / max(promised.seconds, seconds)))
    except BaseException:
        writer.close()
        (task.folder / PCM_NAME).unlink(missing_ok=True)
        raise
    writer.close()
    return _finished(task, writer.n_samples, promised, watch)


def _finished(task: DecodeTask, n_samples: int, promised: Announced, watch: Watch) -> Decoded:
    if n_samples == 0:
        (task.folder / PCM_NAME).unlink(missing_ok=True)
        return Decoded(0, None)
    path = _compacted(task.folder, watch)
    return Decoded(n_samples, path.name, _cut_short(n_samples / SAMPLE_RATE, promised))


def _compacted(folder: Path, watch: Watch) -> Path:
    return compact(folder, lambda part: watch.progress(DECODED + (1.0 - DECODED) * part))


def _cut_short(seconds: float, promised: Announced) -> str:
    """A sentence when the file announced clearly more than could be read."""
    missing = promised.seconds - seconds
    if not promised.exact or missing < max(CUT_SHORT_S, 0.05 * promised.seconds):
        return ""
    return (
        f"The file breaks off after {seconds:.0f} of {promised.seconds:.0f} s; what could be read"
        " is here. Upload it again if the original is whole."
    )


def _refuse_too_long(seconds: float, task: DecodeTask) -> None:
    if seconds > task.longest_s:
        raise AudioDecodeError(
            f"{task.name} is longer than {task.longest_s / 3600:g} hours. Cut it into parts, or"
            " raise MEETCORE_LONGEST_HOURS."
        )


def _refuse_full_disk(task: DecodeTask) -> None:
    free = shutil.disk_usage(task.folder).free
    if free < RESERVE_BYTES:
        raise RecordingError(
            f"There is too little free space to read {task.name} ({size_text(free)} left)."
            " Free some, then try again."
        )
