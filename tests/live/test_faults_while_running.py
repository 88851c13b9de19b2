"""Faults while a meeting runs: it goes on, shows the error, loses no audio, and recovers.

Models and audio are real; faults are injected into the models' answers. The disk is really full,
the database really locked, the weights really deleted.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.models import error_counter
from meetcore.models.identifier import SpeakerIdentifier, create_speaker_identifier
from meetcore.models.rungs import loaders_for
from meetcore.records import (
    SAMPLE_RATE,
    LiveState,
    MeetingState,
    Mode,
    Samples,
    Stage,
    Word,
)
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver
from tests.support.faults import (
    Breakable,
    NoSecondPass,
    SmallDisk,
    WithGenerate,
    all_recorded,
    begin,
    nan_scores,
    nan_tensor,
    offer,
    raises,
    refuses,
    speak,
)
from tests.support.stand_ins import until

pytestmark = pytest.mark.model

BREAKS_S, MENDED_S, SETTLED_S = 10, 17, 19
"""Seconds of the sample: when the fault begins, when it ends, when its effects must be over."""


@pytest.fixture(autouse=True)
def quick() -> None:
    """No retry is sped up here."""


@dataclass
class Parts:
    """The real models, with the functions that can be made to fail."""

    identifier: SpeakerIdentifier
    recognize: Breakable
    generate: Breakable
    segmentation: Breakable
    embedding: Breakable

    @property
    def all(self) -> tuple[Breakable, ...]:
        return self.recognize, self.generate, self.segmentation, self.embedding


@pytest.fixture(scope="module")
def parts(resolver: WeightResolver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    settings = Settings(
        _env_file=None, data_dir=tmp_path_factory.mktemp("faults"), recognizer="tiny.en"
    )
    identifier: Any = create_speaker_identifier(settings, loaders_for(settings, resolver))
    assert isinstance(identifier, SpeakerIdentifier)
    live: Any = identifier._live
    diarizer: Any = identifier.diarizer
    whole_model = live._model
    live._model = WithGenerate(whole_model)
    live.recognize = Breakable(live.recognize)
    diarizer.segmentation._model = Breakable(diarizer.segmentation._model)
    diarizer.embedding._model = Breakable(diarizer.embedding._model)
    yield Parts(
        identifier,
        live.recognize,
        live._model.generate,
        diarizer.segmentation._model,
        diarizer.embedding._model,
    )
    live._model = whole_model
    identifier.close()


@pytest.fixture(scope="module")
def pcm(sample_audio: Samples) -> Pcm:
    return to_pcm(sample_audio)


Open = Callable[[Path], MeetingService]


@pytest.fixture(scope="module")
def open_service(parts: Parts) -> Iterator[Open]:
    """Services over the shared models, without second passes."""
    opened: list[tuple[MeetingService, Any]] = []

    def build(data_dir: Path) -> MeetingService:
        settings = Settings(_env_file=None, data_dir=data_dir, recognizer="tiny.en")
        store = open_store(settings.database)
        service = MeetingService(settings, store, lambda: parts.identifier, NoSecondPass())
        service._pool.close = lambda: None  # type: ignore[method-assign]  # the next test's too
        service.load_models()
        opened.append((service, store))
        return service

    yield build
    for service, store in opened:
        service.shutdown(20)
        store.close()


@pytest.fixture(scope="module")
def service(open_service: Open, tmp_path_factory: pytest.TempPathFactory) -> MeetingService:
    return open_service(tmp_path_factory.mktemp("service"))


@pytest.fixture(autouse=True)
def mended(parts: Parts) -> Iterator[None]:
    yield
    for part in parts.all:
        part.fault, part.hits = None, 0


def seconds(pcm: Pcm, start: float, stop: float) -> Pcm:
    return pcm[round(start * SAMPLE_RATE) : round(stop * SAMPLE_RATE)]


def finished(service: MeetingService, live: LiveMeeting) -> list[tuple[Word, str | None]]:
    """Stop a meeting; its saved words with their speakers."""
    live.stop()
    assert live.join(60)
    transcript = service.store.transcript(live.meeting_id, Stage.PROVISIONAL)
    return [(word, segment.speaker) for segment in transcript.segments for word in segment.words]


@pytest.fixture(scope="module")
def undisturbed(service: MeetingService, pcm: Pcm) -> list[tuple[Word, str | None]]:
    """The words of the same audio without a fault."""
    live = begin(service, "Undisturbed")
    speak(live, pcm)
    assert live.snapshot().health.chunk_errors == 0
    return finished(service, live)


def after(words: list[tuple[Word, str | None]], second: float) -> list[tuple[Word, str | None]]:
    return [(word, speaker) for word, speaker in words if word.start >= second]


def check_recovery(live: LiveMeeting, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute without errors, shortened here, clears the health; count and traceback stay."""
    before = live.snapshot().health
    monkeypatch.setattr(error_counter, "RECENT_S", 0.2)
    until(lambda: not live.snapshot().health.last_error)
    health = live.snapshot().health
    assert (health.recent_errors, health.chunk_errors) == (0, before.chunk_errors)
    assert health.last_traceback == before.last_traceback != ""


