"""Folders, clock, hub and Streamlit's settings, as they are found on this machine."""

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

from meetcore.diagnostics.facts.records import FolderFacts, HubFacts, ServerFacts
from meetcore.installation import CONSTRAINTS, STREAMLIT_CONFIG

REPORTING = ("PYANNOTE_METRICS_ENABLED", "STREAMLIT_BROWSER_GATHER_USAGE_STATS")
"""Variables that switch reports of usage on or off."""
DAY_S = 86_400.0


def folder(path: Path) -> FolderFacts:
    """Room and access; a folder that is not there yet is made, as the app would."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"written to see whether it can be")
            file.flush()
    except OSError as error:
        return FolderFacts(path, _free(path), error.strerror or type(error).__name__)
    return FolderFacts(path, _free(path))


def hub(token: str | None) -> HubFacts:
    """The hub's token, by its looks only, and whether its cache can be written."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    cache = Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()
    return HubFacts(
        has_token=bool(token),
        well_formed=not token or (token.startswith("hf_") and token == token.strip()),
        cache_dir=cache,
        cache_trouble=_refusal(cache),
    )


def environment() -> dict[str, str]:
    """The variables of `REPORTING` that are set."""
    return {name: os.environ[name] for name in REPORTING if name in os.environ}


def server() -> ServerFacts:
    """What .streamlit/config.toml and the environment tell Streamlit."""
    read: Mapping[str, Any] = {}
    with contextlib.suppress(OSError, tomllib.TOMLDecodeError):
        read = tomllib.loads(STREAMLIT_CONFIG.read_text(encoding="utf-8"))
    address = str(read.get("server", {}).get("address", ""))
    stats = bool(read.get("browser", {}).get("gatherUsageStats", True))
    asked = os.environ.get("STREAMLIT_BROWSER_GATHER_USAGE_STATS")
    return ServerFacts(
        address=os.environ.get("STREAMLIT_SERVER_ADDRESS", address),
        usage_stats=stats if asked is None else asked.lower() not in ("0", "false"),
    )


def clock_trouble(*made_before: Path, now_s: float | None = None) -> str:
    """Why the clock cannot be right: it is behind what was made before; empty when it may be."""
    now = time.time() if now_s is None else now_s
    for path in (CONSTRAINTS, *made_before):
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


def _refusal(path: Path) -> str:
    """Why a folder that need not exist yet could not be written; nothing is made."""
    existing = next((each for each in (path, *path.parents) if each.exists()), path)
    if not existing.is_dir():
        return f"{existing} is not a folder"
    return "" if os.access(existing, os.W_OK | os.X_OK) else "Permission denied"
