"""Latency of live words and labels, computed from a log of what was shown when.

Defined as for live captioning: a word's latency starts when its last sample was sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from meetcore.metrics.live_log import ReferenceWord, ShownText, Tokens, Update, shared, shown_texts
from meetcore.metrics.stability import label_lags, longest_freeze, revisions
from meetcore.metrics.wer import align

SPOKEN_EARLY = 0.5
"""A word may be shown this many seconds before its last sample was sent."""


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """Latencies of one recording, in seconds; concatenate the lists to pool several."""

    final: tuple[float, ...]
    """Per correctly recognized word: from sent to committed."""
    first_shown: tuple[float, ...]
    """Per correctly recognized word: from sent to first shown, tentative or committed."""
    first_text: float
    """From the beginning of the first spoken word to the first shown words."""
    label_lag: tuple[float, ...]
    """Per committed word: from its commit to the last change of its speaker, 0 without one."""
    shown: int
    """Words that were ever shown as tentative."""
    revised: int
    """Of those, how many were removed or changed."""
    longest_freeze: float
    """Longest time without a change of the shown text during speech."""


def measure(
    updates: Sequence[Update],
    reference: Sequence[ReferenceWord],
    normalise: Callable[[str], list[str]],
) -> LatencyReport:
    """The latencies of one recording.

    Parameters
    ----------
    updates : in order of time; the last one holds the final text of the live pass
    reference : in order, with the times at which their samples were sent
    normalise : gives the normalised tokens of a text; applied to one word at a time, so that a
        number of several words keeps a token for each

    Notes
    -----
    Only words that are correct in the final text have a latency. A word is final at the first
    update after which it, and all words before it, no longer change.
    """
    tokens = Tokens(normalise)
    said = _by_token(reference, tokens)
    texts = shown_texts(updates, tokens)
    committed_at, settled = _committed_at(texts)
    steps = align([word.text for word in said], texts[-1].committed if texts else [])
    partner = {
        step.hypothesis: step.reference
        for step in steps
        if step.equal and step.reference is not None and step.hypothesis is not None
    }
    shown, revised = revisions(texts)
    return LatencyReport(
        final=tuple(committed_at[ours] - said[theirs].end for ours, theirs in partner.items()),
        first_shown=_first_shown(texts, settled, said, partner),
        first_text=_first_text(texts, said),
        label_lag=label_lags(updates),
        shown=shown,
        revised=revised,
        longest_freeze=longest_freeze(texts, said),
    )


def _by_token(reference: Sequence[ReferenceWord], tokens: Tokens) -> list[ReferenceWord]:
    """One word per normalised token; the tokens of one word share its times."""
    return [
        ReferenceWord(token, word.start, word.end)
        for word in reference
        for token in tokens.of(word.text)
    ]


def _committed_at(texts: Sequence[ShownText]) -> tuple[list[float], list[int]]:
    """When each token of the final text was committed and no longer changed.

    Returns
    -------
    list of float
        Wall time for each token.
    list of int
        For each update, how many leading committed tokens never change after it.
    """
    final = texts[-1].committed if texts else []
    settled = [0] * len(texts)
    least = len(final)
    for position in range(len(texts) - 1, -1, -1):
        least = min(least, shared(texts[position].committed, final))
        settled[position] = least
    times: list[float] = []
    for text, count in zip(texts, settled, strict=True):
        times += [text.wall_time] * (count - len(times))
    return times, settled


def _first_shown(
    texts: Sequence[ShownText],
    settled: Sequence[int],
    said: Sequence[ReferenceWord],
    partner: Mapping[int, int],
) -> tuple[float, ...]:
    """Seconds from sent to first shown, for each reference word that the final text has right."""
    first: dict[int, float] = {}
    begin = known = 0
    for text, count in zip(texts, settled, strict=True):
        # Settled words are aligned already; only what follows is searched.
        while known < count:
            if known in partner:
                begin = partner[known] + 1
                first.setdefault(partner[known], text.wall_time)
            known += 1
        spoken = begin
        while spoken < len(said) and said[spoken].end <= text.wall_time + SPOKEN_EARLY:
            spoken += 1
        window = [word.text for word in said[begin:spoken]]
        for step in align(window, text.shown[count:]):
            if step.equal and step.reference is not None:
                first.setdefault(begin + step.reference, text.wall_time)
    return tuple(first[n] - said[n].end for n in sorted(partner.values()))


def _first_text(texts: Sequence[ShownText], said: Sequence[ReferenceWord]) -> float:
    shown = (text.wall_time for text in texts if text.shown)
    return next(shown, math.nan) - said[0].start if said else math.nan
