"""Chooses the recognizer of `auto`, and the smaller ones for a busy machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from meetcore.settings import Settings
from meetcore.text.languages import MULTILINGUAL_WEIGHT
from meetcore.weights.catalogue import Shape, load_catalogue
from meetcore.weights.names import WITHOUT_FILES
from meetcore.weights.resolver import WeightResolver

AUTO = "auto"
SMALLEST_WEIGHT = "tiny.en"
LIVE_WEIGHT = "moonshine-base"
"""Writes live English. Eight clips, four times perturbed (`bench live --perturb 4`): WER 7.6 %, of
tiny.en 11.2 %; on the sample 11.5 and 19.0 %, cpWER 13.8 and 22.4 %, at the same cost and latency.
base.en is as accurate at 1.7 times the cost."""
LIGHTEST_WEIGHT = "moonshine-tiny"
"""Costs 0.7 of LIVE_WEIGHT, and is as accurate as tiny.en."""
_AS_GOOD_LIVE = ("base.en", LIVE_WEIGHT)
GPU_WEIGHT = "turbo"
"""What `auto` takes on a GPU where it was pulled; nothing as large is fetched unasked."""
NVIDIA_DEVICE = Path("/dev/nvidiactl")
"""There where NVIDIA's driver is loaded, on Linux; spares the others an import."""


def local_recognizer(settings: Settings) -> str:
    """As `usual_recognizer`, but one weight where that is a server's model, or several."""
    if settings.recognizer not in WITHOUT_FILES:
        return usual_recognizer(settings)
    return usual_recognizer(settings.model_copy(update={"recognizer": AUTO}))


def usual_recognizer(settings: Settings, resolver: WeightResolver | None = None) -> str:
    """The weight of the second pass by the settings: a name, a path, or REMOTE.

    A setting that was not made, or is "auto", leaves the choice to this machine.

    Parameters
    ----------
    resolver : finds what is in the cache; None makes one of the settings
    """
    is_set = "recognizer" in settings.model_fields_set
    if is_set and settings.recognizer != AUTO:
        return settings.recognizer
    if settings.device != "cpu" and has_cuda():
        resolver = resolver or WeightResolver(settings.cache_dir, offline=True)
        if resolver.cached(GPU_WEIGHT):
            return GPU_WEIGHT
    if not is_set or settings.language in (None, "en"):
        return str(Settings.model_fields["recognizer"].default)
    return MULTILINGUAL_WEIGHT


@cache
def has_cuda() -> bool:
    """Whether CTranslate2 finds a CUDA device."""
    if not NVIDIA_DEVICE.exists():
        return False
    try:
        import ctranslate2

        return int(ctranslate2.get_cuda_device_count()) > 0
    except (ImportError, RuntimeError):
        return False


def live_choices(weight: str, *, english: bool) -> tuple[str, ...]:
    """Weights that may write live where `weight` writes the final transcript, the best first.

    Each costs less than the one before.

    Parameters
    ----------
    english : whether the weight writes English alone

    >>> live_choices("base.en", english=True), live_choices("tiny.en", english=True)
    (('moonshine-base', 'moonshine-tiny'), ('tiny.en',))
    >>> live_choices("small.en", english=True), live_choices("turbo", english=False)
    (('small.en', 'moonshine-base', 'moonshine-tiny'), ('turbo', 'base'))
    """
    if weight in (SMALLEST_WEIGHT, LIGHTEST_WEIGHT):
        return (weight,)
    if english:
        first = () if weight in _AS_GOOD_LIVE else (weight,)
        return (*first, LIVE_WEIGHT, LIGHTEST_WEIGHT)
    smaller = smaller_multilingual(weight)
    return (weight, smaller) if smaller else (weight,)


def lighter_english(weight: str) -> tuple[str, ...]:
    """Weights that write English at less cost, the preferred first; empty where none is smaller.

    >>> lighter_english("base.en"), lighter_english("moonshine-base"), lighter_english("tiny.en")
    (('moonshine-base', 'tiny.en'), ('moonshine-tiny',), ())
    """
    if weight == LIVE_WEIGHT:
        return (LIGHTEST_WEIGHT,)
    smallest = (SMALLEST_WEIGHT, SMALLEST_WEIGHT.removesuffix(".en"), LIGHTEST_WEIGHT)
    return () if weight in smallest else (LIVE_WEIGHT, SMALLEST_WEIGHT)


def smaller_multilingual(weight: str) -> str:
    """The multilingual weight where a weight of many languages is larger; else empty.

    >>> [smaller_multilingual(name) for name in ("turbo", "base", "small.en", "/my.pt")]
    ['base', '', '', '']
    """
    known = load_catalogue().weights
    mine, base = known.get(weight), known[MULTILINGUAL_WEIGHT]
    if mine is None or len(mine.languages) == 1 or mine.shape is None or base.shape is None:
        return ""
    return MULTILINGUAL_WEIGHT if _parameters(mine.shape) > _parameters(base.shape) else ""


def _parameters(shape: Shape) -> int:
    return shape.encoder_parameters + shape.decoder_parameters
