"""Names of a running meeting's speakers: given, removed, merged, and saved once the store works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.diarization.verification.matching import ProfileMatch
from meetcore.errors import StoreError
from meetcore.live.persistence import TranscriptSaver
from meetcore.live.speaker_names import SpeakerNames
from meetcore.models.error_counter import ErrorCounter
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import (
    SAMPLE_RATE,
    RejectedText,
    Speaker,
    Stage,
)
from tests.support.stand_ins import (
    ClockTurns,
    ClockWords,
    RefusingStore,
)


@pytest.fixture
def meeting_id(store: RefusingStore) -> str:
    found: str = store.create_meeting("Names").id
    return found


@pytest.fixture
def names(store: RefusingStore, meeting_id: str) -> SpeakerNames:
    return SpeakerNames(store, meeting_id)  # type: ignore[arg-type]


@pytest.fixture
def saver(store: RefusingStore, meeting_id: str, names: SpeakerNames) -> Iterator[TranscriptSaver]:
    made = TranscriptSaver(store, meeting_id, names, ErrorCounter())  # type: ignore[arg-type]
    made.start()
    yield made
    store.refused = set()
    made.stop()


def save(saver: TranscriptSaver, session: IdentifierSession, duration: float = 0.0) -> bool:
    """Hand over what is new, and wait for it."""
    saver.put(session, duration)
    return saver.wait()


def saved_names(store: Any, meeting_id: str) -> dict[str, str | None]:
    return {speaker.label: speaker.name for speaker in store.speakers(meeting_id)}


def session() -> IdentifierSession:
    return IdentifierSession("m", ClockWords(), ClockTurns())


def test_a_profile_names_one_speaker(
    names: SpeakerNames, store: RefusingStore, meeting_id: str
) -> None:
    store.ensure_speakers(meeting_id, ["S1", "S2", "S3"])
    found = ProfileMatch("p", "Ada", 0.9)
    names.set_match("S1", found)
    names.save(["S1", "S2"])
    names.set_match("S2", found)
    assert [names.speaker(label).name for label in ("S1", "S2")] == [None, "Ada"]
    names.save(["S1", "S2"])
    assert saved_names(store, meeting_id) == {"S1": None, "S2": "Ada", "S3": None}
    names.rename("S3", "ada")
    names.set_match("S1", found)
    assert [names.speaker(label).name for label in ("S1", "S2", "S3")] == [None, None, "ada"]
    names.save(["S1", "S2", "S3"])
    assert saved_names(store, meeting_id) == {"S1": None, "S2": None, "S3": "ada"}


def test_name_is_trimmed_and_can_be_removed(
    names: SpeakerNames, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S1", "  Ada ")
    assert (names.speaker("S1").name, saved_names(store, meeting_id)) == ("Ada", {"S1": "Ada"})
    names.rename("S1", "   ")
    assert (names.speaker("S1").name, saved_names(store, meeting_id)) == (None, {"S1": None})


def test_name_that_is_not_saved_is_not_shown(names: SpeakerNames, store: RefusingStore) -> None:
    store.refused = {"rename_speaker"}
    with pytest.raises(StoreError):
        names.rename("S1", "Ada")
    assert names.speaker("S1").name is None


def test_merge_moves_the_name_to_the_label_that_stays(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S3", "Ada")
    names.merge([("S3", "S1")])
    assert save(saver, session())
    assert (names.speaker("S1").name, names.speaker("S3").name) == ("Ada", None)
    assert saved_names(store, meeting_id) == {"S1": "Ada", "S3": None}


def test_merge_of_two_named_voices_keeps_the_name_of_the_label_that_stays(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S1", "Grace")
    names.rename("S2", "Ada")
    names.merge([("S2", "S1")])
    assert save(saver, session())
    assert saved_names(store, meeting_id) == {"S1": "Grace", "S2": None}


@pytest.mark.parametrize(
    "merges", [[("S2", "S1"), ("S3", "S2")], [("S3", "S2"), ("S2", "S1")], [("S3", "S2")]]
)
def test_name_follows_a_chain_of_merges(names: SpeakerNames, merges: list[tuple[str, str]]) -> None:
    names.rename("S3", "Ada")
    names.merge(merges)
    assert names.speaker("S1" if len(merges) > 1 else "S2").name == "Ada"
    assert names.speaker("S3").name is None


def test_renaming_a_label_that_was_just_merged_names_its_voice(
    names: SpeakerNames, store: RefusingStore, meeting_id: str
) -> None:
    """The page that a person clicks on is half a second old."""
    names.merge([("S2", "S1")])
    names.rename("S2", "Ada")
    assert names.speaker("S1").name == "Ada"
    assert saved_names(store, meeting_id) == {"S1": "Ada"}


def test_label_that_is_merged_while_its_name_is_written(
    names: SpeakerNames,
    saver: TranscriptSaver,
    store: RefusingStore,
    meeting_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = store._store.rename_speaker

    def merged_meanwhile(*arguments: Any) -> None:
        monkeypatch.setattr(store._store, "rename_speaker", write)
        write(*arguments)
        names.merge([("S2", "S1")])

    monkeypatch.setattr(store._store, "rename_speaker", merged_meanwhile)
    names.rename("S2", "Ada")
    assert (names.speaker("S1").name, names.speaker("S2").name) == ("Ada", None)
    assert save(saver, session())
    assert saved_names(store, meeting_id) == {"S1": "Ada", "S2": None}


def test_merge_while_the_store_refuses_is_saved_later(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    names.rename("S2", "Ada")
    store.refused = {"*"}
    names.merge([("S2", "S1")])
    assert names.speaker("S1").name == "Ada"
    assert not save(saver, session())
    store.refused = set()
    assert saver.stop()
    assert saved_names(store, meeting_id) == {"S1": "Ada", "S2": None}


def test_enrolled_voice_names_a_label_unless_a_person_has(
    names: SpeakerNames, saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    profile = store.profiles.add("Ada", "clock", np.ones(4, np.float32) / 2, 30.0, None)
    found = ProfileMatch(profile.id, "Ada", 0.9)
    heard = session()
    heard.process_audio_chunk(np.zeros(8 * SAMPLE_RATE, dtype=np.float32), 0.0)
    names.rename("S2", "Grace")
    for label in ("S1", "S2"):
        names.set_match(label, found)
    assert names.speaker("S1") == Speaker("S1", "Ada", 0.9, profile.id)
    assert names.speaker("S2") == Speaker("S2", "Grace")
    assert save(saver, heard, 8.0)
    assert saver.stop()
    assert {each.label: each for each in store.speakers(meeting_id)} == {
        "S1": Speaker("S1", "Ada", 0.9, profile.id),
        "S2": Speaker("S2", "Grace"),
    }
    names.rename("S1", "")
    names.set_match("S1", found)
    assert names.speaker("S1") == Speaker("S1"), "a person removed the name"


def test_rejected_text_is_saved_after_a_failed_write(
    saver: TranscriptSaver, store: RefusingStore, meeting_id: str
) -> None:
    class Rejecting(ClockWords):
        def push(self, samples: Any) -> StreamUpdate:
            return StreamUpdate(rejected=(RejectedText(0.0, 1.0, "you", "no speech"),))

    heard = IdentifierSession("m", Rejecting(), None)
    heard.process_audio_chunk(np.zeros(160, dtype=np.float32), 0.0)
    store.refused = {"add_rejected"}
    assert not save(saver, heard)
    store.refused = set()
    saver.put(heard, 0.0)
    assert saver.stop()
    kept = store.transcript(meeting_id, Stage.PROVISIONAL).rejected
    assert [text.text for text in kept] == ["you"]
