"""Several threads, and several stores on one file, write at the same time without losing rows."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from meetcore.records import Segment, Stage, Word
from meetcore.store.meetings import MeetingStore, open_store


def one(text: str, speaker: str) -> Segment:
    return Segment(0.0, 1.0, speaker, (Word(text, 0.0, 1.0),))


def run_at_once(tasks: list[Callable[[], None]]) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(tasks))

    def run(task: Callable[[], None]) -> None:
        try:
            barrier.wait()
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []


@pytest.mark.parametrize("shared", [True, False])
def test_two_writers_of_one_meeting(url: str, shared: bool) -> None:
    first = open_store(url)
    second = first if shared else open_store(url)
    meeting_id = first.create_meeting("any").id

    stages = {"A": Stage.PROVISIONAL, "B": Stage.DRAFT}

    def append(store: MeetingStore, name: str) -> Callable[[], None]:
        def task() -> None:
            for index in range(40):
                text = one(f" {name}{index}", name)
                store.replace_segments(meeting_id, index, [text], stages[name])

        return task

    def rename() -> None:
        for index in range(40):
            second.rename_speaker(meeting_id, "A", f"Ann {index}")

    def read() -> None:
        for _ in range(40):
            for name, stage in stages.items():
                texts = [item.text for item in first.transcript(meeting_id, stage).segments]
                assert texts == [f"{name}{index}" for index in range(len(texts))]

    run_at_once([append(first, "A"), append(second, "B"), rename, read])
    for stage in stages.values():
        assert len(first.transcript(meeting_id, stage).segments) == 40
    assert first.transcript(meeting_id).name_of("A") == "Ann 39"
    first.close()
    second.close()


def test_two_meetings_are_written_at_the_same_time(store: MeetingStore) -> None:
    ids = [store.create_meeting(name).id for name in ("one", "two")]

    def work(meeting_id: str) -> Callable[[], None]:
        def task() -> None:
            for index in range(20):
                store.replace_segments(meeting_id, index, [one(f" {meeting_id} {index}", "S1")])
                store.update(meeting_id, duration=float(index))
                store.edits.assign(meeting_id, [index], "S2")
            store.rename_speaker(meeting_id, "S2", meeting_id)

        return task

    run_at_once([work(meeting_id) for meeting_id in ids])
    for meeting_id in ids:
        transcript = store.transcript(meeting_id)
        assert [item.text for item in transcript.segments] == [
            f"{meeting_id} {index}" for index in range(20)
        ]
        assert transcript.name_of("S2") == meeting_id
        assert store.get(meeting_id).duration == 19.0
