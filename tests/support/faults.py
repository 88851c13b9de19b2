"""Faults to inject into a running meeting, and their removal."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingReader
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from tests.support.stand_ins import until

PIECE = SAMPLE_RATE // 2


class Breakable:
    """Wraps a callable; while `fault` is set, calls go to the fault instead."""

    def __init__(self, whole: Callable[..., Any]) -> None:
        self.whole = whole
        self.fault: Callable[..., Any] | None = None
        self.hits = 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self.fault is None:
            return self.whole(*arguments, **options)
        self.hits += 1
        return self.fault(self.whole, *arguments, **options)


def raises(whole: Any, *arguments: Any, **options: Any) -> Any:
    """Raise as a library does: its own error, with the data in the message."""
    raise RuntimeError(f"shape mismatch in {arguments[0]!r}")


def refuses(whole: Any, *arguments: Any, **options: Any) -> Any:
    """Raise as Meetcore's own adapters do."""
    raise InferenceError("The engine failed on this window.")


def nan_tensor(whole: Any, *arguments: Any, **options: Any) -> Any:
    """Answer as a broken GPU does: the right shape, all NaN."""
    return whole(*arguments, **options) * float("nan")


def nan_scores(whole: Any, *arguments: Any, **options: Any) -> list[Any]:
    """The right text, with NaN as its score."""
    return [
        SimpleNamespace(
            sequences_ids=result.sequences_ids,
            scores=[float("nan")],
            no_speech_prob=result.no_speech_prob,
        )
        for result in whole(*arguments, **options)
    ]


class WithGenerate:
    """A CTranslate2 model whose `generate` is Breakable."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.generate = Breakable(model.generate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class NoSecondPass:
    """An executor that fails at once, for tests of running meetings only."""

    pid = None

    def run(self, task: Any, watch: Any) -> Any:
        raise InferenceError("There is no second pass here.")

    def idle(self) -> None: ...
    def reload_models(self) -> None: ...
    def close(self) -> None: ...


class SmallDisk:
    """A real disk of a few MB where the tests may mount one, else a simulated full disk.

    Mounting needs root, which build machines often have.
    """

    def __init__(self, folder: Path, monkeypatch: Any, megabytes: int = 4) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True)
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        self.mounted = subprocess.run(["mount", *options], capture_output=True).returncode == 0

    def fill(self) -> None:
        """Make the disk full."""
        if not self.mounted:
            self._monkeypatch.setattr("meetcore.audio.recording.write_raw", _write_to_full_disk)
            return
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def free(self) -> None:
        """Make room again."""
        if self.mounted:
            self._ballast.unlink()
        else:
            self._monkeypatch.undo()

    def unmount(self) -> None:
        """Unmount the disk."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def _write_to_full_disk(file: int, pcm: Pcm) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def begin(service: MeetingService, title: str) -> LiveMeeting:
    """Start a meeting."""
    live = service.live(service.start(title))
    assert live is not None
    return live


def offer(live: LiveMeeting, pcm: Pcm) -> None:
    """Offer audio in frames of 100 ms, all at once."""
    for start in range(0, pcm.size, SAMPLE_RATE // 10):
        live.offer(pcm[start : start + SAMPLE_RATE // 10], "tab")


def speak(live: LiveMeeting, pcm: Pcm) -> None:
    """Offer audio as fast as it is recognized, half a second at a time."""
    for start in range(0, pcm.size, PIECE):
        offer(live, pcm[start : start + PIECE])
        until(lambda: not live._intake._queue.qsize())
        until(lambda: live.snapshot().health.backlog < 0.1, 60)


def recorded(service: MeetingService, live: LiveMeeting) -> Pcm:
    """All samples on disk."""
    return RecordingReader(service._settings.recordings_dir / live.meeting_id).read_pcm()


def all_recorded(service: MeetingService, live: LiveMeeting, pcm: Pcm) -> bool:
    """Whether what is on disk is what was offered, sample by sample."""
    return bool(np.array_equal(recorded(service, live), pcm))
