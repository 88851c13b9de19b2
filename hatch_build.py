"""Build hook: the package's dependencies are read from the requirements files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsHook(MetadataHookInterface):
    """Fills `dependencies` and the extras `dev` and `docs`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling with the [project] table, which is changed in place."""
        metadata["dependencies"] = self._requirements("requirements.txt")
        metadata["optional-dependencies"] = {
            extra: self._requirements(f"requirements-{extra}.txt") for extra in ("dev", "docs")
        }

    def _requirements(self, name: str) -> list[str]:
        lines = (Path(self.root) / name).read_text(encoding="utf-8").splitlines()
        return [line.strip() for line in lines if line.strip() and line[0] not in "#-"]
