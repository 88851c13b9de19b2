"""`python -m meetcore bench store`: how long queries of a large library take."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from meetcore.records import LibraryQuery, MeetingState, Segment, Speaker, Stage, Transcript, Word
from meetcore.store.meetings import MeetingStore, open_store

WORDS_PER_SEGMENT = 18
SEGMENT_S = 7.2
"""With 18 words each, 9,000 words an hour."""
VOCABULARY = 20_000
RARE = "quetzalcoatl"
"""Said once in the whole library."""
REPEATS = 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--meetings", type=int, default=1000, metavar="N")
    parser.add_argument("--hours", type=float, default=1.0, metavar="H", help="of each meeting")


def run(arguments: argparse.Namespace) -> int:
    """Fill a library with made-up meetings, query it, and print the times."""
    with tempfile.TemporaryDirectory(prefix="meetcore-bench-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'meetcore.db'}")
        try:
            began = time.perf_counter()
            fill(store, arguments.meetings, arguments.hours)
            took = time.perf_counter() - began
            print(
                f"{arguments.meetings} meetings of {arguments.hours:g} h, saved in {took:.0f} s\n"
            )
            print("| question | median | worst of 7 |\n| --- | --- | --- |")
            for name, query in queries(store):
                times = timed(query)
                print(f"| {name} | {statistics.median(times):.0f} ms | {max(times):.0f} ms |")
        finally:
            store.close()
    return 0


def fill(store: MeetingStore, meetings: int, hours: float) -> None:
    """Store meetings whose words follow Zipf's law, as speech does; one has the rare word."""
    generator = random.Random(0)
    words = ["the", "and", "budget", *(f"word{n}" for n in range(VOCABULARY - 3))]
    weights = [1.0 / rank for rank in range(1, VOCABULARY + 1)]
    count = max(1, round(hours * 3600 / SEGMENT_S))
    for number in range(meetings):
        said = generator.choices(words, weights, k=count * WORDS_PER_SEGMENT)
        if number == meetings // 2:
            said[len(said) // 2] = RARE
        meeting = store.create_meeting(f"Meeting {number}", state=MeetingState.DONE)
        transcript = Transcript(_segments(said), (Speaker("S1", "Ana"),), Stage.FINAL)
        store.replace_transcript(meeting.id, transcript)
        store.update(meeting.id, duration=count * SEGMENT_S)


def _segments(said: Sequence[str]) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    step = SEGMENT_S / WORDS_PER_SEGMENT
    for first in range(0, len(said), WORDS_PER_SEGMENT):
        words = tuple(
            Word(f" {text}", (first + n) * step, (first + n + 1) * step, 0.9)
            for n, text in enumerate(said[first : first + WORDS_PER_SEGMENT])
        )
        label = f"S{len(segments) % 4 + 1}"
        segments.append(Segment(words[0].start, words[-1].end, label, words))
    return tuple(segments)


def queries(store: MeetingStore) -> list[tuple[str, Callable[[], object]]]:
    """Queries of the library page, each under its name in the table."""
    find, hits = store.library.find, store.library.hits
    return [
        ("first page of the list", lambda: find(LibraryQuery())),
        ("a person's meetings", lambda: find(LibraryQuery(person="Ana"))),
        ("list, rare word", lambda: find(LibraryQuery(text=RARE))),
        ("list, common word", lambda: find(LibraryQuery(text="the"))),
        ("list, ordinary word", lambda: find(LibraryQuery(text="budget"))),
        ("list, two words", lambda: find(LibraryQuery(text="budget word77"))),
        ("list, phrase", lambda: find(LibraryQuery(text='"the budget"'))),
        ("places, rare word", lambda: hits(RARE)),
        ("places, common word", lambda: hits("the")),
        ("places, two words", lambda: hits("budget word77")),
    ]


def timed(query: Callable[[], object]) -> list[float]:
    """Milliseconds of each of several calls; a first one, which warms the cache, is left out."""
    times = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        query()
        times.append(1000 * (time.perf_counter() - began))
    return times[1:]
