"""What both passes give for a whole clip in memory, faster than real time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from meetcore.asr.offline.options import OfflineRecognitionOptions
from meetcore.asr.offline.recognize_recording import recognize_recording
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.asr.vad.silero import load_activity
from meetcore.records import SAMPLE_RATE, Samples, Word
from meetcore.settings import load_settings
from meetcore.thread_counts import limit_blas_threads
from meetcore.weights.resolver import WeightResolver

CHUNK_SAMPLES = SAMPLE_RATE // 10
"""What is pushed at once, as a running meeting would."""


@contextmanager
def loaded_recognizer(weight: str) -> Iterator[Recognizer]:
    """The recognizer of a weight with the settings, closed after the block.

    Raises
    ------
    ModelUnavailableError, WeightUnavailableError
        The weight can't be loaded.
    """
    settings = load_settings()
    resolver = WeightResolver(settings.cache_dir, offline=settings.offline)
    recognizer = load_recognizer(weight, resolver, engine=settings.engine, device=settings.device)
    limit_blas_threads()
    try:
        yield recognizer
    finally:
        recognizer.close()


def final_words(
    samples: Samples, recognizer: Recognizer, language: str | None = None
) -> tuple[Word, ...]:
    """What the second pass gives for samples, shape (n_samples,), float32, 16 kHz."""
    pieces = recognize_recording(
        lambda start, stop: samples[start:stop],
        samples.shape[0],
        recognizer,
        load_activity(),
        OfflineRecognitionOptions(language=language),
    )
    return tuple(word for piece in pieces for word in piece.words)


def live_words(
    samples: Samples,
    recognizer: Recognizer,
    language: str | None = None,
    chunk_samples: int = CHUNK_SAMPLES,
) -> tuple[Word, ...]:
    """What is committed live for samples, shape (n_samples,), float32, 16 kHz."""
    live = recognizer.open_live(language)
    updates = [
        live.push(samples[start : start + chunk_samples])
        for start in range(0, samples.shape[0], chunk_samples)
    ]
    updates.append(live.flush())
    live.close()
    return tuple(word for update in updates for word in update.committed)


def final_text(samples: Samples, recognizer: Recognizer) -> str:
    """As `final_words`, as one text."""
    return text_of(final_words(samples, recognizer))


def live_text(samples: Samples, recognizer: Recognizer) -> str:
    """As `live_words`, as one text."""
    return text_of(live_words(samples, recognizer))


def text_of(words: Iterable[Word]) -> str:
    """The words as they are written."""
    return "".join(word.text for word in words)
