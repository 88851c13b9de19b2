"""Loading the models once more, beside the pages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from meetcore.errors import MeetcoreError

logger = logging.getLogger(__name__)

UNEXPECTED = "The models did not load; the server's log says why."


@dataclass(frozen=True, slots=True)
class AttemptView:
    """How the last attempt went."""

    running: bool = False
    began: datetime | None = None
    ended: datetime | None = None
    trouble: str = ""


class Attempt:
    """Owns the thread of an attempt; all tabs see the same one.

    Parameters
    ----------
    load : loads the models anew; blocks for seconds
    """

    def __init__(self, load: Callable[[], object]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._view = AttemptView()

    @property
    def running(self) -> bool:
        """Whether an attempt goes on."""
        return self._view.running

    def snapshot(self) -> AttemptView:
        """How it stands."""
        return self._view

    def start(self) -> bool:
        """Begin; False where one goes on already."""
        with self._lock:
            if self._view.running:
                return False
            self._view = AttemptView(running=True, began=datetime.now(UTC))
        threading.Thread(target=self._run, name="retry-models", daemon=True).start()
        return True

    def _run(self) -> None:
        """The except is broad because this is the top of a thread."""
        trouble = ""
        try:
            self._load()
        except MeetcoreError as error:
            trouble = str(error)
        except Exception:
            logger.exception("the models did not load")
            trouble = UNEXPECTED
        self._view = replace(self._view, running=False, ended=datetime.now(UTC), trouble=trouble)
