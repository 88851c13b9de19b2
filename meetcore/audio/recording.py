"""Writes and reads the recording of one meeting; what was appended survives a killed process.

It is a raw file (`audio.pcm`) while the meeting runs and one FLAC file once it was compacted. Where
both exist, the raw file counts. It needs no index: its length is that of the recording.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from meetcore.audio.compact import restore_pcm
from meetcore.audio.flac import decode_flac, intact_n_samples
from meetcore.audio.pcm import Pcm, empty_pcm, to_samples
from meetcore.audio.pcm_file import (
    FLAC_NAME,
    PCM_NAME,
    cut_to,
    open_for_append,
    raw_n_samples,
    read_raw,
    recording_error,
    sync_directory,
    write_raw,
)
from meetcore.errors import RecordingError
from meetcore.private_files import make_folder
from meetcore.records import SAMPLE_RATE, Samples


class RecordingWriter:
    """Appends samples to a meeting's recording.

    `append` hands its bytes to the operating system before it returns, so a killed process loses
    nothing that was appended; a power cut loses at most about `fsync_s`.
    Opening a recording that exists continues it, also after it was compacted.

    Not thread-safe: only one thread may append.

    Parameters
    ----------
    directory : Path
        Of this meeting alone; made if missing.
    fsync_s : float
        Longest stretch, in seconds of audio or of time, that may not be on the disk yet.
    clock : callable
        Monotonic seconds.

    Raises
    ------
    RecordingError
        The folder cannot be written to; a later try may work.
    """

    def __init__(
        self, directory: Path, fsync_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.directory = directory
        self._fsync_samples = round(fsync_s * SAMPLE_RATE)
        self._fsync_s = fsync_s
        self._clock = clock
        self._file: int | None = None
        try:
            make_folder(directory)
            restore_pcm(directory)
            self._file = open_for_append(directory / PCM_NAME)
            self._n_samples = raw_n_samples(directory)
            cut_to(self._file, self._n_samples)
            sync_directory(directory)
        except (OSError, av.FFmpegError) as error:
            self.close()
            raise recording_error("written", directory, error) from error
        self._n_synced, self._synced_at = self._n_samples, clock()

    @property
    def n_samples(self) -> int:
        """Samples in the recording, those of earlier openings included."""
        return self._n_samples

    def append(self, pcm: Pcm) -> None:
        """Add samples to the end.

        Parameters
        ----------
        pcm : np.ndarray, shape (n_samples,), int16, 16 kHz

        Raises
        ------
        RecordingError
            The disk is full or gone, or the writer is closed. Either all of these samples were
            appended or none, see `n_samples`; in the latter case the caller may append them again.
        """
        file = self._opened()
        try:
            write_raw(file, pcm)
        except OSError as error:
            self._drop_partial_write(file)
            raise recording_error("written", self.directory, error) from error
        self._n_samples += pcm.size
        is_far = self._n_samples - self._n_synced >= self._fsync_samples
        if is_far or self._clock() - self._synced_at >= self._fsync_s:
            self.sync()

    def sync(self) -> None:
        """Flush everything appended to the disk.

        Raises
        ------
        RecordingError
            The disk reports a failure, or the writer is closed.
        """
        file = self._opened()
        if self._n_synced < self._n_samples:
            try:
                os.fsync(file)
            except OSError as error:
                raise recording_error("written", self.directory, error) from error
        self._n_synced, self._synced_at = self._n_samples, self._clock()

    def close(self) -> None:
        """Flush and close; a second call does nothing. Raises RecordingError if the disk fails."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            os.fsync(file)
        except OSError as error:
            raise recording_error("written", self.directory, error) from error
        finally:
            os.close(file)

    def _drop_partial_write(self, file: int) -> None:
        # Half a sample would turn all that follows into noise: close the file rather than go on.
        try:
            cut_to(file, self._n_samples)
        except OSError:
            self._file = None
            os.close(file)

    def _opened(self) -> int:
        if self._file is None:
            raise RecordingError(
                f"The recording in {self.directory} is closed. Open it again to continue it."
            )
        return self._file


class RecordingReader:
    """Reads any stretch of a recording, raw or compacted, also while it is being written.

    Keeps no file open; safe from several threads.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def path(self) -> Path | None:
        """The file with the recording, raw or FLAC; None when nothing was recorded."""
        candidates = (self.directory / PCM_NAME, self.directory / FLAC_NAME)
        return next((path for path in candidates if path.exists()), None)

    @property
    def n_samples(self) -> int:
        """Samples in the recording that can be read; 0 when nothing was recorded.

        Raises
        ------
        RecordingError
            The FLAC file is damaged at its start, or the disk cannot be read.
        """
        try:
            return raw_n_samples(self.directory)
        except FileNotFoundError:
            return self._flac_n_samples()
        except OSError as error:
            raise recording_error("read", self.directory, error) from error

    def read_pcm(self, start_sample: int = 0, stop_sample: int | None = None) -> Pcm:
        """The stored samples from start to stop (None: to the end), shorter past the end.

        Places of a FLAC file that are damaged are silent.

        Returns
        -------
        np.ndarray, shape (n_samples,), int16, 16 kHz

        Raises
        ------
        RecordingError
            The file cannot be read.
        ValueError
            The start is negative.
        """
        if start_sample < 0:
            raise ValueError(f"start_sample is {start_sample}; a recording begins at 0.")
        if stop_sample is not None and stop_sample <= start_sample:
            return empty_pcm()
        try:
            # No `exists()` first: compacting may remove the raw file in between.
            return read_raw(self.directory, start_sample, stop_sample)
        except FileNotFoundError:
            return self._read_flac(start_sample, stop_sample)
        except OSError as error:
            raise recording_error("read", self.directory, error) from error

    def read(self, start_sample: int = 0, stop_sample: int | None = None) -> Samples:
        """As `read_pcm`, converted to the models' input.

        Returns
        -------
        np.ndarray, shape (n_samples,), float32 in [-1, 1), 16 kHz
        """
        return to_samples(self.read_pcm(start_sample, stop_sample))

    def _flac_n_samples(self) -> int:
        path = self.directory / FLAC_NAME
        try:
            return intact_n_samples(path) if path.exists() else 0
        except (OSError, av.FFmpegError) as error:
            raise recording_error("read", self.directory, error) from error

    def _read_flac(self, start_sample: int, stop_sample: int | None) -> Pcm:
        if start_sample >= self._flac_n_samples():
            return empty_pcm()
        try:
            pieces = decode_flac(self.directory / FLAC_NAME, start_sample, stop_sample)
            return np.concatenate([empty_pcm(), *pieces])
        except (OSError, av.FFmpegError) as error:
            raise recording_error("read", self.directory, error) from error
