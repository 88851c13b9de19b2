"""What the perturbed live bench compares: a weight on an engine, with options of the streaming."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from meetcore.asr.streaming.options import StreamingOptions
from meetcore.errors import SettingsError

_NUMBERS = {"int": int, "float": float}


@dataclass(frozen=True, slots=True)
class Variant:
    """One setting under test.

    Parameters
    ----------
    weight, engine : as the settings name them
    options : None for the streaming that the engine opens by itself
    name : for the table
    """

    weight: str
    engine: str = "auto"
    options: StreamingOptions | None = None
    name: str = ""


def changed(base: Variant, text: str) -> Variant:
    """The variant with changes such as "step=1.0,hold=0.8", "weight=base.en" or "base.en".

    >>> changed(Variant("tiny.en"), "base.en").weight
    'base.en'
    >>> changed(Variant("tiny.en"), "step=1.0").options.step
    1.0

    Raises
    ------
    SettingsError
        An option is unknown or no number; the message lists the names.
    """
    variant = replace(base, name=text)
    kinds = {field.name: _NUMBERS.get(str(field.type)) for field in fields(StreamingOptions)}
    for part in text.split(","):
        key, separator, value = part.partition("=")
        if not separator:
            variant = replace(variant, weight=part)
        elif key == "weight":
            variant = replace(variant, weight=value)
        elif key == "engine":
            variant = replace(variant, engine=value)
        else:
            options = variant.options or StreamingOptions()
            number = _number(kinds.get(key), key, value)
            values: dict[str, Any] = {key: number}
            variant = replace(variant, options=replace(options, **values))
    return variant


def _number(kind: type[int] | type[float] | None, key: str, value: str) -> int | float:
    if kind is None:
        names = [each.name for each in fields(StreamingOptions) if str(each.type) in _NUMBERS]
        raise SettingsError(f"There is no option {key}; of weight, engine, {', '.join(names)}.")
    try:
        return kind(value)
    except ValueError as error:
        raise SettingsError(f"{key}={value}: the value must be a number.") from error
