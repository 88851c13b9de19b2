"""Which recognizer `auto` stands for, and which smaller ones take over on a busy machine."""

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
    """The weight of the second pass that the settings stand for: a name, a path, or REMOTE.

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
