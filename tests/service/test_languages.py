"""A language that the weight cannot write is refused at every door, before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from meetcore.errors import ModelUnavailableError, SettingsError
from meetcore.models.rungs import Loaders, load_final_recognizer
from meetcore.records import JobOptions, JobStage, Mode, ModelsInUse
from meetcore.service.meeting_service import MeetingService
from meetcore.service.running_meetings import checked_language
from meetcore.settings import Settings, load_settings
from meetcore.store.meetings import MeetingStore
from tests.jobs.helpers import ended, job_of, uploaded
from tests.support.stand_ins import StandIn

NOT_GERMAN = "base.en writes English only, not German; base can: choose it, or English."


def test_an_upload_in_another_language_is_refused_and_leaves_nothing(
    service: MeetingService, tmp_path: Path
) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(b"RIFF")
    for options in (JobOptions(language="de"), JobOptions(language="German")):
        with pytest.raises(ModelUnavailableError, match="base can"):
            service.import_file(file, "talk.wav", options)
    with pytest.raises(ModelUnavailableError, match="'xx' is no language code that Whisper"):
        service.import_file(file, "talk.wav", JobOptions(language="xx"))
    assert file.exists() and service.store.list_meetings() == []


def test_a_retry_in_another_language_is_refused_and_keeps_the_job(
    service: MeetingService, identifier: StandIn
) -> None:
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    before = job_of(service, meeting_id)
    with pytest.raises(ModelUnavailableError) as refused:
        service.retry(meeting_id, JobStage.RECOGNIZING, JobOptions(language="de"))
    assert str(refused.value) == NOT_GERMAN
    assert job_of(service, meeting_id) == before


def test_a_live_meeting_in_another_language_is_refused(service: MeetingService) -> None:
    with pytest.raises(ModelUnavailableError, match="writes English only, not German"):
        service.start("Monday", "de")
    with pytest.raises(ModelUnavailableError, match="no language code"):
        service.start("Monday", "klingon")
    assert service.store.list_meetings() == []


@pytest.mark.parametrize(
    ("language", "models", "code"),
    [
        ("german", ModelsInUse(Mode.FULL, "base · x · cpu int8", languages=("en", "de")), "de"),
        ("de", ModelsInUse(Mode.RECORDING_ONLY), "de"),
        (None, None, None),
        ("auto", ModelsInUse(Mode.FULL, "base.en · x · cpu int8"), None),
        ("EN", ModelsInUse(Mode.FULL, "base.en · x · cpu int8"), "en"),
    ],
)
def test_what_a_new_meeting_takes(
    language: str | None, models: ModelsInUse | None, code: str | None
) -> None:
    assert checked_language(language, Settings(_env_file=None), models) == code


@pytest.mark.parametrize(
    ("language", "code"),
    [(None, "de"), ("", "de"), ("auto", None), ("AUTO", None), ("en", "en"), ("German", "de")],
)
def test_what_a_new_meeting_takes_beside_a_setting(language: str | None, code: str | None) -> None:
    settings = Settings(_env_file=None, language="de", recognizer="base")
    models = ModelsInUse(Mode.FULL, "base · x · cpu int8", languages=("en", "de"))
    for loaded in (None, models):
        assert checked_language(language, settings, loaded) == code


def test_the_setting_is_checked_with_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEETCORE_LANGUAGE", "German")
    with pytest.raises(SettingsError, match=r"base\.en writes English only, not German"):
        load_settings()
    monkeypatch.setenv("MEETCORE_RECOGNIZER", "base")
    assert load_settings().language == "de"
    monkeypatch.setenv("MEETCORE_LIVE_RECOGNIZER", "tiny.en")
    with pytest.raises(SettingsError, match=r"tiny\.en writes English only"):
        load_settings()
    monkeypatch.setenv("MEETCORE_LANGUAGE", "xx")
    with pytest.raises(SettingsError, match="no language code that Whisper knows"):
        load_settings()


@pytest.mark.parametrize(
    ("weight", "language", "tried"),
    [
        ("base", "de", ["base"]),
        ("base", None, ["base"]),
        ("base", "en", ["base", "tiny.en"]),
        ("base.en", None, ["base.en", "tiny.en"]),
        ("large-v3", "fr", ["large-v3", "base"]),
    ],
)
def test_a_failing_weight_is_replaced_by_one_that_writes_the_language(
    weight: str, language: str | None, tried: list[str]
) -> None:
    asked: list[str] = []

    def fail(name: str, threads: int) -> None:
        asked.append(name)
        raise ModelUnavailableError(f"{name} is not here.")

    loaders = Loaders(fail, fail, fail)  # type: ignore[arg-type]
    assert load_final_recognizer(weight, loaders, language=language).model is None
    assert asked == tried


def test_the_second_pass_of_a_meeting_keeps_the_language_that_was_chosen(
    store: MeetingStore, service: MeetingService
) -> None:
    """A language that an earlier pass detected is no choice: the next pass detects it again."""
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    assert store.get(meeting_id).language == "en"
    assert job_of(service, meeting_id).options.language is None
