"""Latency of live words and labels, computed from a log of what was shown when.

Defined as for live captioning: a word's latency starts when its last sample was sent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from meetcore.metrics.live_log import Page, ReferenceWord, Tokens, Update, pages_of, shared
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
    """Longest time without a change of the shown text while somebody was speaking."""


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
    pages = pages_of(updates, tokens)
    committed_at, settled = _committed_at(pages)
    steps = align([word.text for word in said], pages[-1].committed if pages else [])
    partner = {
        step.hypothesis: step.reference
        for step in steps
        if step.equal and step.reference is not None and step.hypothesis is not None
    }
    shown, revised = revisions(pages)
    return LatencyReport(
        final=tuple(committed_at[ours] - said[theirs].end for ours, theirs in partner.items()),
        first_shown=_first_shown(pages, settled, said, partner),
        first_text=_first_text(pages, said),
        label_lag=label_lags(updates),
        shown=shown,
        revised=revised,
        longest_freeze=longest_freeze(pages, said),
    )


def _by_token(reference: Sequence[ReferenceWord], tokens: Tokens) -> list[ReferenceWord]:
    """One word per normalised token; the tokens of one word share its times."""
    return [
        ReferenceWord(token, word.start, word.end)
        for word in reference
        for token in tokens.of(word.text)
    ]


def _committed_at(pages: Sequence[Page]) -> tuple[list[float], list[int]]:
    """When each token of the final text was committed and no longer changed.

    Returns
    -------
    list of float
        Wall time for each token.
    list of int
        For each update, how many leading committed tokens never change after it.
    """
    final = pages[-1].committed if pages else []
    settled = [0] * len(pages)
    least = len(final)
    for position in range(len(pages) - 1, -1, -1):
        least = min(least, shared(pages[position].committed, final))
        settled[position] = least
    times: list[float] = []
    for page, count in zip(pages, settled, strict=True):
        times += [page.wall_time] * (count - len(times))
    return times, settled


def _first_shown(
    pages: Sequence[Page],
    settled: Sequence[int],
    said: Sequence[ReferenceWord],
    partner: Mapping[int, int],
) -> tuple[float, ...]:
    """Seconds from sent to first shown, for each reference word that the final text has right."""
    first: dict[int, float] = {}
    begin = known = 0
    for page, count in zip(pages, settled, strict=True):
        # Settled words are aligned already; only what follows is searched.
        while known < count:
            if known in partner:
                begin = partner[known] + 1
                first.setdefault(partner[known], page.wall_time)
            known += 1
        spoken = begin
        while spoken < len(said) and said[spoken].end <= page.wall_time + SPOKEN_EARLY:
            spoken += 1
        window = [word.text for word in said[begin:spoken]]
        for step in align(window, page.shown[count:]):
            if step.equal and step.reference is not None:
                first.setdefault(begin + step.reference, page.wall_time)
    return tuple(first[n] - said[n].end for n in sorted(partner.values()))


def _first_text(pages: Sequence[Page], said: Sequence[ReferenceWord]) -> float:
    shown = (page.wall_time for page in pages if page.shown)
    return next(shown, math.nan) - said[0].start if said else math.nan
