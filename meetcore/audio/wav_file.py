"""WAV files as other programs read them: mono, int16, 16 kHz."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.records import SAMPLE_RATE, Samples


@contextmanager
def open_wav(target: Path | IO[bytes]) -> Iterator[wave.Wave_write]:
    """A WAV file to write `pcm_bytes` to, complete after the block.

    Raises
    ------
    OSError
        The path cannot be written.
    """
    with wave.open(str(target) if isinstance(target, Path) else target, "wb") as writer:
        writer.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        yield writer


def pcm_bytes(pcm: Pcm) -> bytes:
    """Stored audio, shape (n_samples,), as the little-endian bytes of a WAV file."""
    return pcm.astype("<i2", copy=False).tobytes()


def write_wav(samples: Samples, target: Path | IO[bytes]) -> None:
    """Write samples, shape (n_samples,), float32, 16 kHz; see `open_wav`."""
    with open_wav(target) as writer:
        writer.writeframes(pcm_bytes(to_pcm(samples)))
