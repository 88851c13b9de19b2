"""The browser's WebRTC offer and the ICE servers, for both WebRTC routes."""

from __future__ import annotations

from typing import Annotated, Literal

from aiortc import RTCConfiguration, RTCIceServer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from meetcore.api.request_body import json_body
from meetcore.api.responses import RefusedError
from meetcore.settings import Settings

LONGEST_OFFER = 100_000


class Offer(BaseModel):
    """A session description (https://www.rfc-editor.org/rfc/rfc8829), and the tab that sends it."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    sdp: Annotated[str, Field(min_length=1, max_length=LONGEST_OFFER)]
    type: Literal["offer"]
    tab: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


async def read_offer(request: Request) -> Offer:
    """The offer in a request.

    Raises
    ------
    RefusedError
        It is not sent as JSON, is too long, or lacks a field.
    """
    body = await json_body(request, LONGEST_OFFER)
    try:
        return Offer.model_validate_json(body)
    except ValidationError as error:
        raise RefusedError("The offer cannot be read.", 400) from error


def rtc_configuration(settings: Settings) -> RTCConfiguration:
    """The ICE servers of the settings; without any, no server on the internet is contacted."""
    return RTCConfiguration(
        iceServers=[
            RTCIceServer(**server.model_dump(exclude_none=True)) for server in settings.ice_servers
        ]
    )
