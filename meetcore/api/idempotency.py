"""Keeps recent responses, so that a request sent twice is run once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from meetcore.api.responses import Answer, RefusedError, refusal

KEPT = 2000
"""Answers kept; a page repeats a request within minutes, not after thousands of others."""
WAIT_S = 60.0
"""How long a repeated request waits for the first one's answer."""


class RecentAnswers:
    """The latest answers by the key that came with their request; safe from several threads.

    They are of this process: the store keeps the keys of edits over a restart.
    """

    def __init__(self, kept: int = KEPT, wait_s: float = WAIT_S) -> None:
        self._kept = kept
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Future[Answer]] = OrderedDict()

    def once(self, key: str, act: Callable[[], Answer]) -> Answer:
        """The answer of `act`, which runs for the first request with a key only.

        A second request that comes while the first is being carried out waits for its answer, and
        gets 503 after `wait_s` seconds. Answers of status 500 and above are not kept, so that the
        request may be tried again.
        """
        with self._lock:
            known = self._answers.get(key)
            if known is None:
                mine = self._answers[key] = Future[Answer]()
                while len(self._answers) > self._kept:
                    self._answers.popitem(last=False)
        if known is not None:
            return self._answer_of(known)
        try:
            answer = act()
        except BaseException as error:
            mine.set_exception(error)
            self._forget(key)
            raise
        mine.set_result(answer)
        if answer.status >= 500:
            self._forget(key)
        return answer

    def _answer_of(self, first: Future[Answer]) -> Answer:
        try:
            return first.result(self._wait_s)
        except TimeoutError:
            text = "The server is still busy with this change. Wait a moment, then try again."
            return refusal(RefusedError(text, 503))

    def _forget(self, key: str) -> None:
        with self._lock:
            self._answers.pop(key, None)
