"""The expected time to a job's end, from measured speeds; used by `StoredProgress`.

`Estimate` is pure; `Speeds` keeps the measurements of earlier jobs in a file.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meetcore.records import JobStage
from meetcore.text.safe_traceback import in_one_line

logger = logging.getLogger(__name__)

TYPICAL = {
    JobStage.DECODING: 0.005,
    JobStage.RECOGNIZING: 0.08,
    JobStage.DIARIZING: 0.06,
    JobStage.ATTRIBUTING: 0.0005,
}
"""Wall-clock seconds per second of audio on 2 cores with tiny.en. Only their ratios are used,
for stages that this machine has not measured."""
KNOWN_FROM = 0.02
"""Part of a stage after which its own speed is used."""
TRUSTED_FROM = 0.3
"""Part of a stage after which the speed of earlier jobs is ignored."""
SMOOTHING = 0.3
"""Weight of a new estimate against the one before."""


class Speeds:
    """Wall-clock seconds per second of audio of this machine's last jobs, kept in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, stage: JobStage, weight: str = "") -> float | None:
        """The speed of a stage, None if not measured; recognition is measured by weight."""
        found = self._read().get(_key(stage, weight))
        return found if isinstance(found, float) and found > 0 else None

    def record(self, stage: JobStage, weight: str, seconds: float, audio_s: float) -> None:
        """Average a whole stage's speed with the one before; under 10 s of audio is ignored."""
        if audio_s < 10.0 or seconds <= 0.0:
            return
        known, speed = self._read(), seconds / audio_s
        before = known.get(_key(stage, weight), speed)
        known[_key(stage, weight)] = (before + speed) / 2
        try:
            self._path.write_text(json.dumps(known), encoding="utf-8")
        except OSError as error:
            logger.warning("the speed of %s could not be saved: %s", stage, in_one_line(error))

    def _read(self) -> dict[str, float]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


def _key(stage: JobStage, weight: str) -> str:
    return f"{stage}:{weight}" if stage is JobStage.RECOGNIZING else str(stage)


@dataclass(slots=True)
class Estimate:
    """Part done and time left of one job.

    Parameters
    ----------
    stages : those of this job, in order
    known : measured speeds of earlier jobs, by stage
    audio_s : seconds of the recording; 0 while it is not known
    """

    stages: Sequence[JobStage]
    known: dict[JobStage, float]
    audio_s: float = 0.0
    _left: float | None = None
    _estimated_at: float = 0.0
    _measured: dict[JobStage, float] = field(default_factory=dict)

    def overall(self, stage: JobStage, part: float) -> float:
        """Part of the whole job that is done, 0 to 1, by expected time.

        >>> stages = (JobStage.RECOGNIZING, JobStage.DIARIZING)
        >>> round(Estimate(stages, {}).overall(JobStage.DIARIZING, 0.5), 2)
        0.79
        """
        weights = {each: self._speed(each) for each in self.stages}
        position = self.stages.index(stage)
        done = sum(weights[each] for each in self.stages[:position]) + part * weights[stage]
        return min(1.0, done / sum(weights.values()))

    def remaining(
        self, stage: JobStage, part: float, begun: float, elapsed: float, now: float
    ) -> float | None:
        """Seconds to the job's end; None before anything is measured.

        Parameters
        ----------
        part : part of the stage that is done, 0 to 1
        begun : part that was done before `elapsed` began, as a stage may be resumed
        elapsed : seconds in the stage, with its models loaded
        now : seconds of any clock; time between two calls is taken off the estimate before
        """
        share = part - begun
        if self.audio_s > 0 and share >= KNOWN_FROM and elapsed > 0:
            trust = min(1.0, share / TRUSTED_FROM)
            own = elapsed / share / self.audio_s
            before = self.known.get(stage, own)
            self._measured[stage] = trust * own + (1.0 - trust) * before
        if self.audio_s <= 0 or not (self._measured or stage in self.known):
            return None
        rest = (1.0 - part) * self._speed(stage)
        rest += sum(self._speed(each) for each in self.stages[self.stages.index(stage) + 1 :])
        return self._smoothed(rest * self.audio_s, now)

    def _speed(self, stage: JobStage) -> float:
        """Seconds per second of audio: measured in this job, else in earlier ones, else typical."""
        found = self._measured.get(stage) or self.known.get(stage)
        return found or TYPICAL[stage] * self._slowness()

    def _slowness(self) -> float:
        """How slow this machine is in the stages it measured, as a ratio to TYPICAL."""
        measured = {**self.known, **self._measured}
        typical = sum(TYPICAL[stage] for stage in measured)
        return sum(measured.values()) / typical if typical else 1.0

    def _smoothed(self, left: float, now: float) -> float:
        if self._left is not None:
            expected = max(0.0, self._left - (now - self._estimated_at))
            left = SMOOTHING * left + (1.0 - SMOOTHING) * expected
        self._left, self._estimated_at = left, now
        return left
