"""Tables and JSON of `bench offline --levels`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from meetcore.benchmarks.tables import finite, markdown_table, percent
from meetcore.metrics.reference import Reference
from meetcore.metrics.wer import WordErrors, word_errors

HEADS = ("sound", "level", "final", "live", "final with noise", "live with noise")


@dataclass(frozen=True, slots=True)
class LevelTexts:
    """What was recognized in one sound at one level; None where it was not tried."""

    name: str
    file: Path | None
    """None for a synthesised sound."""
    level_db: float
    final: str
    live: str
    noisy_final: str | None = None
    noisy_live: str | None = None


def markdown(results: dict[str, list[LevelTexts]], references: dict[Path, Reference]) -> str:
    """One table for each weight: word error rates of speech, words of everything else."""
    return "\n\n".join(
        f"**{weight}**\n\n" + markdown_table(HEADS, [_cells(texts, references) for texts in rows])
        for weight, rows in results.items()
    )


def _cells(texts: LevelTexts, references: dict[Path, Reference]) -> list[str]:
    said = (texts.final, texts.live, texts.noisy_final, texts.noisy_live)
    cells = ["" if text is None else _cell(text, texts, references) for text in said]
    return [texts.name, f"{texts.level_db:g} dB", *cells]


def _cell(text: str, texts: LevelTexts, references: dict[Path, Reference]) -> str:
    errors = _errors(text, texts, references)
    count = len(text.split())
    words = "1 word" if count == 1 else f"{count} words"
    return words if errors is None else f"{percent(errors)}, {words}"


def _errors(
    text: str | None, texts: LevelTexts, references: dict[Path, Reference]
) -> WordErrors | None:
    reference = references[texts.file] if texts.file is not None else None
    if text is None or reference is None or reference.segments is None:
        return None
    return word_errors(reference.text, text)


def to_json(results: dict[str, list[LevelTexts]], references: dict[Path, Reference]) -> str:
    plain = {
        weight: [
            {
                "sound": texts.name,
                "level_db": texts.level_db,
                **{name: _figures(text, texts, references) for name, text in _columns(texts)},
            }
            for texts in rows
        ]
        for weight, rows in results.items()
    }
    return json.dumps(finite(plain), indent=1, allow_nan=False)


def _columns(texts: LevelTexts) -> list[tuple[str, str | None]]:
    names = ("final", "live", "noisy_final", "noisy_live")
    return [(name, getattr(texts, name)) for name in names]


def _figures(
    text: str | None, texts: LevelTexts, references: dict[Path, Reference]
) -> dict[str, float | int | None] | None:
    if text is None:
        return None
    errors = _errors(text, texts, references)
    return {"words": len(text.split()), "wer": None if errors is None else errors.rate}
