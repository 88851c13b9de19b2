"""`RetryingWriter`: appends to a recording, and tries again while the disk refuses."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from meetcore.audio.pcm import Pcm
from meetcore.audio.recording import RecordingWriter
from meetcore.errors import RecordingError
from meetcore.models.error_counter import ErrorCounter
from meetcore.text.safe_traceback import in_one_line

logger = logging.getLogger(__name__)

RETRY_S = 0.5
"""Seconds between two tries to write to a full disk; the audio waits in memory meanwhile."""
GIVE_UP_S = 5.0
"""Seconds after the end of a meeting for which a failing disk is still tried."""


class RetryingWriter:
    """Writes one meeting's audio; used by the intake's thread, except for `give_up_after`.

    Parameters
    ----------
    open_writer : opens the recording, or continues it after a disk that failed works again
    errors : counts what goes wrong here
    clock : monotonic seconds

    Raises
    ------
    RecordingError
        The recording cannot be opened.
    """

    def __init__(
        self,
        meeting_id: str,
        open_writer: Callable[[], RecordingWriter],
        errors: ErrorCounter,
        clock: Callable[[], float],
    ) -> None:
        self._meeting_id = meeting_id
        self._open_writer = open_writer
        self._writer = open_writer()
        self._errors = errors
        self._clock = clock
        self._give_up_at = math.inf

    @property
    def n_samples(self) -> int:
        """How many samples are on disk."""
        return self._writer.n_samples

    def give_up_after(self, ends_at: float) -> None:
        """Try no longer than GIVE_UP_S after this time, at which the meeting ends."""
        self._give_up_at = ends_at + GIVE_UP_S

    def append(self, pcm: Pcm) -> None:
        """Append samples, trying again while the disk refuses. Blocks meanwhile.

        Parameters
        ----------
        pcm : np.ndarray, shape (n_samples,), int16, 16 kHz
        """
        wanted = self._writer.n_samples + pcm.shape[0]
        while (missing := wanted - self._writer.n_samples) > 0:
            try:
                self._writer.append(pcm[-missing:])
            except RecordingError as error:
                self.count(error)
                if self._writer.n_samples >= wanted:
                    return
                if self._clock() >= self._give_up_at:
                    logger.error("meeting %s: %d samples are lost", self._meeting_id, missing)
                    return
                time.sleep(RETRY_S)
                self._reopen()

    def close(self) -> None:
        """Close the recording; raises RecordingError when its end could not be written."""
        self._writer.close()

    def count(self, error: Exception) -> None:
        """Log and count an error whose sentence can be shown."""
        logger.error("meeting %s: %s", self._meeting_id, in_one_line(error))
        self._errors.add(error, str(error))

    def _reopen(self) -> None:
        """Continue with a newly opened file: after a disk failure the old one may never work."""
        try:
            self._writer.close()
        except RecordingError as error:
            logger.info(
                "meeting %s: closing after a failure: %s", self._meeting_id, in_one_line(error)
            )
        try:
            self._writer = self._open_writer()
        except RecordingError as error:
            self.count(error)
