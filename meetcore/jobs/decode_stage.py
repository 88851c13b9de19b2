"""Decoding stage: media file to audio.flac.

Memory does not grow with the file's length; length and disk space are checked on the way.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from meetcore.audio.compact import compact
from meetcore.audio.media_files import MediaReport, StatedLength, iter_audio, stated_length
from meetcore.audio.pcm import to_pcm
from meetcore.audio.pcm_file import FLAC_NAME, PCM_NAME
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import AudioDecodeError, RecordingError
from meetcore.jobs.tasks import Decoded, DecodeTask, TaskObserver
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.text.sizes import size_text

CHUNK_SAMPLES = 10 * SAMPLE_RATE
RESERVE_BYTES = 200_000_000
"""Disk space that decoding leaves free for running meetings, which need 115 MB an hour each."""
FSYNC_NEVER_S = 1e9
"""The recording is not synced to disk every second: after a power cut it is decoded again."""
DECODING_SHARE = 0.8
"""Part of the stage's progress that decoding takes; compressing takes the rest."""
CUT_SHORT_S = 2.0
"""So much less than announced, and 5 %, is reported as a file that breaks off."""


def decode(task: DecodeTask, observer: TaskObserver) -> Decoded:
    """Decode a file into a recording in `task.folder`; one that is there is replaced.

    Raises
    ------
    AudioDecodeError
        It cannot be read, or is longer than allowed; one sentence each.
    RecordingError
        The disk is full.
    TaskStopped
        The observer raised it.
    """
    expected = stated_length(task.source, task.name)
    _refuse_too_long(expected.seconds, task)
    for name in (PCM_NAME, FLAC_NAME):
        (task.folder / name).unlink(missing_ok=True)
    writer = RecordingWriter(task.folder, fsync_s=FSYNC_NEVER_S)
    observer.progress(0.0)
    report = MediaReport()
    try:
        for samples in _audio(task, report):
            _refuse_full_disk(task)
            writer.append(to_pcm(samples))
            seconds = writer.n_samples / SAMPLE_RATE
            _refuse_too_long(seconds, task)
            part = min(1.0, seconds / max(expected.seconds, seconds))
            observer.progress(DECODING_SHARE * part)
    except BaseException:
        writer.close()
        (task.folder / PCM_NAME).unlink(missing_ok=True)
        raise
    writer.close()
    detail = _detail(report, writer.n_samples / SAMPLE_RATE, expected)
    return _compressed(task, writer.n_samples, detail, observer)


def _audio(task: DecodeTask, report: MediaReport) -> Iterator[Samples]:
    return iter_audio(
        task.source, CHUNK_SAMPLES, task.name, longest_s=task.longest_s, report=report
    )


def _compressed(task: DecodeTask, n_samples: int, detail: str, observer: TaskObserver) -> Decoded:
    if n_samples == 0:
        (task.folder / PCM_NAME).unlink(missing_ok=True)
        return Decoded(0, None)

    def progress(part: float) -> None:
        observer.progress(DECODING_SHARE + (1.0 - DECODING_SHARE) * part)

    path: Path = compact(task.folder, progress)
    return Decoded(n_samples, path.name, detail)


def _detail(report: MediaReport, decoded_s: float, expected: StatedLength) -> str:
    """What the user should know of the file, in sentences."""
    cut = _cut_short(max(report.end_s, decoded_s), expected)
    return " ".join([*cut, *report.sentences(breaks_off=bool(cut))])


def _cut_short(end_s: float, expected: StatedLength) -> list[str]:
    """A sentence when the file announced clearly more than there is."""
    missing = expected.seconds - end_s
    is_short = missing >= max(CUT_SHORT_S, 0.05 * expected.seconds)
    if is_short and expected.cut_if_shorter:
        reached = f"{end_s:.0f} of {expected.seconds:.0f} s"
    elif expected.breaks_off:
        reached = f"{end_s:.0f} s"
    else:
        return []
    return [
        f"The file breaks off after {reached}; what could be read is here."
        " Upload it again if the original is whole."
    ]


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
