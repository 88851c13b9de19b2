"""The live bench's figures of a meeting: its log is compared with the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meetcore.benchmarks.live.stream import MeetingLog, sent_at
from meetcore.benchmarks.pooling import pooled_errors
from meetcore.metrics.accuracy import Accuracy, accuracy
from meetcore.metrics.latency import LatencyReport, measure
from meetcore.metrics.live_log import ReferenceWord
from meetcore.metrics.reference import Reference
from meetcore.metrics.wer import normalise
from meetcore.records import Segment
from meetcore.transcript.word_turns import turns_from_words


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one meeting, or of several pooled; times are in seconds."""

    name: str
    audio_s: float
    provisional: Accuracy
    final: Accuracy
    latency: LatencyReport | None
    second_pass_s: float
    max_backlog: float
    max_step: float
    chunk_errors: int


def figures(
    log: MeetingLog, reference: Reference, words: Sequence[ReferenceWord] | None
) -> Figures:
    """The figures of one meeting.

    Parameters
    ----------
    words : sequence of ReferenceWord, optional
        In seconds of the recording; without them no latency is measured.
    """
    latency = None
    if words is not None:
        sent = [
            ReferenceWord(
                word.text, sent_at(word.start, log.duration), sent_at(word.end, log.duration)
            )
            for word in words
        ]
        latency = measure(log.updates, sent, normalise)
    return Figures(
        name=log.file.stem,
        audio_s=log.duration,
        provisional=_accuracy(log.provisional, reference, log.duration),
        final=_accuracy(log.final.segments, reference, log.duration),
        latency=latency,
        second_pass_s=log.second_pass_s,
        max_backlog=log.max_backlog,
        max_step=log.max_step,
        chunk_errors=log.chunk_errors,
    )


def _accuracy(segments: Sequence[Segment], reference: Reference, duration: float) -> Accuracy:
    return accuracy(segments, turns_from_words(segments), reference, duration)


def pool(several: Sequence[Figures], name: str) -> Figures:
    """The figures of several meetings pooled: errors add up, latencies are joined, maxima stay."""
    return Figures(
        name=name,
        audio_s=sum(item.audio_s for item in several),
        provisional=_pool_accuracy([item.provisional for item in several]),
        final=_pool_accuracy([item.final for item in several]),
        latency=_pool_latency([item.latency for item in several if item.latency is not None]),
        second_pass_s=sum(item.second_pass_s for item in several),
        max_backlog=max(item.max_backlog for item in several),
        max_step=max(item.max_step for item in several),
        chunk_errors=sum(item.chunk_errors for item in several),
    )


def _pool_accuracy(several: Sequence[Accuracy]) -> Accuracy:
    return Accuracy(
        words=pooled_errors(item.words for item in several),
        words_by_speaker=pooled_errors(item.words_by_speaker for item in several),
        turns=pooled_errors(item.turns for item in several),
        speakers=max(item.speakers for item in several),
    )


def _pool_latency(several: Sequence[LatencyReport]) -> LatencyReport | None:
    if not several:
        return None
    return LatencyReport(
        final=tuple(value for item in several for value in item.final),
        first_shown=tuple(value for item in several for value in item.first_shown),
        first_text=max(item.first_text for item in several),
        label_lag=tuple(value for item in several for value in item.label_lag),
        shown=sum(item.shown for item in several),
        revised=sum(item.revised for item in several),
        longest_freeze=max(item.longest_freeze for item in several),
    )
