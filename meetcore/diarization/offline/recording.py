"""Who spoke when in a finished recording: every voice is compared with every other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from meetcore.diarization.binarize import Run, tenure_runs, turns_of, united
from meetcore.diarization.clustering import DiarizeOptions, GlobalOptions, SparseMatrix, cluster
from meetcore.diarization.embedding import EmbeddingModel
from meetcore.diarization.offline.window_pass import Read, Survey, SurveyOptions
from meetcore.diarization.scoring import Voice
from meetcore.diarization.segmentation import SegmentationModel
from meetcore.diarization.streaming.identity import Tenure
from meetcore.records import SAMPLE_RATE, Turn


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """How the second pass over speakers works."""

    survey: SurveyOptions = field(default_factory=SurveyOptions)
    clustering: GlobalOptions = field(default_factory=GlobalOptions)
    bridge: float = 0.2
    """Seconds of silence that are no break between two turns of one speaker."""


@dataclass(frozen=True, slots=True)
class Diarization:
    """Who spoke when; labels "S1", "S2", … in order of appearance."""

    turns: tuple[Turn, ...] = ()
    """In order of start; may overlap."""
    exclusive_turns: tuple[Turn, ...] = ()
    """One speaker at a time: the strongest."""
    speakers_found: int = 0
    voices: dict[str, Voice] = field(default_factory=dict)
    """What was heard of each label; one that never spoke alone for long enough is absent."""


class Cancelled(Exception):
    """The caller asked to stop."""


def diarize(
    read: Read,
    total_samples: int,
    segmentation: SegmentationModel,
    embedding: EmbeddingModel,
    wanted: DiarizeOptions | None = None,
    options: OfflineOptions | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Diarization:
    """Diarize a whole recording; memory does not grow with its audio.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives those samples; called with growing, overlapping ranges.
    wanted : DiarizeOptions, optional
        How many speakers there are, where somebody knows.
    progress : callable, optional
        Called with the part done, 0 to 1.
    cancelled : callable, optional
        Asked before every window; True makes this raise Cancelled.
    """
    options = options or OfflineOptions()
    survey = Survey(read, segmentation, embedding, options.survey)
    total = segmentation.grid.count(total_samples)
    for end in survey.window_ends(total):
        if cancelled is not None and cancelled():
            raise Cancelled
        survey.look(end, last=end == total)
        if progress is not None:
            progress(end / total)
    return _conclude(survey, wanted or DiarizeOptions(), options)


def _conclude(survey: Survey, wanted: DiarizeOptions, options: OfflineOptions) -> Diarization:
    """Compare all voices and name them."""
    heard = survey.tenures(wanted.least)
    voices = [tenure.voice for tenure in heard if tenure.voice is not None]
    numbers = cluster(voices, options.clustering, wanted, _together(survey, heard))
    for tenure, number in zip(heard, numbers, strict=True):
        tenure.speaker = int(number)
    order = _order(survey)
    sums: dict[str, Voice] = {}
    for tenure, voice in zip(heard, voices, strict=True):
        tenure.speaker = order.get(int(tenure.speaker or 0))
        label = f"S{tenure.speaker}"
        sums[label] = sums[label].plus(voice) if label in sums else voice
    turns = united(turns_of(survey.active, survey.tracks, survey.grid), options.bridge)
    return Diarization(
        turns=turns,
        exclusive_turns=turns_of(survey.exclusive, survey.tracks, survey.grid),
        speakers_found=len({turn.speaker for turn in turns}),
        voices={f"S{number}": sums[f"S{number}"] for number in sorted(order.values())},
    )


def _order(survey: Survey) -> dict[int, int]:
    """Number speakers from 1 in order of appearance."""
    order: dict[int, int] = {}
    for run, _ in _by_start(survey):
        speaker = survey.tracks[run.track].speaker_at(run.start)
        if speaker is not None:
            order.setdefault(speaker, len(order) + 1)
    return order


def _by_start(survey: Survey) -> list[tuple[Run, Tenure]]:
    """All activity, split where the tenure changes, in order of start."""
    runs = tenure_runs(survey.active, survey.tracks)
    return sorted(runs, key=lambda item: item[0].start)


def _together(survey: Survey, heard: Sequence[Tenure]) -> SparseMatrix:
    """Seconds in which two tenures were active at once, shape (n, n)."""
    index = {id(tenure): position for position, tenure in enumerate(heard)}
    pairs = [
        (index[id(one)], index[id(two)], frames)
        for one, two, frames in _meetings(_by_start(survey))
        if id(one) in index and id(two) in index
    ]
    rows, columns, frames = np.array(pairs, np.int64).reshape(-1, 3).T
    shape = (len(heard), len(heard))
    seconds = frames * (survey.grid.step_samples / SAMPLE_RATE)
    half = sparse.csr_array((seconds, (rows, columns)), shape=shape)
    return half + half.T


def _meetings(runs: Sequence[tuple[Run, Tenure]]) -> Iterator[tuple[Tenure, Tenure, int]]:
    """Frames that two tenures share, run by run; `runs` are in order of start."""
    open_runs: list[tuple[Run, Tenure]] = []
    for run, tenure in runs:
        open_runs = [item for item in open_runs if item[0].stop > run.start]
        for other, other_tenure in open_runs:
            if other_tenure is not tenure:
                yield tenure, other_tenure, min(run.stop, other.stop) - run.start
        open_runs.append((run, tenure))
