"""Which recognizer writes live words, and which ones take over from it."""

from __future__ import annotations

import logging

from meetcore.asr.recognizer import Recognizer
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.errors import MeetcoreError
from meetcore.models.first_that_loads import first_that_loads
from meetcore.models.lighter_recognizer import LighterRecognizer, LighterRecognizers
from meetcore.models.loaders import Loaders
from meetcore.models.spoken_languages import MultilingualRecognizer
from meetcore.models.weight_sizes import SMALLEST_WEIGHT, smaller_multilingual
from meetcore.text.languages import MULTILINGUAL_WEIGHT

logger = logging.getLogger(__name__)

MAX_DECODE_SHARE = 0.5
"""Share of a step that a live decode may take; the rest is for diarization and other meetings."""


def live_for(
    final: Recognizer, weight: str, loaders: Loaders
) -> tuple[Recognizer, tuple[str, ...]]:
    """A live recognizer of the final weight where it is fast enough, else of a smaller one.

    Live recognizers run on one thread each; on a GPU one copy serves both passes. The notes say
    what replaced what.
    """
    if final.info.device == "cuda":
        return final, ()
    same = first_that_loads((weight,), lambda name: loaders.recognizer(name, 1))
    if same.model is None:
        return final, (f"{same.reasons_text} One copy of {weight} serves both passes.",)
    live = same.model
    english = final.info.languages == ("en",)
    lesser = SMALLEST_WEIGHT if english else smaller_multilingual(final.info.weight)
    if lesser in ("", weight):
        return live, ()
    step = StreamingOptions().step
    try:
        took = loaders.step_seconds(live)
    except MeetcoreError:
        logger.exception("the speed of %s could not be measured", weight)
        return live, ()
    if took <= MAX_DECODE_SHARE * step:
        return live, ()
    smaller = first_that_loads((lesser,), lambda name: loaders.recognizer(name, 1))
    if smaller.model is None:
        return live, (f"{weight} is slow here, and {smaller.reasons_text}",)
    live.close()
    return smaller.model, (
        f"{weight} would take {took:.2f} s for every {step:g} s of talk on this machine, so"
        f" {lesser} writes live and {weight} the final transcript.",
    )


def lighter_than(live: Recognizer, loaders: Loaders) -> LighterRecognizers:
    """Smaller weights for English and for any language, loaded when they are needed."""

    def lighter(weight: str) -> LighterRecognizer:
        return LighterRecognizer(lambda: loaders.recognizer(weight, 1))

    name = live.info.weight
    other = smaller_multilingual(name)
    is_smallest = name in (SMALLEST_WEIGHT, SMALLEST_WEIGHT.removesuffix(".en"))
    return LighterRecognizers(
        None if is_smallest else lighter(SMALLEST_WEIGHT), lighter(other) if other else None
    )


def multilingual_beside(live: Recognizer, loaders: Loaders) -> MultilingualRecognizer | None:
    """The multilingual weight, loaded when a meeting needs it; None where `live` is one."""
    if len(live.info.languages) > 1:
        return None
    return MultilingualRecognizer(lambda: loaders.recognizer(MULTILINGUAL_WEIGHT, 1))
