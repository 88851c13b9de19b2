"""The first of several models that holds, and why those before it did not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from meetcore.errors import ModelUnavailableError
from meetcore.installation import REINSTALL

logger = logging.getLogger(__name__)

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Model]):
    """The model that holds, if any, its name, and the reasons of those before it."""

    model: Model | None = None
    name: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """All reasons as one text."""
        return " ".join(self.reasons)


def first_that_holds(choices: Sequence[str], load: Callable[[str], Model]) -> Choice[Model]:
    """Try each choice once, in order.

    The except is broad because a half-installed library raises anything, from ImportError to
    OSError, and no broken model may keep the others, or the recording, from starting.
    """
    reasons: list[str] = []
    for name in dict.fromkeys(choices):
        try:
            return Choice(load(name), name, tuple(reasons))
        except ModelUnavailableError as error:
            logger.warning("%s does not hold: %s", name, error)
            reasons.append(str(error))
        except ModuleNotFoundError as error:
            logger.exception("%s does not load", name)
            reasons.append(f"{name} needs {error.name}, which is not installed; run: {REINSTALL}")
        except Exception as error:
            logger.exception("%s does not load", name)
            reasons.append(
                f"{name} could not be loaded ({type(error).__name__}; the log has the rest)."
            )
    return Choice(reasons=tuple(reasons))
