"""The facts that rules check: frozen records, filled by meetcore.diagnostics.facts.gather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from meetcore.checkpoints.pipeline_report import PipelineReport
from meetcore.diagnostics.facts.cuda_linkage import Accelerator, TorchBuild
from meetcore.diagnostics.facts.installed import version_in
from meetcore.diagnostics.findings import WeightReport
from meetcore.supervised import ThreadErrors

if TYPE_CHECKING:
    from meetcore.records import ModelsInUse
    from meetcore.settings import Settings


@dataclass(frozen=True, slots=True)
class ImportTrial:
    """The result of importing a library in a separate process."""

    module: str
    error: str = ""
    """Class and text of the error, or how the process ended; empty where the import worked."""
    note: str = ""
    """A detail that only the imported library has: "FFmpeg 8.0"."""


@dataclass(frozen=True, slots=True)
class HubFacts:
    """The Hugging Face hub's token and cache; the token itself is not kept."""

    has_token: bool = False
    well_formed: bool = True
    """Whether the token has the form of one."""
    cache_dir: Path | None = None
    cache_trouble: str = ""
    """Why the cache cannot be written; empty where it can."""


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """A folder Meetcore writes to."""

    path: Path
    free_bytes: int = 0
    trouble: str = ""
    """Why it cannot be written; empty where it can."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """Which migration the database is at."""

    revision: str | None = None
    """None for a database that does not exist yet."""
    head: str = ""
    """The newest revision of this version of Meetcore."""
    known: bool = True
    """Whether this version of Meetcore has the revision."""
    trouble: str = ""
    """Why it cannot be read; empty where it can."""


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Streamlit's configuration."""

    address: str = "127.0.0.1"
    usage_stats: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of this machine and installation; None or empty for what is not known."""

    python: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Installed distributions by normalized name."""
    tested: Mapping[str, str] = field(default_factory=dict)
    """Versions in constraints.txt by normalized name."""
    torch: TorchBuild | None = None
    accelerator: Accelerator = field(default_factory=Accelerator)
    trials: Mapping[str, ImportTrial] = field(default_factory=dict)
    """By module; empty where no import was tried."""
    settings: Settings | None = None
    settings_trouble: str = ""
    """Why the settings could not be read; empty where they could."""
    weights: tuple[WeightReport, ...] = ()
    weights_trouble: str = ""
    """Why the cache of weights could not be read; empty where it could."""
    pipeline: PipelineReport = field(default_factory=PipelineReport)
    """The pipeline in the settings, followed to every file it names; empty without one."""
    pipeline_config: str = ""
    """Text of config.yaml in the pipeline folder of the settings; empty without one."""
    hub: HubFacts = field(default_factory=HubFacts)
    environment: Mapping[str, str] = field(default_factory=dict)
    """Set environment variables that switch usage reports of libraries on or off."""
    folders: tuple[FolderFacts, ...] = ()
    clock_trouble: str = ""
    """Why the clock is wrong; empty where it is not."""
    database: DatabaseFacts | None = None
    server: ServerFacts = field(default_factory=ServerFacts)
    models: ModelsInUse | None = None
    """The loaded models; None on the command line and before they are loaded."""
    thread_errors: tuple[ThreadErrors, ...] = ()
    """What this process's threads met lately."""
    origin: str | None = None
    """Address under which the browser shows the page; None on the command line."""

    def version(self, name: str) -> str | None:
        """The installed version of a library; None where it is missing."""
        return version_in(self.versions, name)

    def tested_version(self, name: str) -> str | None:
        """The tested version of a library; None where constraints.txt does not list it."""
        return version_in(self.tested, name)

    @property
    def wants_speakers(self) -> bool:
        """Whether the settings ask for speakers."""
        return self.settings is None or self.settings.diarizer != "off"

    @property
    def hub_pipeline(self) -> str:
        """The id of the hub pipeline in the settings ("pyannote/…"); empty without one."""
        chosen = self.settings.diarizer if self.settings else "auto"
        named = "/" in chosen and not chosen.startswith(("/", ".", "~"))
        return chosen if named and not Path(chosen).exists() else ""
