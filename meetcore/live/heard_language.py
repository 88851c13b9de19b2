"""Whether a meeting sounds like a language that its English-only recognizer cannot write."""

from __future__ import annotations

import threading
from collections.abc import Callable

from meetcore.models.identifier import Identifier
from meetcore.models.identifier_session import IdentifierSession
from meetcore.records import SAMPLE_RATE, ReadSamples, Samples
from meetcore.settings import Settings
from meetcore.supervised import guarded
from meetcore.text.languages import MULTILINGUAL_WEIGHT, name_of
from meetcore.weights.resolver import WeightResolver

LISTENED_S = 10.0
"""Seconds from the first word on that are listened to."""
SURE = 0.8
"""Least probability of another language; more is left of it where English is mixed in."""


class HeardLanguage:
    """Listens once, on a thread of its own, where no language was chosen for the meeting.

    Only where the multilingual weight is on this machine already: nothing is fetched for it.

    Parameters
    ----------
    language : what was chosen for the meeting
    on_found : called with one sentence, on that thread
    """

    def __init__(
        self, language: str | None, settings: Settings, on_found: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._on_found = on_found
        self._is_due = language is None
        self.thread: threading.Thread | None = None

    def look(self, identifier: Identifier, session: IdentifierSession, read: ReadSamples) -> None:
        """Begin to listen as soon as there is enough speech; called with every chunk."""
        if not self._is_due:
            return
        segments = session.segments()
        if not segments or session.processed_samples < _samples(segments[0].start + LISTENED_S):
            return
        self._is_due = False
        resolver = WeightResolver(self._settings.cache_dir, offline=True)
        if identifier.models.languages != ("en",) or not resolver.cached(MULTILINGUAL_WEIGHT):
            return
        begin = _samples(segments[0].start)
        samples = read(begin, begin + _samples(LISTENED_S))
        self.thread = threading.Thread(
            target=self._listen, args=(identifier, samples), name="heard-language", daemon=True
        )
        self.thread.start()

    def _listen(self, identifier: Identifier, samples: Samples) -> None:
        with guarded("language of a meeting"):
            found = identifier.language_probabilities(samples)
            code = max(found, key=lambda each: found[each], default="en")
            if code != "en" and found[code] >= SURE:
                weight = identifier.models.live_weight
                self._on_found(
                    f"This sounds like {name_of(code)}, and {weight} writes English only: stop, and"
                    f" start again with {name_of(code)} chosen. Of what was said so far, “Run"
                    " again” makes a transcript afterwards."
                )


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)
