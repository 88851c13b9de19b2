"""Loads the first of several models that works, and keeps the reasons of those that do not."""

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
    """The model that was loaded, if any, its name, and why those tried before it failed."""

    model: Model | None = None
    name: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def reasons_text(self) -> str:
        """All reasons as one text."""
        return " ".join(self.reasons)


def first_that_loads(choices: Sequence[str], load: Callable[[str], Model]) -> Choice[Model]:
    """Try to load each choice once, in order, until one works; never raises.

    The except is broad because a half-installed library raises anything, from ImportError to
    OSError, and a broken model must not keep the others, or the recording, from starting.

    Parameters
    ----------
    choices : names in order of preference
    load : loads the model of a name
    """
    reasons: list[str] = []
    for name in dict.fromkeys(choices):
        try:
            return Choice(load(name), name, tuple(reasons))
        except ModelUnavailableError as error:
            logger.warning("%s is unavailable: %s", name, error)
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
