"""Which weight writes a meeting's languages is stored with it and shown while it runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from meetcore.errors import ModelUnavailableError
from meetcore.live.borrowed_models import BorrowedModels
from meetcore.records import ModelsInUse
from meetcore.service.meeting_service import MeetingService
from tests.support.stand_ins import StandIn

NOTE = "live writes English only, not German. base writes instead."


def borrowed(service: MeetingService) -> BorrowedModels:
    meeting = service.store.create_meeting("Montag", language="de,en")
    return BorrowedModels(meeting, service._meetings._resources, lambda name, duty: duty())


def test_a_weight_that_stepped_in_is_named_and_stored(
    service: MeetingService, identifier: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def models_for(language: str | None) -> ModelsInUse:
        assert language == "de,en"
        return replace(identifier.models, live_recognizer="base", reason=NOTE)

    monkeypatch.setattr(identifier, "models_for", models_for)
    loan = borrowed(service)
    assert loan.open_session() is not None
    assert loan.language_note == NOTE
    (meeting,) = service.store.list_meetings()
    assert meeting.recognizer == "base"
    loan.release()


def test_the_usual_weight_needs_no_word(service: MeetingService) -> None:
    loan = borrowed(service)
    assert loan.open_session() is not None and loan.language_note == ""
    loan.release()


def test_where_no_weight_can_write_the_meeting_records_and_says_why(
    service: MeetingService, identifier: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def models_for(language: str | None) -> ModelsInUse:
        raise ModelUnavailableError("base could not be loaded. Fetch it again.")

    monkeypatch.setattr(identifier, "models_for", models_for)
    loan = borrowed(service)
    assert loan.open_session() is None
    assert loan.language_note == "base could not be loaded. Fetch it again."
    monkeypatch.undo()
    assert loan.open_session() is not None and loan.language_note == ""
    loan.release()
