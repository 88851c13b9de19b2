"""The second pass follows a running meeting: stored piece by piece, shown, and gone on with."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.offline.recognize_recording import (
    OfflineRecognitionOptions,
    PieceWords,
    recognize_recording,
)
from meetcore.asr.recognizer import RecognizerInfo
from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.jobs.growing_recordings import GrowingRecordings
from meetcore.jobs.growing_words import GrowingWords
from meetcore.jobs.recognize_stage import roll
from meetcore.jobs.tasks import RecognizeTask, RollTask
from meetcore.live import room
from meetcore.records import (
    SAMPLE_RATE,
    JobOptions,
    JobState,
    MeetingState,
    Samples,
    Segment,
    Stage,
)
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from tests.asr.fakes import LevelActivity, ScriptedRecognizer, failing, heard, spoken
from tests.jobs.helpers import ended, job_of, wav
from tests.support.live_meetings import recognized_all, running, send
from tests.support.service_fixtures import Open
from tests.support.stand_ins import RefusingStore, SlowRecognizer, StandIn, texts, until


@pytest.fixture
def service(open_service: Open) -> MeetingService:
    return open_service(rolling=True)


def settled(live: LiveMeeting) -> tuple[Segment, ...]:
    """The settled segments that a page shows."""
    view = live.snapshot()
    return view.segments[: view.shape.settled]


def settled_to(live: LiveMeeting, seconds: float) -> Any:
    """A condition: words are settled up to some seconds."""
    return lambda: (found := settled(live)) and found[-1].words[-1].end >= seconds


def begin(service: MeetingService, seconds: float = 30.0) -> LiveMeeting:
    """A running meeting in which so many seconds were said and recognized."""
    live = running(service, service.start("Weekly"))
    send(live, seconds)
    until(recognized_all(live, seconds))
    return live


def heard_seconds(identifier: StandIn) -> float:
    """How much audio the second pass's recognizer was given."""
    return sum(samples for samples, _ in identifier.recognizer.calls) / SAMPLE_RATE


def final_words(service: MeetingService, meeting_id: str) -> list[Any]:
    transcript = service.store.transcript(meeting_id, Stage.FINAL)
    return [(word.text, word.start, word.end) for word in transcript.words]


def test_settled_words_are_those_of_the_final_transcript(
    service: MeetingService, identifier: StandIn
) -> None:
    live = begin(service)
    until(settled_to(live, 20.0))
    shown = [(word.text, word.start, word.end) for each in settled(live) for word in each.words]
    assert {segment.speaker for segment in settled(live)} <= {"S1", "S2", None}
    live.stop()
    assert ended(service, live.meeting_id).state is MeetingState.DONE
    assert final_words(service, live.meeting_id)[: len(shown)] == shown
    assert heard_seconds(identifier) < 31.0, "a piece was recognized twice"
    upload = service.add_recording("The same", wav(30.0))
    assert ended(service, upload).state is MeetingState.DONE
    assert final_words(service, upload) == final_words(service, live.meeting_id)


def test_every_word_is_shown_once_whether_settled_or_not(service: MeetingService) -> None:
    live = begin(service)
    until(settled_to(live, 10.0))
    shown = [word for segment in live.snapshot().segments for word in segment.words]
    starts = [word.start for word in shown]
    assert starts == sorted(set(starts))
    until(lambda: saved_equals_shown(service, live))


def saved_equals_shown(service: MeetingService, live: LiveMeeting) -> bool:
    saved = service.store.transcript(live.meeting_id, Stage.PROVISIONAL).segments
    return texts(saved) == texts(live.snapshot().segments)


def test_a_crash_goes_on_from_what_was_settled(open_service: Open, identifier: StandIn) -> None:
    service = open_service(rolling=True)
    live = begin(service)
    until(settled_to(live, 20.0))
    job = job_of(service, live.meeting_id)
    assert job.state is JobState.ROLLING and job.checkpoint_samples > 20 * SAMPLE_RATE
    service._rolling.stop()
    after_crash = open_service(rolling=True)
    identifier.recognizer.calls.clear()
    (meeting,) = after_crash.recover()
    assert meeting.state is MeetingState.INTERRUPTED
    live.stop()
    live.join(10)
    after_crash.finalize(live.meeting_id)
    assert ended(after_crash, live.meeting_id).state is MeetingState.DONE
    assert heard_seconds(identifier) < 12.0
    assert texts(after_crash.store.transcript(live.meeting_id).segments) == [
        f"w{n}" for n in range(1, 61)
    ]


