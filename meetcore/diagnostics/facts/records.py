"""Everything the rules look at, gathered beforehand: they judge facts and touch nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from meetcore.diagnostics.facts.binaries import Accelerator, TorchBuild
from meetcore.diagnostics.facts.installed import version_in
from meetcore.diagnostics.findings import WeightReport

if TYPE_CHECKING:
    from meetcore.records import ModelsInUse
    from meetcore.settings import Settings


@dataclass(frozen=True, slots=True)
class ImportTrial:
    """What happened when a process of its own imported a library."""

    module: str
    error: str = ""
    """Class and text of what it raised, or how the process died; empty when it worked."""
    note: str = ""
    """What only the loaded library tells: "FFmpeg 8.0"."""


@dataclass(frozen=True, slots=True)
class HubFacts:
    """The model hub's token and cache; the token itself is never kept here."""

    has_token: bool = False
    well_formed: bool = True
    """Whether it begins as tokens do."""
    cache_dir: Path | None = None
    cache_trouble: str = ""
    """Why the cache cannot be written; empty when it can."""


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """A folder Meetcore writes to."""

    path: Path
    free_bytes: int = 0
    trouble: str = ""
    """Why nothing can be written there; empty when it can."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """Where the database stands among its migrations."""

    revision: str | None = None
    """None for one that is not made yet."""
    head: str = ""
    known: bool = True
    """Whether this version of Meetcore knows the revision."""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What Streamlit was told."""

    address: str = "127.0.0.1"
    usage_stats: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of this machine and installation; parts that could not be had are None."""

    python: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Installed distributions by normalized name."""
    tested: Mapping[str, str] = field(default_factory=dict)
    torch: TorchBuild | None = None
    accelerator: Accelerator = field(default_factory=Accelerator)
    trials: Mapping[str, ImportTrial] = field(default_factory=dict)
    """By module; empty until they were made."""
    settings: Settings | None = None
    settings_trouble: str = ""
    weights: tuple[WeightReport, ...] = ()
    weights_trouble: str = ""
    pipeline_config: str = ""
    """Text of the config.yaml of the pipeline folder that the settings name."""
    hub: HubFacts = field(default_factory=HubFacts)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that switch reports of usage on or off."""
    folders: tuple[FolderFacts, ...] = ()
    clock_trouble: str = ""
    database: DatabaseFacts | None = None
    server: ServerFacts = field(default_factory=ServerFacts)
    models: ModelsInUse | None = None
    """What is loaded, where the app itself asks."""
    origin: str | None = None
    """Address under which a browser has the page, where one does."""

    def version(self, name: str) -> str | None:
        """The installed version of a library."""
        return version_in(self.versions, name)

    def tested_version(self, name: str) -> str | None:
        """The version of a library that was tested with the others."""
        return version_in(self.tested, name)

    @property
    def wants_speakers(self) -> bool:
        """Whether the settings ask for speakers."""
        return self.settings is None or self.settings.diarizer != "off"

    @property
    def hub_pipeline(self) -> str:
        """The id of the hub's pipeline that the settings ask for; empty for none."""
        chosen = self.settings.diarizer if self.settings else "auto"
        named = "/" in chosen and not chosen.startswith(("/", ".", "~"))
        return chosen if named and not Path(chosen).exists() else ""
