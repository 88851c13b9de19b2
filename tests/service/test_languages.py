"""Languages that are chosen for a job, a meeting or all, and the weight that writes them."""

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


def test_an_upload_in_an_unknown_language_is_refused_and_leaves_nothing(
    service: MeetingService, tmp_path: Path
) -> None:
    file = tmp_path / "talk.wav"
    file.write_bytes(b"RIFF")
    for asked in ("xx", "de,xx"):
        with pytest.raises(ModelUnavailableError, match="'xx' is no language code that Whisper"):
            service.import_file(file, "talk.wav", JobOptions(language=asked))
    assert file.exists() and service.store.list_meetings() == []


@pytest.mark.parametrize(
    ("asked", "stored"), [("German", "de"), ("German, EN", "de,en"), ("auto", None), (None, None)]
)
def test_a_job_keeps_the_languages_that_were_chosen(
    service: MeetingService, asked: str | None, stored: str | None
) -> None:
    meeting_id = uploaded(service)
    ended(service, meeting_id)
    service.retry(meeting_id, JobStage.RECOGNIZING, JobOptions(language=asked))
    assert job_of(service, meeting_id).options.language == stored
    ended(service, meeting_id)


def test_a_live_meeting_in_a_language_that_no_weight_here_writes_is_refused(
    store: MeetingStore, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, cache_dir=tmp_path / "cache")
    english = ModelsInUse(Mode.FULL, "tiny.en · x · cpu int8")
    for models in (english, None):
        for language in ("de", "en,de"):
            with pytest.raises(ModelUnavailableError) as refused:
                checked_language(language, settings, models)
            said = str(refused.value)
            assert "writes English only, not German. base can" in said
            assert "weights pull base" in said and "148 MB" in said


@pytest.mark.model
def test_a_live_meeting_in_another_language_takes_the_weight_that_writes_it() -> None:
    english = ModelsInUse(Mode.FULL, "tiny.en · x · cpu int8")
    assert checked_language("German or English", Settings(_env_file=None), english) == "de,en"


@pytest.mark.parametrize(
    ("language", "models", "code"),
    [
        ("german", ModelsInUse(Mode.FULL, "base · x · cpu int8", languages=("en", "de")), "de"),
        ("de", ModelsInUse(Mode.RECORDING_ONLY), "de"),
        (None, None, None),
        ("auto", ModelsInUse(Mode.FULL, "base.en · x · cpu int8"), None),
        ("EN", ModelsInUse(Mode.FULL, "base.en · x · cpu int8"), "en"),
        ("en,de", ModelsInUse(Mode.FULL, "base · x · cpu int8", languages=("en", "de")), "en,de"),
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


@pytest.mark.parametrize(
    ("text", "choice"),
    [("German", "de"), ("de,en", "de,en"), (" de ; English ", "de,en"), ("auto", None), ("", None)],
)
def test_the_setting_names_one_language_or_a_few(
    monkeypatch: pytest.MonkeyPatch, text: str, choice: str | None
) -> None:
    monkeypatch.setenv("MEETCORE_LANGUAGE", text)
    assert load_settings().language == choice


def test_a_setting_that_is_no_language_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEETCORE_LANGUAGE", "de,xx")
    with pytest.raises(SettingsError, match="'xx' is no language code that Whisper knows"):
        load_settings()


@pytest.mark.parametrize(
    ("weight", "language", "tried"),
    [
        ("base", "de", ["base"]),
        ("base", None, ["base"]),
        ("base", "en", ["base", "tiny.en"]),
        ("base.en", None, ["base.en", "tiny.en"]),
        ("large-v3", "fr", ["large-v3", "base"]),
        ("base.en", "fr", ["base"]),
        ("base.en", "en,fr", ["base"]),
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
