"""What tests of recognizers with real weights share: known words, cuts of audio, threads."""

from __future__ import annotations

import threading

from meetcore.asr.recognizer import Recognition, RecognizeOptions, Recognizer
from meetcore.records import SAMPLE_RATE, Samples

JFK = (
    "And so my fellow Americans ask not what your country can do for you"
    " ask what you can do for your country"
)
"""What is said in tests/data/jfk.flac."""


def cut(samples: Samples, start: float, end: float) -> Samples:
    """The samples between two times in seconds."""
    return samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]


def recognized_in_threads(
    recognizer: Recognizer, window: Samples, options: RecognizeOptions, count: int = 4
) -> list[Recognition]:
    """The same window recognized by so many threads at once; those that failed are missing."""
    results: list[Recognition] = []
    workers = [
        threading.Thread(target=lambda: results.append(recognizer.recognize(window, options)))
        for _ in range(count)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    return results
