"""POST /api/meetings/{id}/edits: rename, merge, assign, split, correct, undo, redo.

Each can be undone but for a name given while the meeting runs (`LiveMeeting.rename`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter
from starlette.routing import Route

from meetcore.api.change_endpoints import Actions, Body, Name, OneLine
from meetcore.api.responses import PartlySavedError, status_of
from meetcore.errors import MeetcoreError, MeetingStateError
from meetcore.service.protocol import ServiceProtocol

ROUTE = "/api/meetings/{id}/edits"

LONGEST_PASSAGE = 300_000
LONGEST_WORD = 1000
"""In characters; what is typed for one word may be several."""
Label = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,20}$")]
"""A speaker's label, such as S1."""
Index = Annotated[int, Field(ge=0, le=10_000_000)]


class Rename(Body):
    """Name a speaker, an empty name removes it; with `remember`, recognise the voice later too."""

    kind: Literal["rename"]
    label: Label
    name: Name
    remember: bool = False


class Merge(Body):
    """Two speakers were one person."""

    kind: Literal["merge"]
    label: Label
    into: Label


class Assign(Body):
    """Give a segment to a speaker, for None to a new one."""

    kind: Literal["assign"]
    position: Index
    label: Label | None = None


class Split(Body):
    """Give a segment's words from one on to a speaker, for None to a new one."""

    kind: Literal["split"]
    position: Index
    word: Index
    label: Label | None = None


class Correct(Body):
    """Type a segment anew; `expected` is the text that was seen."""

    kind: Literal["correct"]
    position: Index
    text: Annotated[OneLine, Field(max_length=LONGEST_PASSAGE)]
    expected: Annotated[str, Field(max_length=LONGEST_PASSAGE)] | None = None


class CorrectWord(Body):
    """Type one word of a segment anew; `expected` is the word that was seen."""

    kind: Literal["correct_word"]
    position: Index
    word: Index
    text: Annotated[OneLine, Field(max_length=LONGEST_WORD)]
    expected: Annotated[str, Field(max_length=LONGEST_WORD)] | None = None


class Undo(Body):
    """Take the last step back."""

    kind: Literal["undo"]


class Redo(Body):
    """Do the step again that was taken back last."""

    kind: Literal["redo"]


Edit = Rename | Merge | Assign | Split | Correct | CorrectWord | Undo | Redo
EDIT: TypeAdapter[Edit] = TypeAdapter(Annotated[Edit, Field(discriminator="kind")])


def routes(actions: Actions) -> list[Route]:
    """POST makes one edit; the answer holds the `label` of the speaker that an edit chose."""
    return [Route(ROUTE, actions.endpoint_with_key(EDIT, edit), methods=["POST"])]


def edit(service: ServiceProtocol, meeting_id: str, asked: Edit, key: str) -> dict[str, Any]:
    """Make one edit, once for each key that is not empty.

    Raises
    ------
    MeetingNotFoundError, MeetingStateError
        There is no such meeting, or what is to be changed is not there any more.
    PartlySavedError
        The name is saved; the voice cannot be remembered.
    StoreError
        The database refuses.
    """
    if isinstance(asked, Rename):
        rename(service, meeting_id, asked, key)
        return {}
    edits = service.store.edits.for_request(key)
    match asked:
        case Merge(label=label, into=into):
            edits.merge_speakers(meeting_id, label, into)
        case Assign(position=position, label=chosen):
            return {"label": edits.assign(meeting_id, [position], chosen)}
        case Split(position=position, word=word, label=chosen):
            return {"label": edits.split(meeting_id, position, word, chosen)}
        case Correct(position=position, text=text, expected=expected):
            edits.correct(meeting_id, position, text, expected)
        case CorrectWord(position=position, word=word, text=text, expected=expected):
            edits.correct_word(meeting_id, position, word, text, expected)
        case Undo():
            edits.undo(meeting_id)
        case Redo():
            edits.redo(meeting_id)
    return {}


def rename(service: ServiceProtocol, meeting_id: str, asked: Rename, key: str) -> None:
    """Name a speaker of a running meeting or of a stored one; an empty name removes it.

    Raises
    ------
    MeetingNotFoundError, MeetingStateError
        There is no such meeting, or a voice without a name is to be recognised.
    EnrollmentTooShortError, ModelUnavailableError
        The name is saved; the voice cannot be remembered.
    StoreError, RecordingError
        The database refuses, or the audio of the voice cannot be read.
    """
    if asked.remember and not asked.name:
        raise MeetingStateError("A voice needs a name to be recognised by. Type one.")
    live = service.live(meeting_id)
    if live is not None:
        live.rename(asked.label, asked.name)
        return
    service.store.edits.for_request(key).rename(meeting_id, asked.label, asked.name or None)
    if asked.remember:
        try:
            service.enroll(meeting_id, asked.label, asked.name)
        except MeetcoreError as error:
            raise PartlySavedError(str(error), status_of(error)) from error
