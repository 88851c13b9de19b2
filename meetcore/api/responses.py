"""JSON responses: a body with a status, or an error with the rule that explains it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.responses import JSONResponse

from meetcore.diagnostics.rules.registry import explain
from meetcore.errors import (
    AudioDecodeError,
    MeetcoreError,
    MeetingNotFoundError,
    NoSpaceError,
    StoreUnavailableError,
)


class RefusedError(MeetcoreError):
    """A request that is not carried out; the text can be shown to the user.

    Parameters
    ----------
    status : the HTTP status of the answer
    """

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


UNEXPECTED = RefusedError("Something went wrong on the server; its log says what. Try again.", 500)
"""The answer where an error is not one of Meetcore's."""


class PartlySavedError(RefusedError):
    """The main part of a change is saved, what was asked for with it is not.

    The answer says so (`saved`): changes that followed this one are still right.
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON object, ready to be sent, also a second time."""

    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200

    def response(self) -> JSONResponse:
        """The HTTP response."""
        return JSONResponse(self.body, status_code=self.status)


def refusal(error: MeetcoreError) -> Answer:
    """The error's sentence, and the id of the diagnostics rule that explains it ("" without one).

    >>> refusal(MeetingNotFoundError("There is no such meeting.")).status
    404
    """
    rule = explain(str(error))
    body: dict[str, Any] = {"trouble": str(error), "rule": rule.id if rule else ""}
    if isinstance(error, PartlySavedError):
        body["saved"] = True
    return Answer(body, status_of(error))


_STATUS: dict[type[MeetcoreError], int] = {
    MeetingNotFoundError: 404,
    AudioDecodeError: 422,
    NoSpaceError: 507,
    StoreUnavailableError: 503,
}


def status_of(error: MeetcoreError) -> int:
    """The HTTP status for an error of Meetcore's."""
    if isinstance(error, RefusedError):
        return error.status
    found = (code for kind, code in _STATUS.items() if isinstance(error, kind))
    return next(found, 409)
