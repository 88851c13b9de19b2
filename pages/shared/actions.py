"""What a person asked for in an element of ours, passed on to the service once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from meetcore.text.names import LONGEST_NAME
from pages.shared import notice, state

Asked = Mapping[str, Any]
Handlers = Mapping[str, Callable[[Asked], object]]

EVENT = "act"


def callback(key: str, handlers: Handlers) -> Callable[[], None]:
    """The callback of an element that repeats each wish until it is heard."""

    def acted() -> None:
        asked = state.component_value(key, EVENT)
        if asked and state.hear(str(asked.get("nonce"))):
            handle(asked, handlers)

    return acted


def handle(asked: Asked, handlers: Handlers) -> None:
    """Do what was asked; what the service refuses is told by the page's `trouble`."""
    handler = handlers.get(str(asked.get("kind")))
    if handler is not None:
        with notice.told():
            handler(asked)


def named(asked: Asked, longest: int = LONGEST_NAME) -> str:
    """The name a person typed, without the space around it."""
    return str(asked.get("name", "")).strip()[:longest]


def common() -> dict[str, Any]:
    """What each such element needs besides its own data: what was heard, and what went wrong."""
    trouble = state.take_trouble()
    return {
        "heard": state.heard(),
        "trouble": trouble,
        "rule": notice.rule_of(trouble) if trouble else "",
    }
