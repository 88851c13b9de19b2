"""Which recognizer writes live words, and which ones take over from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from meetcore.asr.recognizer import Recognizer
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.errors import MeetcoreError, ModelUnavailableError
from meetcore.models.first_that_loads import Choice, first_that_loads
from meetcore.models.lighter_recognizer import LighterRecognizer, LighterRecognizers
from meetcore.models.loaders import Loaders
from meetcore.models.spoken_languages import MultilingualRecognizer
from meetcore.models.weight_sizes import (
    SMALLEST_WEIGHT,
    lighter_english,
    live_choices,
    smaller_multilingual,
)
from meetcore.text.languages import MULTILINGUAL_WEIGHT

logger = logging.getLogger(__name__)

MAX_DECODE_SHARE = 0.5
"""Share of a step that a live decode may take; the rest is for diarization and other meetings."""


def live_for(
    final: Recognizer, weight: str, loaders: Loaders
) -> tuple[Recognizer, tuple[str, ...]]:
    """The best live recognizer that is fast enough here, and notes on what replaced what.

    Live recognizers run on one thread each; on a GPU one copy serves both passes.
    """
    if final.info.device == "cuda":
        return final, ()
    english = final.info.languages == ("en",)
    found = _first_fast_enough(live_choices(weight, english=english), weight, loaders)
    if found.model is None and english:
        # None of the usual ones is there: Whisper's, which the second pass needs anyway.
        reasons = found.reasons
        found = _first_fast_enough((weight, SMALLEST_WEIGHT), weight, loaders, reasons)
    if found.model is None:
        return final, (f"{found.reasons_text} One copy of {weight} serves both passes.",)
    return found.model, found.reasons


def _first_fast_enough(
    names: Sequence[str], weight: str, loaders: Loaders, reasons: Sequence[str] = ()
) -> Choice[Recognizer]:
    """The first that loads and keeps up, or else the last that loads; `reasons` become notes.

    Parameters
    ----------
    weight : of the second pass
    reasons : why others did not load that were tried before
    """
    missing = list(reasons)
    slow: Choice[Recognizer] = Choice()
    note = ""
    for name in names:
        found = first_that_loads((name,), lambda each: loaders.recognizer(each, 1))
        if found.model is None:
            missing += found.reasons
            continue
        if slow.model is not None:
            slow.model.close()
        took = 0.0 if name == names[-1] else _decode_seconds(found.model, loaders)
        if took <= MAX_DECODE_SHARE * StreamingOptions().step:
            return Choice(found.model, name, _notes(name, weight, missing, note))
        slow = found
        note = note or _slow(name, took)
    if slow.model is None:
        return Choice(reasons=tuple(missing))
    return Choice(slow.model, slow.name, (f"{slow.name} is slow here, and {' '.join(missing)}",))


def _decode_seconds(live: Recognizer, loaders: Loaders) -> float:
    """Seconds of one live decode; 0 where they cannot be measured, which changes nothing."""
    try:
        return loaders.step_seconds(live)
    except MeetcoreError:
        logger.exception("the speed of %s could not be measured", live.info.weight)
        return 0.0


def _slow(name: str, took: float) -> str:
    step = StreamingOptions().step
    return f"{name} would take {took:.2f} s for every {step:g} s of talk on this machine"


def _notes(name: str, weight: str, missing: Sequence[str], slow: str) -> tuple[str, ...]:
    """Why a weight writes live that was not the first choice; nothing where it was."""
    if slow:
        return (f"{slow}, so {name} writes live and {weight} the final transcript.",)
    return (f"{' '.join(missing)} {name} writes live instead.",) if missing else ()


def lighter_than(live: Recognizer, loaders: Loaders) -> LighterRecognizers:
    """Smaller weights for English and for any language, loaded when they are needed."""

    def lighter(*names: str) -> LighterRecognizer:
        def load() -> Recognizer:
            found = first_that_loads(names, lambda name: loaders.recognizer(name, 1))
            if found.model is None:
                raise ModelUnavailableError(found.reasons_text)
            return found.model

        return LighterRecognizer(load)

    name = live.info.weight
    other = smaller_multilingual(name)
    english = lighter_english(name)
    return LighterRecognizers(
        lighter(*english) if english else None, lighter(other) if other else None
    )


def multilingual_beside(live: Recognizer, loaders: Loaders) -> MultilingualRecognizer | None:
    """The multilingual weight, loaded when a meeting needs it; None where `live` is one."""
    if len(live.info.languages) > 1:
        return None
    return MultilingualRecognizer(lambda: loaders.recognizer(MULTILINGUAL_WEIGHT, 1))
