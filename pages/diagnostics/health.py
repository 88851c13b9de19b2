"""The figures of running meetings and of the process, with sparklines of the last minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import streamlit as st

from meetcore.diagnostics.monitor import HealthSample
from meetcore.diagnostics.process_usage import ProcessSample
from meetcore.records import SAMPLE_RATE, LiveHealth, LiveSnapshot
from meetcore.text.durations import position_text
from pages.shared import element, notice, process, style
from pages.shared.plain_text import plain

draw = element.register(__file__, "sparklines")

REFRESH_S = 2.0
POINTS = 90
SLOW_RTF, LONG_BACKLOG_S = 0.9, 8.0


@st.fragment(run_every=REFRESH_S)
def panel() -> None:
    """Draw all running meetings, then the process."""
    view = process.monitor().snapshot()
    running = process.service().running()
    if not running:
        st.caption(
            ":material/mic_off: No meeting is running. One that runs shows its figures here."
        )
    for snapshot in running:
        meeting(snapshot, view.meetings.get(snapshot.meeting_id, ()))
    st.markdown("**This process**")
    if not view.process:
        st.caption("Nothing measured yet.")
        return
    draw(key="process", data={"tiles": list(process_tiles(view.process))})


def meeting(snapshot: LiveSnapshot, samples: Sequence[HealthSample]) -> None:
    """Draw one running meeting."""
    with st.container(border=True, key=f"health-{snapshot.meeting_id}", gap="small"):
        st.markdown(f":red[●] **{plain(snapshot.title)}**")
        tiles = list(meeting_tiles(snapshot.health, samples))
        draw(key=f"sparks-{snapshot.meeting_id}", data={"tiles": tiles})
        errors(snapshot.health)


def errors(health: LiveHealth) -> None:
    """Draw the number of errors of a meeting, the newest message and traceback."""
    if not health.chunk_errors:
        return
    total = style.counted(health.chunk_errors, "error")
    if health.recent_errors:
        now = f"{health.recent_errors} in the last minute, the newest: {health.last_error}"
        st.warning(f"{plain(total)} so far, {plain(now)}.", icon=":material/warning:")
        notice.rule_link_for(health.last_error)
    else:
        st.caption(f":material/check: {plain(total)} before; none in the last minute.")
    if health.last_traceback:
        with st.expander("The newest error's traceback", key=f"traceback-{id_of(health)}"):
            st.code(health.last_traceback, language="python", height=260)


def id_of(health: LiveHealth) -> str:
    """A widget key that changes with the newest error, so that its expander is closed again."""
    return f"{hash(health.last_traceback) & 0xFFFFFF:x}"


def meeting_tiles(health: LiveHealth, samples: Sequence[HealthSample]) -> Iterable[dict[str, Any]]:
    """The figures of a meeting with their sparklines."""
    yield tile("Recorded", position_text(health.samples_on_disk / SAMPLE_RATE), "on disk")
    yield tile("Frames", f"{health.frames_offered:,}", "from the browser")
    yield tile(
        "Behind",
        f"{health.backlog:.1f} s",
        "not transcribed yet",
        line(samples, lambda each: each.backlog),
        bad=health.backlog > LONG_BACKLOG_S,
    )
    yield tile("Step", f"{health.step:.1f} s", "", line(samples, lambda each: each.step))
    yield tile(
        "Real-time factor",
        f"{health.rtf:.2f}",
        "1 is as slow as talk",
        line(samples, lambda each: each.rtf),
        bad=health.rtf > SLOW_RTF,
    )
    middle = "–" if health.latency_p50 is None else f"{health.latency_p50:.1f} s"
    slow = "" if health.latency_p95 is None else f"95 % within {health.latency_p95:.1f} s"
    yield tile("Latency", middle, slow, line(samples, lambda each: each.latency_p50))
    errors_line = line(samples, lambda each: each.chunk_errors)
    yield tile("Errors", str(health.chunk_errors), "", errors_line, bad=health.recent_errors > 0)


def process_tiles(samples: Sequence[ProcessSample]) -> Iterable[dict[str, Any]]:
    """The figures of the process with their sparklines."""
    now = samples[-1]
    yield tile("Memory", memory_text(now.rss_mib), "", line(samples, lambda each: each.rss_mib))
    yield tile("Processor", f"{now.cpu_percent:.0f} %", "of one core", line(samples, _cpu))
    yield tile("Threads", str(now.threads), "", line(samples, lambda each: each.threads))
    yield tile("Open files", str(now.open_files), "", line(samples, lambda each: each.open_files))
    if now.worker_rss_mib is not None:
        worker = line(samples, lambda each: each.worker_rss_mib)
        yield tile("Second pass", memory_text(now.worker_rss_mib), "its memory", worker)
    if now.device_memory_mib is not None:
        device = line(samples, lambda each: each.device_memory_mib)
        yield tile(
            "GPU memory", memory_text(now.device_memory_mib), "all programs together", device
        )


def _cpu(sample: ProcessSample) -> float:
    return sample.cpu_percent


def tile(
    label: str, value: str, note: str = "", points: Sequence[float] = (), bad: bool = False
) -> dict[str, Any]:
    """One figure as JSON for the element's script."""
    return {"label": label, "value": value, "note": note, "points": list(points), "bad": bad}


def line(samples: Sequence[Any], of: Callable[[Any], float | None]) -> list[float]:
    """The values of a figure over the samples, at most POINTS of them.

    >>> line(range(5), float)
    [0.0, 1.0, 2.0, 3.0, 4.0]
    >>> len(line(range(1000), float)) <= POINTS
    True
    """
    every = -(-len(samples) // POINTS) or 1
    values = (of(each) for each in samples[::-every])
    return [round(float(value), 3) for value in values if value is not None][::-1]


def memory_text(mib: float) -> str:
    """Memory in MiB or GiB.

    >>> memory_text(612.4), memory_text(2300.0)
    ('612 MiB', '2.2 GiB')
    """
    return f"{mib / 1024:.1f} GiB" if mib >= 1024 else f"{mib:.0f} MiB"
