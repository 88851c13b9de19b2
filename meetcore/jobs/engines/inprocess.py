"""An engine inside this process: for tests, and wherever no second process can be had."""

from __future__ import annotations

from meetcore.jobs.stages import Models, perform
from meetcore.jobs.tasks import Result, Task, Watch


class InProcessEngine:
    """Does the work on the caller's thread; see meetcore.jobs.tasks.Engine."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def run(self, task: Task, watch: Watch) -> Result:
        """The result of a task."""
        return perform(task, self._models, watch)

    @property
    def pid(self) -> None:
        """There is no process besides this one."""

    def renew(self) -> None:
        """The models are somebody else's to load."""

    def rest(self) -> None:
        """Nothing is held that costs anything."""

    def close(self) -> None:
        """The models are somebody else's to release."""
