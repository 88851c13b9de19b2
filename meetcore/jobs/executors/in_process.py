"""An executor that runs tasks on the caller's thread; used by tests and benches."""

from __future__ import annotations

from meetcore.jobs.growing_recordings import GrowingRecordings
from meetcore.jobs.perform_task import Models, perform
from meetcore.jobs.tasks import Result, Task, TaskObserver


class InProcessExecutor:
    """Runs tasks on the caller's thread and models; see meetcore.jobs.tasks.TaskExecutor."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._growing = GrowingRecordings()

    def run(self, task: Task, observer: TaskObserver) -> Result:
        """Run a task; blocks until it is done."""
        return perform(task, self._models, observer, self._growing)

    @property
    def pid(self) -> None:
        """None: there is no worker process."""

    def idle(self) -> None:
        """Nothing to do."""

    def reload_models(self) -> None:
        """Nothing to do: the caller loads the models."""

    def close(self) -> None:
        """Nothing to do: the caller closes the models."""
