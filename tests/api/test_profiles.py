"""The list of remembered voices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from starlette.testclient import TestClient

from meetcore.records import VoiceClip
from tests.pages.fake_backend import FakeService
from tests.pages.fake_library import profile


def test_voices_come_by_name_without_their_prints(client: TestClient, service: FakeService) -> None:
    known = service.store.profiles.profiles
    known["p2"] = profile("p2", "zoe", VoiceClip("gone", 1.0, 5.0))
    known["p1"] = profile("p1", "Ada", duration=190.04)
    voices = client.get("/api/profiles").json()["voices"]
    assert [voice["name"] for voice in voices] == ["Ada", "zoe"]
    assert voices[0]["seconds"] == 190.0 and voices[0]["meetings"] == 2
    assert voices[1]["clip"] is None, "the meeting it was heard in is gone"
    assert all("embedding" not in voice for voice in voices)


def test_a_clip_is_a_stretch_of_a_recording(
    client: TestClient, service: FakeService, tmp_path: Path
) -> None:
    recording = tmp_path / "recordings" / "d1" / "audio.flac"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"fLaC")
    meeting = replace(service.store.meetings["d1"], audio_path="d1/audio.flac")
    service.store.meetings["d1"] = meeting
    clips = (VoiceClip("d1", 1.0, 1.5), VoiceClip("d1", 3.0, 50.0))
    service.store.profiles.profiles["p1"] = profile("p1", "Ada", *clips)
    (voice,) = client.get("/api/profiles").json()["voices"]
    assert voice["clip"] == {
        "address": "/recordings/d1#t=3.00,15.00",
        "start": 3.0,
        "end": 15.0,
        "title": "Spring budget",
    }
