"""Live meetings of a real `MeetingService`, which `live.stream` feeds with samples."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from meetcore.audio.pcm import to_pcm
from meetcore.benchmarks.live.stream import StreamOptions
from meetcore.errors import MeetingStateError
from meetcore.records import LiveSnapshot, MeetingState, ModelsInUse, Samples, Stage, Transcript
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.settings import Settings, load_settings
from meetcore.store.meetings import MeetingStore, open_store

SOURCE = "bench"
POLL_S = 0.05


class BenchMeeting:
    """A live meeting that takes samples in place of a browser's frames."""

    def __init__(self, live: LiveMeeting, store: MeetingStore) -> None:
        self._live = live
        self._store = store
        live.attach(SOURCE)

    def push(self, samples: Samples) -> None:
        """Hand over the next samples: shape (n,), float32, 16 kHz."""
        self._live.offer(to_pcm(samples), SOURCE)

    def snapshot(self) -> LiveSnapshot:
        """What the page would show now."""
        return self._live.snapshot()

    def stop(self) -> None:
        """End the audio and wait until all of it is recognized and stored."""
        self._live.stop()
        self._live.join()

    def finish(self) -> Transcript:
        """The final transcript; waits for the second pass, which the service has queued.

        Raises
        ------
        MeetingStateError
            It failed; the message says why.
        """
        meeting_id = self._live.meeting_id
        while (meeting := self._store.get(meeting_id)).state is not MeetingState.DONE:
            if meeting.state is MeetingState.FAILED:
                raise MeetingStateError(
                    f"The second pass of {meeting.title} failed: {meeting.detail}"
                )
            time.sleep(POLL_S)
        return self._store.transcript(meeting_id, Stage.FINAL)


class BenchService:
    """A meeting service on a temporary folder, which close() deletes."""

    def __init__(self, settings: Settings, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._folder = folder
        self._store = open_store(settings.database)
        self._service = MeetingService(settings, self._store)
        self._models: ModelsInUse = self._service.load_models()

    @property
    def models(self) -> str:
        """The live and final recognizers and the diarizer."""
        models = self._models
        speakers = models.diarizer or "no speakers"
        return f"{models.live_recognizer}, then {models.final_recognizer}; {speakers}"

    def open_meeting(self, title: str) -> BenchMeeting:
        """Start a meeting."""
        live = self._service.live(self._service.start(title))
        if live is None:
            raise MeetingStateError(f"The meeting {title} ended before it began.")
        return BenchMeeting(live, self._store)

    def close(self) -> None:
        """Stop everything and delete the recordings."""
        self._service.shutdown()
        self._store.close()
        self._folder.cleanup()


def open_service(options: StreamOptions) -> BenchService:
    """Load the models of one configuration; all other settings are those of the environment."""
    folder = tempfile.TemporaryDirectory(prefix="meetcore-bench-")
    changes: dict[str, object] = {
        "data_dir": Path(folder.name),
        "database_url": None,
        "live_recognizer": options.weight,
        "engine": options.engine,
    }
    if options.final_weight:
        changes["recognizer"] = options.final_weight
    if not options.speakers:
        changes["diarizer"] = "off"
    return BenchService(load_settings().model_copy(update=changes), folder)
