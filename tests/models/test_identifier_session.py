"""Sessions: order of chunks, errors of models, flush, and independence of each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.diarization.live_diarizer import LiveTurns
from meetcore.models.identifier import SpeakerIdentifier, create_speaker_identifier
from meetcore.models.identifier_session import IdentifierSession
from meetcore.models.rungs import loaders_for
from meetcore.records import SAMPLE_RATE, RejectedText, Samples, Segment
from meetcore.settings import Settings
from meetcore.weights.resolver import WeightResolver
from tests.support.stand_ins import ClockTurns, ClockWords, texts

CHUNK = SAMPLE_RATE // 10


def zeros(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), dtype=np.float32)


def feed(session: IdentifierSession, audio: Samples, sizes: Sequence[int] = (CHUNK,)) -> None:
    """The audio in chunks of these sizes, over and over."""
    start = index = 0
    while start < audio.shape[0]:
        size = sizes[index % len(sizes)]
        session.process_audio_chunk(audio[start : start + size], start / SAMPLE_RATE)
        start, index = start + size, index + 1


def words(count: int) -> list[str]:
    return [f"w{n}" for n in range(count)]


@pytest.fixture
def session() -> IdentifierSession:
    return IdentifierSession("m", ClockWords(), ClockTurns())


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(160, 3 * SAMPLE_RATE), min_size=1, max_size=8))
def test_any_chunking_gives_the_same_words_and_speakers(sizes: list[int]) -> None:
    whole, parts = (IdentifierSession("m", ClockWords(), ClockTurns()) for _ in range(2))
    feed(whole, zeros(9.3))
    feed(parts, zeros(9.3), sizes)
    for each in (whole, parts):
        each.flush()
    assert parts.segments() == whole.segments()
    assert texts(parts.segments()) == words(19)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(SAMPLE_RATE // 50, 2 * SAMPLE_RATE), min_size=1, max_size=8))
def test_committed_words_never_change(sizes: list[int]) -> None:
    session = IdentifierSession("m", ClockWords(), ClockTurns())
    shown: list[Any] = []
    audio = zeros(12.0)
    start = index = 0
    while start < audio.shape[0]:
        size = sizes[index % len(sizes)]
        session.process_audio_chunk(audio[start : start + size], start / SAMPLE_RATE)
        now = [word for segment in session.segments() for word in segment.words]
        assert now[: len(shown)] == shown
        shown, start, index = now, start + size, index + 1


def test_chunks_must_follow_on_each_other(session: IdentifierSession) -> None:
    session.process_audio_chunk(zeros(1.0), 0.0)
    for start in (0.0, 0.5, 1.1):
        with pytest.raises(ValueError, match="follow"):
            session.process_audio_chunk(zeros(1.0), start)
    session.process_audio_chunk(zeros(1.0), 1.0)
    assert session.processed_samples == 2 * SAMPLE_RATE


def test_chunk_gives_new_and_changed_segments_until_they_are_stored() -> None:
    session = IdentifierSession("m", ClockWords(), None)
    feed(session, zeros(2.0))
    given = session.process_audio_chunk(zeros(1.0), 2.0)
    assert texts(given) == words(5)
    assert session.changes() is not None
    session.mark_stored()
    assert session.changes() is None
    assert session.process_audio_chunk(zeros(0.01), 3.0) == ()


def test_flush_commits_each_word_once(session: IdentifierSession) -> None:
    feed(session, zeros(3.2))
    session.flush()
    session.flush()
    assert texts(session.segments()) == words(7)
    assert session.tentative() == ((), None)


def test_settle_commits_and_the_session_goes_on(session: IdentifierSession) -> None:
    feed(session, zeros(2.0))
    session.commit_all()
    assert texts(session.segments()) == words(4)
    for start in range(20, 40):
        session.process_audio_chunk(zeros(0.1), start / 10)
    session.flush()
    assert texts(session.segments()) == words(8)


def test_failing_words_leave_the_speakers_alone_and_the_other_way_round() -> None:
    class NoTurns(ClockTurns):
        def push(self, samples: Any) -> LiveTurns:
            raise RuntimeError("a library may raise anything")

    heard, turns = ClockWords(), NoTurns()
    session = IdentifierSession("m", heard, turns)
    feed(session, zeros(2.0))
    assert texts(session.segments()) == words(3)
    assert (session.errors.chunk_errors, session.errors.last_error) == (20, "RuntimeError")
    heard.failures = 1
    session.process_audio_chunk(zeros(0.1), 2.0)
    assert (session.errors.chunk_errors, session.errors.last_error) == (22, "RuntimeError")
    assert session.processed_samples == 2.1 * SAMPLE_RATE


def test_errors_have_the_class_of_an_error_and_never_its_text() -> None:
    class Telling(ClockWords):
        def push(self, samples: Any) -> StreamUpdate:
            raise ValueError("the secret they were talking about")

    session = IdentifierSession("m", Telling(), None)
    session.process_audio_chunk(zeros(0.1), 0.0)
    assert session.errors.last_error == "ValueError"


def test_relabelling_reaches_old_segments_and_is_reported_once() -> None:
    turns = ClockTurns()
    session = IdentifierSession("m", ClockWords(), turns)
    feed(session, zeros(10.0))
    assert {segment.speaker for segment in session.segments()} == {"S1", "S2"}
    turns.relabel("S2", "S1")
    session.process_audio_chunk(zeros(0.1), 10.0)
    assert {segment.speaker for segment in session.segments()} == {"S1"}
    assert session.take_relabelled() == (("S2", "S1"),)
    assert session.take_relabelled() == ()


def test_turns_that_are_the_same_object_are_not_attributed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between two hops of the diarizer each chunk of 50 ms would cost hours of turns."""

    class Still(ClockTurns):
        latest = LiveTurns()

        def push(self, samples: Any) -> LiveTurns:
            return self.latest

    session = IdentifierSession("m", ClockWords(), Still())
    calls: list[int] = []
    transcript = session._transcript
    monkeypatch.setattr(transcript, "set_turns", lambda *arguments: calls.append(1))
    feed(session, zeros(2.0))
    assert len(calls) == 1


