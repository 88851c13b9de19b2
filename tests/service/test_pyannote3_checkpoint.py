"""The original failure: a checkpoint of pyannote.audio 3, read by the loader of version 2.1.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from meetcore.audio.pcm import to_pcm
from meetcore.audio.recording import RecordingReader
from meetcore.diagnostics.diagnose import diagnose
from meetcore.diagnostics.facts.gather import quick_facts
from meetcore.diagnostics.findings import RungState, Verdict
from meetcore.models.identifier import create_speaker_identifier
from meetcore.models.rungs import loaders_for
from meetcore.records import SAMPLE_RATE, MeetingState, Mode, Samples
from meetcore.service.meeting_service import LiveMeeting, MeetingService
from meetcore.settings import Settings
from meetcore.store.meetings import open_store
from meetcore.weights.resolver import WeightResolver
from tests.conftest import SamplePaths
from tests.service.test_real_meeting import wer
from tests.support.stand_ins import until

pytestmark = pytest.mark.model

HALF = 15 * SAMPLE_RATE


@pytest.fixture(autouse=True)
def quick() -> None:
    """No retry is sped up here."""


@pytest.fixture
def old_loader() -> Iterator[Callable[[], None]]:
    """pyannote.audio loads as 2.1.1 did; calling what this gives undoes it.

    Source: pyannote/audio/core/model.py of 2.1.1, on_load_checkpoint.
    """
    import torch
    from pyannote.audio import Model

    def from_pretrained(checkpoint: Path, *rest: Any, **options: Any) -> Any:
        loaded = torch.load(checkpoint, map_location="cpu", weights_only=False)
        return loaded["pyannote.audio"]["introspection"]

    patch = pytest.MonkeyPatch()
    patch.setattr(Model, "from_pretrained", from_pretrained)
    yield patch.undo
    patch.undo()


@pytest.fixture
def service(resolver: WeightResolver, tmp_path: Path) -> Iterator[MeetingService]:
    settings = Settings(_env_file=None, data_dir=tmp_path, recognizer="tiny.en")
    with closing(open_store(settings.database)) as store:
        service = MeetingService(
            settings,
            store,
            lambda: create_speaker_identifier(settings, loaders_for(settings, resolver)),
        )
        yield service
        service.shutdown(20)


def offer(live: LiveMeeting, samples: Samples) -> None:
    """Offer all samples, half a second at a time."""
    pcm = to_pcm(samples)
    for start in range(0, pcm.size, SAMPLE_RATE // 2):
        live.offer(pcm[start : start + SAMPLE_RATE // 2], "tab")


def offer_as_spoken(live: LiveMeeting, samples: Samples) -> None:
    """Offer five seconds at a time: a longer backlog would be left to the second pass."""
    done = live.snapshot().elapsed
    for start in range(0, samples.size, 5 * SAMPLE_RATE):
        piece = samples[start : start + 5 * SAMPLE_RATE]
        offer(live, piece)
        done += piece.size / SAMPLE_RATE
        until(partial(recognized, live, done), 60)


def recognized(live: LiveMeeting, seconds: float) -> bool:
    snapshot = live.snapshot()
    return snapshot.elapsed == seconds and snapshot.health.backlog < 0.1


def words_of(live: LiveMeeting) -> list[str]:
    return [word.text for segment in live.snapshot().segments for word in segment.words]


def begin(service: MeetingService) -> LiveMeeting:
    live = service.live(service.start("Meeting"))
    assert live is not None
    return live


def test_words_go_on_without_speakers_and_speakers_come_back(
    service: MeetingService,
    old_loader: Callable[[], None],
    sample_audio: Samples,
    sample_paths: SamplePaths,
) -> None:
    live = begin(service)
    offer(live, sample_audio[:HALF])
    until(lambda: live.snapshot().elapsed == 15.0)

    models = service.load_models()
    assert models.mode is Mode.TRANSCRIPTION_ONLY
    assert "another generation of pyannote.audio" in models.reason
    assert "'introspection'" in models.rungs_left[0].reason
    until(lambda: recognized(live, 15.0), 60)
    before = words_of(live)
    assert len(before) >= 3, "what was said before the models were there is transcribed too"
    until(lambda: service.store.get(live.meeting_id).mode is Mode.TRANSCRIPTION_ONLY)

    old_loader()
    assert service.retry_models().mode is Mode.FULL
    offer_as_spoken(live, sample_audio[HALF:])
    snapshot = live.snapshot()
    assert words_of(live)[: len(before)] == before, "committed words are kept"
    assert snapshot.health.chunk_errors == 0
    assert {segment.speaker for segment in snapshot.segments} == {None}, "it keeps its models"
    live.stop()
    assert live.join(60)
    assert wer(service.store.transcript(live.meeting_id), sample_paths) <= 0.30
    folder = service._settings.recordings_dir / live.meeting_id
    assert RecordingReader(folder).n_samples == sample_audio.size, "no sample is lost"

    until(lambda: service.store.get(live.meeting_id).state is MeetingState.DONE, 120)
    final = service.store.transcript(live.meeting_id)
    assert {speaker.label for speaker in final.speakers} == {"S1", "S2"}, (
        "the second pass finds them"
    )

    after = begin(service)
    offer_as_spoken(after, sample_audio[:HALF])
    assert {segment.speaker for segment in after.snapshot().segments} & {"S1", "S2"}
    after.stop()
    assert after.join(60)


def test_it_is_diagnosed_before_any_load_and_named_afterwards(
    service: MeetingService,
    old_loader: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = {"pyannote-audio": "2.1.1"}
    real = quick_facts(service._settings)
    monkeypatch.setattr(
        "meetcore.diagnostics.facts.installed.installed_versions",
        lambda: {**real.versions, **versions},
    )
    expected = diagnose(quick_facts(service._settings))
    found = {each.rule: each for each in expected.findings}["introspection"]
    assert found.verdict is Verdict.RED and "3.0.0" in found.found and "2.1.1" in found.found
    assert (expected.mode, expected.loaded) == (Mode.TRANSCRIPTION_ONLY, False)

    monkeypatch.undo()
    loaded = diagnose(replace(quick_facts(service._settings), models=service.load_models()))
    assert (loaded.mode, loaded.loaded) == (expected.mode, True)
    (full, words, _) = loaded.rungs
    assert (full.state, words.state) == (RungState.LEFT, RungState.IN_FORCE)
    assert full.rule == "introspection" and "requirements.txt" in full.command