def test_a_busy_machine_leaves_it_to_the_job(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_BACKLOG_S", -1.0)
    live = begin(service)
    assert not settled(live) and live.snapshot().health.unsettled == 30.0
    assert service.store.jobs.get(live.meeting_id) is None
    live.stop()
    assert ended(service, live.meeting_id).state is MeetingState.DONE
    assert len(final_words(service, live.meeting_id)) == 60


def test_room_that_comes_late_is_used(
    service: MeetingService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_BACKLOG_S", -1.0)
    live = begin(service, 60.0)
    monkeypatch.setattr(room, "MOST_BACKLOG_S", 2.0)
    until(settled_to(live, 45.0))
    speakers = {segment.speaker for segment in settled(live)}
    assert speakers == {"S1", "S2"}, "their turns are known, however late the words are"
    assert live.snapshot().health.unsettled < 15.0


def test_the_setting_switches_it_off(open_service: Open) -> None:
    service = open_service(rolling=False)
    live = begin(service)
    assert service.store.jobs.get(live.meeting_id) is None
    assert live.snapshot().health.unsettled == 0.0
    live.stop()
    assert ended(service, live.meeting_id).state is MeetingState.DONE


def test_a_store_that_refuses_delays_it(service: MeetingService, store: RefusingStore) -> None:
    live = running(service, service.start("Locked"))
    store.refused = {"jobs.update"}
    send(live, 30.0)
    until(lambda: store.refusals > 3)
    assert not settled(live), "what is not stored is not shown as settled"
    store.refused = set()
    until(settled_to(live, 20.0))
    live.stop()
    assert ended(service, live.meeting_id).state is MeetingState.DONE
    assert len(final_words(service, live.meeting_id)) == 60


def test_a_piece_that_fails_keeps_its_live_words(
    service: MeetingService, identifier: StandIn
) -> None:
    identifier.recognizer = ScriptedRecognizer(failing)
    live = begin(service)
    until(lambda: identifier.recognizer.calls)
    until(lambda: live.snapshot().health.unsettled == 0.0)
    assert not settled(live) and len(live.snapshot().segments) > 4
    identifier.recognizer = ScriptedRecognizer()
    live.stop()
    assert (done := ended(service, live.meeting_id)).state is MeetingState.DONE
    assert done.detail == "" and len(final_words(service, live.meeting_id)) == 60


def test_an_upload_that_is_worked_on_does_not_hold_it_up(
    service: MeetingService, identifier: StandIn
) -> None:
    slow = identifier.recognizer = SlowRecognizer()
    upload = service.add_recording("Long", wav(8.0))
    assert slow.asked.wait(10)
    identifier.recognizer = ScriptedRecognizer()
    live = begin(service)
    until(settled_to(live, 20.0))
    assert job_of(service, upload).state is JobState.RUNNING
    slow.leave.set()
    assert ended(service, upload).state is MeetingState.DONE


def test_a_pause_settles_what_was_said_before_it(service: MeetingService) -> None:
    live = begin(service, 8.0)
    live.pause()
    live.resume()
    send(live, 30.0)
    until(settled_to(live, 25.0))
    shown = settled(live)
    live.stop()
    ended(service, live.meeting_id)
    final = service.store.transcript(live.meeting_id)
    assert texts(final.segments)[: len(texts(shown))] == texts(shown)


def test_two_meetings_are_followed_side_by_side(service: MeetingService) -> None:
    lives = [begin(service), begin(service, 40.0)]
    for live in lives:
        until(settled_to(live, 20.0))
        live.stop()
    for live, count in zip(lives, (60, 80), strict=True):
        assert ended(service, live.meeting_id).state is MeetingState.DONE
        assert len(final_words(service, live.meeting_id)) == count


def test_a_stopped_meeting_is_gone_on_with_where_it_was(
    service: MeetingService, identifier: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks: list[Any] = []
    run = service._executor.run
    monkeypatch.setattr(
        service._executor,
        "run",
        lambda task, observer: (tasks.append(task), run(task, observer))[1],
    )
    live = begin(service)
    until(settled_to(live, 20.0))
    live.stop()
    ended(service, live.meeting_id)
    (rest,) = [task for task in tasks if isinstance(task, RecognizeTask)]
    assert rest.start_sample > 20 * SAMPLE_RATE
    rolled = [task.start_sample for task in tasks if isinstance(task, RollTask)]
    assert rolled == sorted(rolled) and rest.start_sample >= rolled[-1]


class TwoLanguages(ScriptedRecognizer):
    """Every seventh word and those after it, up to the next seventh, are in another language."""

    def __init__(self) -> None:
        super().__init__(info=RecognizerInfo("two", "fake", "cpu", "float32", ("de", "en")))

    def language_probabilities(self, samples: Samples, context: float = 30.0) -> dict[str, float]:
        words = heard(samples)
        german = sum(int(word.text[2:]) // 7 % 2 for word in words) / max(1, len(words))
        return {"de": 0.05 + 0.9 * german, "en": 0.95 - 0.9 * german}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.32, 6.0), min_size=1, max_size=60),
    st.lists(st.integers(1, 15 * SAMPLE_RATE), min_size=1, max_size=40),
)
def test_languages_are_those_of_the_whole_recording(gaps: list[float], steps: list[int]) -> None:
    """The first language waits for enough speech, as it does in the whole recording."""
    starts = list(np.cumsum(gaps))
    pcm = to_pcm(spoken(starts, starts[-1] + 1.0))
    recognizer = TwoLanguages()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = RecordingWriter(folder, 1.0)
        growing = GrowingWords(folder, 0, LevelActivity())
        found: list[PieceWords] = []
        for step in steps:
            writer.append(pcm[writer.n_samples : writer.n_samples + step])
            task = RollTask(
                folder, growing.position, JobOptions(heard=found[-1].heard if found else ())
            )
            roll(task, recognizer, growing, Pieces(found))
        writer.append(pcm[writer.n_samples :])
        writer.close()
        reader = RecordingReader(folder)

        def words(start: int, heard: tuple[str, ...] = ()) -> list[PieceWords]:
            options = OfflineRecognitionOptions(heard=heard)
            read = reader.read, len(pcm), recognizer, LevelActivity(), options, start
            return list(recognize_recording(*read))

        rest = words(growing.position, found[-1].heard if found else ())
        assert [*found, *rest] == words(0)


@dataclass
class Pieces:
    """A TaskObserver that keeps what comes."""

    found: list[PieceWords]

    def poll(self) -> None: ...
    def progress(self, part: float) -> None: ...
    def piece(self, words: PieceWords) -> None:
        self.found.append(words)


def test_a_cutter_is_kept_while_its_position_fits(tmp_path: Any) -> None:
    growing = GrowingRecordings()
    first = growing.words(tmp_path, 0)
    assert growing.words(tmp_path, 0) is first
    assert growing.words(tmp_path, 512) is not first
