"""Ways to break a running meeting on purpose, and to mend it again."""

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
    """A callable that does as before until it gets a fault."""

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
    """As libraries do: an error of theirs, with what they choked on in its text."""
    raise RuntimeError(f"shape mismatch in {arguments[0]!r}")


def refuses(whole: Any, *arguments: Any, **options: Any) -> Any:
    """As our own adapters do."""
    raise InferenceError("The engine failed on this window.")


def nan_tensor(whole: Any, *arguments: Any, **options: Any) -> Any:
    """The answer a broken GPU gives: the right shape, and no number in it."""
    return whole(*arguments, **options) * float("nan")


def nan_scores(whole: Any, *arguments: Any, **options: Any) -> list[Any]:
    """Text as before, with scores that are no numbers."""
    return [
        SimpleNamespace(
            sequences_ids=result.sequences_ids,
            scores=[float("nan")],
            no_speech_prob=result.no_speech_prob,
        )
        for result in whole(*arguments, **options)
    ]


class WithGenerate:
    """A CTranslate2 model whose decoder can be broken."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.generate = Breakable(model.generate)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class NoSecondPass:
    """An engine that refuses at once: these tests are about the meeting while it runs."""

    pid = None

    def run(self, task: Any, watch: Any) -> Any:
        raise InferenceError("There is no second pass here.")

    def idle(self) -> None: ...
    def reload_models(self) -> None: ...
    def close(self) -> None: ...


class SmallDisk:
    """A real disk of a few MB where one may be mounted, else one that refuses as a full one does.

    Mounting takes root, which build machines often have and people should not.
    """

    def __init__(self, folder: Path, monkeypatch: Any, megabytes: int = 4) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._ballast = folder / "ballast"
        folder.mkdir(parents=True)
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
        self.mounted = subprocess.run(["mount", *options], capture_output=True).returncode == 0

    def fill(self) -> None:
        """Leave no byte free."""
        if not self.mounted:
            self._monkeypatch.setattr("meetcore.audio.recording.write_raw", _refuse)
            return
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError as error:
                assert error.errno == errno.ENOSPC

    def free(self) -> None:
        """Let it work again."""
        if self.mounted:
            self._ballast.unlink()
        else:
            self._monkeypatch.undo()

    def unmount(self) -> None:
        """Give the disk back."""
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def _refuse(file: int, pcm: Pcm) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def begin(service: MeetingService, title: str) -> LiveMeeting:
    """A meeting that runs."""
    live = service.live(service.start(title))
    assert live is not None
    return live


def offer(live: LiveMeeting, pcm: Pcm) -> None:
    """Send sound as a browser does, all at once."""
    for start in range(0, pcm.size, SAMPLE_RATE // 10):
        live.offer(pcm[start : start + SAMPLE_RATE // 10], "tab")


def speak(live: LiveMeeting, pcm: Pcm) -> None:
    """Send sound as fast as it is heard, half a second at a time."""
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
