"""Facts about this machine: folders, clock, hub token and cache, Streamlit's settings."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from meetcore.diagnostics.facts.fact_types import FolderFacts, HubFacts, ServerFacts
from meetcore.installation import CONSTRAINTS, STREAMLIT_CONFIG

USAGE_REPORT_VARIABLES = ("PYANNOTE_METRICS_ENABLED", "STREAMLIT_BROWSER_GATHER_USAGE_STATS")
"""Environment variables that switch usage reports of libraries on or off."""
DAY_S = 86_400.0


def folder(path: Path) -> FolderFacts:
    """Free space and access of a folder, which is created where missing, as the app would."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"a test of write access")
            file.flush()
    except OSError as error:
        return FolderFacts(path, _free(path), error.strerror or type(error).__name__)
    return FolderFacts(path, _free(path))


def hub(token: str | None) -> HubFacts:
    """Whether a token of the right form is set (it is not kept), and the hub's cache folder."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    return HubFacts(
        has_token=bool(token),
        well_formed=not token or (token.startswith("hf_") and token == token.strip()),
        cache_dir=cache,
        cache_trouble=_write_error(cache),
    )


def environment() -> dict[str, str]:
    """The environment variables of USAGE_REPORT_VARIABLES that are set."""
    return {name: os.environ[name] for name in USAGE_REPORT_VARIABLES if name in os.environ}


def server() -> ServerFacts:
    """Streamlit's address and usage reports, from .streamlit/config.toml and the environment."""
    read: Mapping[str, Any] = {}
    with contextlib.suppress(OSError, tomllib.TOMLDecodeError):
        read = tomllib.loads(STREAMLIT_CONFIG.read_text(encoding="utf-8"))
    address = str(read.get("server", {}).get("address", ""))
    stats = bool(read.get("browser", {}).get("gatherUsageStats", True))
    override = os.environ.get("STREAMLIT_BROWSER_GATHER_USAGE_STATS")
    return ServerFacts(
        address=os.environ.get("STREAMLIT_SERVER_ADDRESS", address),
        usage_stats=stats if override is None else override.lower() not in ("0", "false"),
    )


def clock_trouble(*older_files: Path, now_s: float | None = None) -> str:
    """Why the clock is wrong: a file is newer than now; empty where none is."""
    now = time.time() if now_s is None else now_s
    for path in (CONSTRAINTS, *older_files):
        with contextlib.suppress(OSError):
            if now < path.stat().st_mtime - DAY_S:
                shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
                return f"The clock says {shown}, but {path.name} is newer than that."
    return ""


def _free(path: Path) -> int:
    for each in (path, *path.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(each).free
    return 0


def _write_error(path: Path) -> str:
    """Why a folder that may not exist yet could not be written; nothing is created."""
    existing = next((each for each in (path, *path.parents) if each.exists()), path)
    if not existing.is_dir():
        return f"{existing} is not a folder"
    return "" if os.access(existing, os.W_OK | os.X_OK) else "Permission denied"
