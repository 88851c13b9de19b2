"""A voice is enrolled from the audio of the passages that the corrected transcript gives it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from meetcore.diarization.verification.matching import VoicePrint
from meetcore.profiles import enrolment
from meetcore.profiles.known_voices import KnownVoices
from meetcore.records import Stage, Transcript, Turn
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.reattribution import turns_of_segments
from tests.store.test_library import said

LINES = (
    said(0, "one two three four", "S1"),
    said(5, "five six seven eight", "S2"),
    said(10, "nine ten", "S1"),
)


def test_a_passage_given_to_another_speaker_is_heard_as_that_speaker(
    store: MeetingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting_id = store.create_meeting("Any").id
    store.replace_transcript(meeting_id, Transcript(LINES, (), Stage.FINAL))
    store.replace_turns(meeting_id, turns_of_segments(LINES))
    heard: list[tuple[Turn, ...]] = []

    def enroll(read: Any, spans: tuple[Turn, ...], embedding: Any) -> VoicePrint:
        heard.append(spans)
        return VoicePrint(np.full(4, 0.5, dtype=np.float32), 5.0)

    monkeypatch.setattr(enrolment, "enroll", enroll)
    diarizer = SimpleNamespace(embedding=SimpleNamespace(weight="campplus"))
    loaded = SimpleNamespace(diarizer=diarizer, models=None)
    voices = enrolment.Enrolment(
        store,
        SimpleNamespace(recordings_dir=tmp_path),  # type: ignore[arg-type]
        lambda: contextlib.nullcontext(loaded),  # type: ignore[arg-type, return-value]
        KnownVoices(store),
    )
    voices.enroll(meeting_id, "S2", "Ana")
    store.edits.assign(meeting_id, [2], "S2")
    voices.enroll(meeting_id, "S2", "Ana")
    voices.enroll(meeting_id, "S1", "Bo")
    spans = [[(each.start, each.end) for each in found] for found in heard]
    first, second, third = [(line.start, line.end) for line in LINES]
    assert spans == [[second], [second, third], [first]]
