"""`RollingPass`: the second pass of meetings that still run, on a thread of its own.

It recognizes each piece of a recording once its end is known, as the job after the meeting would,
and stores it like those of an interrupted job. After Stop the job goes on behind the last piece.
"""

from __future__ import annotations

import logging
import threading
import time

from meetcore.errors import MeetcoreError, StoreError
from meetcore.jobs.rolling_meeting import FollowedMeeting, RollingMeeting
from meetcore.jobs.tasks import TaskExecutor, TaskStopped
from meetcore.records import Job
from meetcore.store.meetings import MeetingStore
from meetcore.supervised import keep_running, note

logger = logging.getLogger(__name__)

EVERY_S = 1.0
"""How often each meeting is looked at for a piece whose end is known by now."""
LEAVE_S = 5.0
"""How long `leave` waits for the pieces that are being recognized; then they are dropped."""
MAX_FAILURES = 3
"""Errors of a meeting in a row before the rest is left to the job after it."""


class RollingPass:
    """Follows running meetings, one piece of one meeting at a time. Safe from several threads.

    A meeting is left alone while the machine has no room, after an error of its models, and after
    a piece that cannot be recognized: the job after the meeting does the rest.

    Parameters
    ----------
    executor : runs the tasks, beside those of jobs
    """

    def __init__(self, store: MeetingStore, executor: TaskExecutor) -> None:
        self._store = store
        self._executor = executor
        self._changed = threading.Condition()
        self._meetings: dict[str, RollingMeeting] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rolling", daemon=True)

    def follow(self, meeting: FollowedMeeting) -> None:
        """Begin to follow a meeting, starting the thread with the first one."""
        with self._changed:
            if self._stopping.is_set():
                return
            self._meetings[meeting.meeting_id] = RollingMeeting(
                self._store, meeting, self._stopping
            )
            if not self._thread.is_alive():
                self._thread.start()
            self._changed.notify_all()

    def leave(self, meeting_id: str) -> Job | None:
        """Follow a meeting no longer; its job with what is stored, None where nothing is.

        Waits some seconds for the pieces that are being recognized. From its return on nothing of
        the meeting is written any more.
        """
        with self._changed:
            meeting = self._meetings.pop(meeting_id, None)
            if meeting is None:
                return None
            meeting.is_ending = True
            self._changed.wait_for(lambda: not meeting.is_busy, LEAVE_S)
        return meeting.end()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the thread; idempotent. A task that runs is over when the executor is closed."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        keep_running("rolling pass", self._step, self._stopping.is_set, self._stopping.wait)

    def _step(self) -> None:
        """Take each meeting a piece or two further, then wait until the next look is due."""
        began = time.monotonic()
        with self._changed:
            meetings = list(self._meetings.values())
        is_behind = [self._advance(meeting) for meeting in meetings]
        wait_s = 0.0 if any(is_behind) else EVERY_S - (time.monotonic() - began)
        with self._changed:
            self._changed.wait_for(self._stopping.is_set, max(0.0, wait_s))

    def _advance(self, meeting: RollingMeeting) -> bool:
        """Recognize the meeting's next pieces; whether more may be known already."""
        with self._changed:
            if self._stopping.is_set() or meeting.is_ending or not meeting.may_go_on():
                return False
            meeting.is_busy = True
        try:
            is_behind = meeting.roll(self._executor)
            return self._advance_speakers(meeting) or is_behind
        except TaskStopped:
            return False
        except StoreError:
            # The pieces are recognized again when the store works again.
            logger.warning("meeting %s: a settled piece is not saved yet", meeting.meeting_id)
        except MeetcoreError as error:
            if not self._stopping.is_set():
                self._note_failure(meeting, error)
        except Exception as error:
            self._note_failure(meeting, error)
            raise
        finally:
            with self._changed:
                meeting.is_busy = False
                self._changed.notify_all()
        return False

    def _advance_speakers(self, meeting: RollingMeeting) -> bool:
        """Look for speakers, unless the meeting ends; an error leaves them to the job after it."""
        if meeting.is_ending:
            return False
        try:
            return meeting.roll_speakers(self._executor)
        except TaskStopped:
            raise
        except Exception as error:
            meeting.has_no_speakers = True
            if self._stopping.is_set():
                return False
            note("rolling pass", error)
            return False

    def _note_failure(self, meeting: RollingMeeting, error: Exception) -> None:
        meeting.failures += 1
        logger.warning(
            "meeting %s: the second pass cannot follow it now (%s)",
            meeting.meeting_id,
            type(error).__name__,
        )
        if meeting.failures >= MAX_FAILURES:
            meeting.give_up()
