"""Receives media files in a folder of the data folder and imports them as meetings."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from meetcore.jobs.submission import JobSubmission
from meetcore.records import JobOptions


class UploadFolder:
    """Receives files in a folder of the data folder, which is on the recordings' disk."""

    def __init__(self, data_dir: Path, submission: JobSubmission) -> None:
        self._folder = data_dir / "uploads"
        self._submission = submission

    @property
    def folder(self) -> Path:
        """Where a file may be written before it is imported; made if missing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def add(self, path: Path, name: str, options: JobOptions, title: str | None) -> str:
        """Move a file in and queue its job; gives the new meeting's id."""
        return self._submission.import_file(path, name, options, title)

    def add_bytes(self, data: bytes, title: str) -> str:
        """The same for a file in memory."""
        with NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(data)
        try:
            return self.add(Path(file.name), title, JobOptions(), title)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