FAULTS = [
    ("recognize", raises, "RuntimeError"),
    ("generate", nan_scores, "InferenceError"),
    ("segmentation", raises, "InferenceError"),
    ("segmentation", nan_tensor, "InferenceError"),
    ("embedding", raises, "InferenceError"),
    ("embedding", nan_tensor, "InferenceError"),
]


@pytest.mark.parametrize(
    ("name", "fault", "error"),
    FAULTS,
    ids=[f"{name}-{fault.__name__}" for name, fault, _ in FAULTS],
)
def test_model_that_fails_for_a_while(
    parts: Parts,
    service: MeetingService,
    pcm: Pcm,
    undisturbed: list[tuple[Word, str | None]],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    fault: Any,
    error: str,
) -> None:
    live = begin(service, name)
    speak(live, seconds(pcm, 0, BREAKS_S))
    assert live.snapshot().health.chunk_errors == 0
    part = getattr(parts, name)
    part.fault = fault
    speak(live, seconds(pcm, BREAKS_S, MENDED_S))
    broken = live.snapshot()
    part.fault = None
    speak(live, seconds(pcm, MENDED_S, 30))

    assert broken.state is LiveState.LISTENING
    assert broken.health.chunk_errors == broken.health.recent_errors > 0
    assert part.hits >= broken.health.chunk_errors
    assert broken.health.last_error == error
    assert "meetcore/" in broken.health.last_traceback
    assert error != "RuntimeError" or broken.health.last_traceback.endswith("\nRuntimeError")
    assert all_recorded(service, live, pcm)
    check_recovery(live, monkeypatch)
    words = finished(service, live)
    assert len(after(words, SETTLED_S)) >= 0.9 * len(after(undisturbed, SETTLED_S))
    early = [word.text for word, _ in words if word.end < BREAKS_S - 3]
    assert early == [word.text for word, _ in undisturbed if word.end < BREAKS_S - 3] != []
    speakers = {speaker for _, speaker in after(words, SETTLED_S)}
    assert speakers - {None} == {"S1", "S2"}, "the fault made new speakers of them"
    same = [
        speaker == truth
        for (word, speaker) in after(words, SETTLED_S)
        for (other, truth) in after(undisturbed, SETTLED_S)
        if abs(word.start - other.start) < 0.1 and truth is not None
    ]
    assert sum(same) >= 0.85 * len(same) > 0, "speakers keep their labels through the fault"


def test_fault_of_the_diarizer_loses_no_word(
    parts: Parts, service: MeetingService, pcm: Pcm, undisturbed: list[tuple[Word, str | None]]
) -> None:
    live = begin(service, "No speakers")
    parts.segmentation.fault = nan_tensor
    speak(live, pcm)
    words = finished(service, live)
    assert [word for word, _ in words] == [word for word, _ in undisturbed]
    assert {speaker for _, speaker in words} == {None}


def test_recognizer_that_fails_for_long_does_not_accumulate_audio(
    parts: Parts, service: MeetingService, pcm: Pcm
) -> None:
    """Two minutes without a successful decode: at most one window of audio is kept in memory."""
    live = begin(service, "Long fault")
    parts.recognize.fault = refuses
    for part in range(1, 5):
        offer(live, pcm)
        until(lambda wanted=part * pcm.size: live.snapshot().health.samples_on_disk == wanted)
        until(lambda: live.snapshot().health.backlog < 0.1, 60)
    session: Any = live._recognition._session
    assert session._recognizer._window._audio.shape[0] < 30 * SAMPLE_RATE
    parts.recognize.fault = None
    speak(live, pcm)
    words = finished(service, live)
    assert len(after(words, 120 + SETTLED_S)) > 15
    assert all_recorded(service, live, np.tile(pcm, 5))


