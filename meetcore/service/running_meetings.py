"""Registry of the meetings that run in this process, from start to shutdown."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace

from meetcore.errors import MeetingStateError, ModelUnavailableError, StoreError
from meetcore.installation import command
from meetcore.jobs.rolling_meeting import FollowedMeeting
from meetcore.jobs.rolling_pass import RollingPass
from meetcore.jobs.runner import JobRunner
from meetcore.jobs.submission import discard_meeting
from meetcore.live.live_meeting import LiveMeeting
from meetcore.live.resources import LiveResources
from meetcore.live.room import has_time_left
from meetcore.records import (
    Job,
    JobOptions,
    JobStage,
    JobState,
    LiveSnapshot,
    Meeting,
    Mode,
    ModelsInUse,
)
from meetcore.settings import Settings
from meetcore.text.languages import MULTILINGUAL_WEIGHT, language_choice, why_unspoken
from meetcore.text.sizes import size_text
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)


class RunningMeetings:
    """Registry of the live meetings by id. Safe from several threads.

    A meeting belongs to the process, not to a browser tab: a reload or a second tab finds it
    again. When one has stopped, its second pass is handed to the job runner.
    """

    def __init__(self, resources: LiveResources, runner: JobRunner, rolling: RollingPass) -> None:
        self._resources = resources
        self._store = resources.store
        self._runner = runner
        self._rolling = rolling
        self._meetings: dict[str, LiveMeeting] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, title: str, language: str | None = None) -> str:
        """Begin a meeting and give its id; it records at once, even while models still load.

        Raises
        ------
        MeetingStateError
            Meetcore is stopping.
        ModelUnavailableError
            A language is unknown, or no weight on this machine can write it live.
        StoreError, RecordingError
            The meeting cannot be saved, or its recording not be opened; no meeting is left.
        """
        self.refuse_when_closed()
        models = self._resources.pool.models
        language = checked_language(language, self._resources.settings, models)
        meeting = self._store.create_meeting(
            title,
            mode=models.mode if models else None,
            recognizer=models.live_recognizer if models else "",
            language=language,
        )
        try:
            self._begin(meeting)
        except BaseException:
            recordings_dir = self._resources.settings.recordings_dir
            discard_meeting(self._store, recordings_dir, meeting.id)
            raise
        logger.info("meeting %s: started", meeting.id)
        return meeting.id

    def get(self, meeting_id: str) -> LiveMeeting | None:
        """The running meeting with this id, else None."""
        return self._meetings.get(meeting_id)

    def is_running(self, meeting_id: str) -> bool:
        """Whether this meeting runs."""
        return meeting_id in self._meetings

    def ids(self) -> frozenset[str]:
        """The ids of all running meetings."""
        with self._lock:
            return frozenset(self._meetings)

    def snapshots(self) -> tuple[LiveSnapshot, ...]:
        """What a page draws of all running meetings."""
        with self._lock:
            meetings = tuple(self._meetings.values())
        return tuple(meeting.snapshot() for meeting in meetings)

    def refuse_when_closed(self) -> None:
        """Do nothing until `stop` was called.

        Raises
        ------
        MeetingStateError
            Meetcore is stopping; start it again for a new meeting.
        """
        if self._closed:
            raise MeetingStateError("Meetcore is stopping; start it again for a new meeting.")

    def stop(self, deadline: float) -> bool:
        """Stop all meetings, and refuse new ones; False if one had not saved its last word.

        Such a meeting's second pass is queued, so that the next start recovers its end. Idempotent.

        Parameters
        ----------
        deadline : on the monotonic clock
        """
        with self._lock:
            self._closed = True
            meetings = tuple(self._meetings.values())
        for live in meetings:
            live.stop()
        saved = [live.join(max(0.0, deadline - time.monotonic())) for live in meetings]
        for live, is_saved in zip(meetings, saved, strict=True):
            if not is_saved:
                logger.warning("meeting %s: the second pass recovers its end", live.meeting_id)
                self._runner.enqueue_held(self._second_pass(live))
        return all(saved)

    def _begin(self, meeting: Meeting) -> None:
        live = LiveMeeting(meeting, self._resources, self._stopped)
        # Under the lock, so that a shutdown sees either no meeting or one that runs.
        with self._lock:
            self.refuse_when_closed()
            live.start()
            self._meetings[meeting.id] = live
        settings = self._resources.settings
        # A server is sent recordings that have ended, once.
        if settings.rolling and settings.recognizer != REMOTE:
            self._rolling.follow(self._followed(live))

    def _followed(self, live: LiveMeeting) -> FollowedMeeting:
        return FollowedMeeting(
            live.meeting_id,
            self._resources.settings.recordings_dir / live.meeting_id,
            JobOptions(language=live.language),
            self._has_room,
            live.settle,
            live.reached,
        )

    def _has_room(self) -> bool:
        """Whether no running meeting's live words are late."""
        return all(has_time_left(each.health) for each in self.snapshots())

    def _stopped(self, meeting_id: str) -> None:
        """Hand a meeting to the job runner. Called on the meeting's thread, after its last word."""
        accepted = False
        try:
            accepted = self._runner.enqueue_held(self._second_pass(self._meetings[meeting_id]))
        finally:
            # Before the job may end: a meeting that is done must not be listed as running.
            with self._lock:
                self._meetings.pop(meeting_id, None)
        if accepted:
            self._runner.release_held(meeting_id)
        logger.info("meeting %s: stopped", meeting_id)

    def _second_pass(self, live: LiveMeeting) -> Job:
        """The job of a meeting that ended; it goes on behind what is settled."""
        try:
            rolled = self._rolling.leave(live.meeting_id)
        except StoreError:
            # What is stored is recognized again: the words are the same.
            logger.exception("meeting %s: its settled words cannot be read", live.meeting_id)
            rolled = None
        if rolled is not None:
            return replace(rolled, state=JobState.QUEUED, attempts=0)
        options = JobOptions(language=live.language)
        return Job(live.meeting_id, JobState.QUEUED, JobStage.RECOGNIZING, options)


def checked_language(
    language: str | None, settings: Settings, models: ModelsInUse | None
) -> str | None:
    """The languages of a new meeting as codes: the settings' ones where none are given.

    "auto" detects any, whatever the settings say. Where the live weight cannot write them, the
    multilingual one does.

    Raises
    ------
    ModelUnavailableError
        A language is unknown, or the weight that can write it is not on this machine yet; the
        message says how to fetch it.
    """
    try:
        code = language_choice(language) if language else settings.language
    except ValueError as error:
        raise ModelUnavailableError(str(error)) from error
    problem = ""
    if models is None:
        problem = why_unspoken(code, settings.recognizer)
    elif models.mode is not Mode.RECORDING_ONLY:
        problem = why_unspoken(code, models.live_weight, models.languages)
    if problem:
        _refuse_where_missing(WeightResolver(settings.cache_dir, offline=True), problem)
    return code


def _refuse_where_missing(resolver: WeightResolver, problem: str) -> None:
    """Raise ModelUnavailableError where the multilingual weight would have to be fetched first.

    A running meeting cannot wait for that.
    """
    weight = resolver.catalogue.weights[MULTILINGUAL_WEIGHT]
    if resolver.cached(weight.name) is None:
        raise ModelUnavailableError(
            f"{problem} {weight.name} can, and is not on this machine yet: fetch it"
            f" ({size_text(weight.size)}) with `{command(f'weights pull {weight.name}')}`, then"
            " start again."
        )