def test_rejected_text_is_taken_once() -> None:
    class Rejecting(ClockWords):
        def push(self, samples: Any) -> StreamUpdate:
            return StreamUpdate(rejected=(RejectedText(0.0, 1.0, "thanks", "no speech"),))

    session = IdentifierSession("m", Rejecting(), None)
    session.process_audio_chunk(zeros(1.0), 0.0)
    assert [text.text for text in session.take_rejected()] == ["thanks"]
    assert session.take_rejected() == ()


def test_step_reaches_the_words_and_is_zero_without_them() -> None:
    heard = ClockWords()
    session = IdentifierSession("m", heard, None)
    session.set_step(2.0)
    assert (session.step, heard.step) == (2.0, 2.0)
    silent = IdentifierSession("m", None, None)
    silent.set_step(2.0)
    assert silent.step == 0.0


def test_close_releases_both_streams_and_keeps_the_text() -> None:
    heard, turns = ClockWords(), ClockTurns()
    session = IdentifierSession("m", heard, turns)
    feed(session, zeros(2.0))
    session.close()
    session.close()
    assert heard.closed and turns.closed
    assert texts(session.segments()) == words(3)
    session.flush()
    assert texts(session.segments()) == words(3)


@pytest.fixture(scope="module")
def identifier(resolver: WeightResolver, tmp_path_factory: Any) -> Iterator[SpeakerIdentifier]:
    folder: Path = tmp_path_factory.mktemp("data")
    chosen = Settings(_env_file=None, data_dir=folder, recognizer="tiny.en")
    made = create_speaker_identifier(chosen, loaders_for(chosen, resolver))
    assert isinstance(made, SpeakerIdentifier), made.models.reason
    yield made
    made.close()


def heard_by(
    identifier: SpeakerIdentifier, audio: Samples, sizes: Sequence[int] = (CHUNK,)
) -> tuple[Segment, ...]:
    session = identifier.open_session("m")
    feed(session, audio, sizes)
    session.flush()
    assert session.errors.chunk_errors == 0
    session.close()
    return session.segments()


@pytest.mark.model
def test_real_words_do_not_depend_on_the_chunking(
    identifier: SpeakerIdentifier, sample_audio: Samples
) -> None:
    audio = sample_audio[: 15 * SAMPLE_RATE]
    expected = heard_by(identifier, audio)
    assert len(texts(expected)) > 15
    for sizes in ((audio.shape[0],), (1, 7919, 16_001, 400, 48_000)):
        assert heard_by(identifier, audio, sizes) == expected


@pytest.mark.model
def test_real_committed_words_never_change_and_come_once(
    identifier: SpeakerIdentifier, sample_audio: Samples
) -> None:
    session = identifier.open_session("m")
    shown: list[Any] = []
    for start in range(0, 15 * SAMPLE_RATE, CHUNK):
        session.process_audio_chunk(sample_audio[start : start + CHUNK], start / SAMPLE_RATE)
        now = [word for segment in session.segments() for word in segment.words]
        assert now[: len(shown)] == shown
        shown = now
    session.flush()
    final = [word for segment in session.segments() for word in segment.words]
    session.flush()
    assert final[: len(shown)] == shown
    assert [word for segment in session.segments() for word in segment.words] == final
    starts = [word.start for word in final]
    assert starts == sorted(starts)
    session.close()


@pytest.mark.model
def test_two_real_meetings_at_once_equal_the_same_two_alone(
    identifier: SpeakerIdentifier, sample_audio: Samples
) -> None:
    audios = (sample_audio[: 12 * SAMPLE_RATE], sample_audio[14 * SAMPLE_RATE : 26 * SAMPLE_RATE])
    alone = [heard_by(identifier, audio) for audio in audios]
    together: dict[int, tuple[Segment, ...]] = {}

    def meet(index: int) -> Callable[[], None]:
        def run() -> None:
            together[index] = heard_by(identifier, audios[index])

        return run

    threads = [threading.Thread(target=meet(index)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[index] for index in range(2)] == alone