def test_disk_that_is_full_for_a_while(
    open_service: Open, tmp_path: Path, pcm: Pcm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recording and database are on this disk, and neither loses anything."""
    disk = SmallDisk(tmp_path / "data", monkeypatch)
    try:
        service = open_service(disk.folder)
        live = begin(service, "Full disk")
        speak(live, seconds(pcm, 0, BREAKS_S))
        disk.fill()
        offer(live, seconds(pcm, BREAKS_S, MENDED_S))
        until(lambda: live.snapshot().health.chunk_errors)
        broken = live.snapshot()
        assert broken.state is LiveState.LISTENING
        assert broken.health.last_error
        assert "RecordingError" in broken.health.last_traceback
        assert broken.health.frames_offered == MENDED_S * 10
        assert broken.health.samples_on_disk < MENDED_S * SAMPLE_RATE
        disk.free()
        until(lambda: live.snapshot().health.samples_on_disk == MENDED_S * SAMPLE_RATE)
        speak(live, seconds(pcm, MENDED_S, 30))
        assert all_recorded(service, live, pcm)
        check_recovery(live, monkeypatch)
        words = finished(service, live)
        assert len(after(words, BREAKS_S)) > 30
        service.shutdown(10)
        service.store.close()
    finally:
        disk.unmount()


def test_database_that_is_locked_for_a_while(
    open_service: Open, tmp_path: Path, pcm: Pcm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words are shown while another process holds the lock, and saved afterwards."""
    service = open_service(tmp_path)
    live = begin(service, "Locked")
    speak(live, seconds(pcm, 0, BREAKS_S))
    saved = len(service.store.transcript(live.meeting_id).words)
    shown = len(_shown(live))
    file = str(service._settings.data_dir / "meetcore.db")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        speak(live, seconds(pcm, BREAKS_S, 20))
        until(lambda: live.snapshot().health.chunk_errors)
        broken = live.snapshot()
        assert len(_shown(live)) > shown, "no words are shown"
        assert len(service.store.transcript(live.meeting_id).words) == saved
        assert time.monotonic() - began < 25, "recognition waits for the lock"
        other.execute("ROLLBACK")
    assert broken.state is LiveState.LISTENING
    assert broken.health.last_error == "StoreUnavailableError"
    assert "locked" in broken.health.last_traceback
    assert str(Path.home()) not in broken.health.last_traceback
    speak(live, seconds(pcm, 20, 30))
    until(lambda: service.store.transcript(live.meeting_id).words == tuple(_shown(live)))
    assert all_recorded(service, live, pcm)
    check_recovery(live, monkeypatch)
    assert len(after(finished(service, live), BREAKS_S)) > 30


def _shown(live: LiveMeeting) -> list[Word]:
    return [word for segment in live.snapshot().segments for word in segment.words]


def test_weights_deleted_while_a_meeting_runs(
    resolver: WeightResolver, tmp_path: Path, pcm: Pcm
) -> None:
    """Loaded models stay loaded; the second pass fails, and works once the weights are back."""
    cache = tmp_path / "cache"
    for name in ("tiny.en", "segmentation-3.0", "campplus"):
        path = resolver.resolve(name)
        target = cache / path.relative_to(resolver.cache_dir)
        shutil.copytree(path.parent, target.parent)
        note = path.parent.with_name(f"{path.parent.name}.json")
        if note.exists():
            shutil.copy(note, target.parent.parent)
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path / "data",
        cache_dir=cache,
        offline=True,
        recognizer="tiny.en",
    )
    store = open_store(settings.database)
    service = MeetingService(settings, store)
    try:
        models = service.load_models()
        assert models.mode is Mode.FULL, models.reason
        live = begin(service, "Deleted")
        speak(live, seconds(pcm, 0, BREAKS_S))
        cache.rename(tmp_path / "away")
        speak(live, seconds(pcm, BREAKS_S, 30))
        assert live.snapshot().health.chunk_errors == 0
        assert {speaker.label for speaker in live.snapshot().speakers} == {"S1", "S2"}
        kept = service.retry_models()
        assert kept.mode is Mode.FULL
        assert "a new attempt found less" in kept.reason
        words = finished(service, live)
        assert len(after(words, SETTLED_S)) > 15
        until(lambda: store.get(live.meeting_id).state is MeetingState.FAILED, 120)
        assert store.get(live.meeting_id).detail
        assert all_recorded(service, live, pcm)
        assert len(store.transcript(live.meeting_id).words) == len(words)
        shutil.rmtree(cache, ignore_errors=True)
        (tmp_path / "away").rename(cache)
        assert "found less" not in service.retry_models().reason
        service.retry(live.meeting_id)
        until(lambda: store.get(live.meeting_id).state is MeetingState.DONE, 120)
        final = store.transcript(live.meeting_id)
        assert final.stage is Stage.FINAL
        assert {segment.speaker for segment in final.segments} == {"S1", "S2"}
    finally:
        service.shutdown(20)
        store.close()
