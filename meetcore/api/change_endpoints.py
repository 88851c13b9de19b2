"""Makes endpoints that change data: JSON body checked, run once per idempotency key."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from meetcore.api.get_service import GetService, require_service
from meetcore.api.idempotency import RecentAnswers
from meetcore.api.request_body import json_body, path_id
from meetcore.api.responses import UNEXPECTED, Answer, RefusedError, refusal
from meetcore.errors import MeetcoreError
from meetcore.service.protocol import ServiceProtocol
from meetcore.text.lines import typed_line
from meetcore.text.names import LONGEST_NAME, LONGEST_TITLE

logger = logging.getLogger(__name__)

KEY_HEADER = "idempotency-key"
"""A name the page gives a request, so that one that is sent twice counts once."""
KEY = re.compile(r"[0-9A-Za-z-]{8,64}")
LARGEST_BODY_BYTES = 2**20
"""A passage typed anew fits by far: four hours of talk are a quarter of this."""

LONGEST_SENTENCE = 300
OneLine = Annotated[str, AfterValidator(typed_line)]
"""Text without line breaks and control characters."""
Title = Annotated[OneLine, Field(max_length=LONGEST_TITLE)]
Name = Annotated[OneLine, Field(max_length=LONGEST_NAME)]
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]
Endpoint = Callable[[Request], Awaitable[Response]]
Asked = TypeVar("Asked")


class Body(BaseModel):
    """A request's JSON object: no unknown fields, no types that are only alike."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoFields(Body):
    """The body of a request whose address says all."""


class Actions:
    """Makes endpoints that change something, over one service and one memory of answers."""

    def __init__(self, service: GetService) -> None:
        self._service = service
        self._answers = RecentAnswers()

    def endpoint(
        self,
        body: type[Asked] | TypeAdapter[Asked],
        act: Callable[[ServiceProtocol, str, Asked], dict[str, Any]],
    ) -> Endpoint:
        """A Starlette endpoint for an address with one `{id}`.

        Parameters
        ----------
        body : the type of the JSON body
        act : called on a thread with the service, the id and the body; gives the answer's body
        """
        return self.endpoint_with_key(
            body, lambda service, about, asked, key: act(service, about, asked)
        )

    def endpoint_with_key(
        self,
        body: type[Asked] | TypeAdapter[Asked],
        act: Callable[[ServiceProtocol, str, Asked, str], dict[str, Any]],
    ) -> Endpoint:
        """The same for an `act` that also takes the request's key, "" where it has none."""
        reader = body if isinstance(body, TypeAdapter) else TypeAdapter(body)

        async def answer(request: Request) -> Response:
            try:
                about = path_id(request)
                asked = read(reader, await json_body(request, LARGEST_BODY_BYTES))
                key = key_of(request)
            except RefusedError as error:
                return refusal(error).response()
            whole_key = f"{request.method} {request.url.path} {key}" if key else ""
            done = await run_in_threadpool(
                self._carry_out,
                whole_key,
                lambda: act(require_service(self._service), about, asked, key),
            )
            return done.response()

        return answer

    def _carry_out(self, key: str, act: Callable[[], dict[str, Any]]) -> Answer:
        def attempt() -> Answer:
            try:
                return Answer(act())
            except MeetcoreError as error:
                logger.warning("a request was refused: %s", type(error).__name__)
                return refusal(error)
            except Exception:  # top of a request
                logger.exception("a request failed")
                return refusal(UNEXPECTED)

        return self._answers.once(key, attempt) if key else attempt()


def read(reader: TypeAdapter[Asked], body: bytes) -> Asked:
    """The body as a typed record.

    Raises
    ------
    RefusedError
        A field is missing, unknown, or not of its type; the sentence names the first one.
    """
    try:
        return reader.validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the request"
        # A field's name, and what a message quotes, may be of any length.
        reason = typed_line(f"{field}: {first['msg']}")[:LONGEST_SENTENCE]
        raise RefusedError(
            f"This cannot be saved: {reason}. Reload the page, then try again.", 400
        ) from error


def key_of(request: Request) -> str:
    """The request's key, "" where it has none.

    Raises
    ------
    RefusedError
        The key has another form than those of our pages; reload the page.
    """
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return ""
    if not KEY.fullmatch(key):
        raise RefusedError("This request's key is not valid: reload the page.", 400)
    return key
