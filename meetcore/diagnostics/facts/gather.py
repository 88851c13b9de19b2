"""Gathers facts; a part that a broken installation cannot give is left out, never raised."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from meetcore.diagnostics.facts import binaries, installed, machine
from meetcore.diagnostics.facts.import_trials import try_imports
from meetcore.diagnostics.facts.records import DatabaseFacts, Facts
from meetcore.errors import MeetcoreError

if TYPE_CHECKING:
    from meetcore.settings import Settings

logger = logging.getLogger(__name__)

LONGEST_CONFIG = 65_536


def quick_facts(settings: Settings | None = None) -> Facts:
    """What can be known within a second: versions, files, folders; nothing heavy is imported.

    Parameters
    ----------
    settings : those in force; read from the environment where none are given
    """
    trouble = ""
    if settings is None:
        settings, trouble = _settings()
    facts = Facts(
        python=installed.python_version(),
        versions=installed.installed_versions(),
        tested=installed.tested_versions(),
        torch=binaries.torch_build(),
        accelerator=binaries.accelerator(),
        settings=settings,
        settings_trouble=trouble,
        environment=machine.environment(),
        server=machine.server(),
        clock_trouble=machine.clock_trouble(),
    )
    return facts if settings is None else _of_settings(facts, settings)


def deep_facts(facts: Facts, between: Callable[[], None] = lambda: None) -> Facts:
    """The same, with every library imported in another process and every weight hashed again.

    Parameters
    ----------
    between : called now and then; may raise to give up
    """
    modules = [each.module for each in installed.LIBRARIES if each.module]
    facts = replace(facts, trials=try_imports(modules))
    between()
    return facts if facts.settings is None else _with_weights(facts, facts.settings, True, between)


def _of_settings(facts: Facts, settings: Settings) -> Facts:
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    facts = replace(
        facts,
        hub=machine.hub(token),
        folders=tuple(map(machine.folder, (settings.data_dir, settings.cache_dir))),
        clock_trouble=machine.clock_trouble(settings.recordings_dir),
        database=_database(settings.database),
        pipeline_config=_pipeline_config(settings.diarizer),
    )
    return _with_weights(facts, settings, False, lambda: None)


def _settings() -> tuple[Settings | None, str]:
    try:
        from meetcore.settings import load_settings
    except ImportError as error:
        logger.info("the settings cannot be read: %s", error)
        return None, ""  # The missing library is a finding of its own.
    try:
        return load_settings(), ""
    except MeetcoreError as error:
        return None, str(error)


def _database(url: str) -> DatabaseFacts | None:
    try:
        from meetcore.store.migrate import migration_status
    except ImportError as error:
        logger.info("the database cannot be looked at: %s", error)
        return None
    try:
        found = migration_status(url)
    except MeetcoreError as error:
        return DatabaseFacts(trouble=str(error))
    return DatabaseFacts(found.revision, found.head, found.known)


def _pipeline_config(diarizer: str) -> str:
    with contextlib.suppress(OSError, UnicodeError):
        path = Path(diarizer).expanduser() / "config.yaml"
        return path.read_text(encoding="utf-8")[:LONGEST_CONFIG] if path.is_file() else ""
    return ""


def _with_weights(
    facts: Facts, settings: Settings, rehash: bool, between: Callable[[], None]
) -> Facts:
    try:
        from meetcore.diagnostics.facts.weights_in_use import report
        from meetcore.weights.resolver import WeightResolver
    except ImportError as error:
        logger.info("the weights cannot be looked at: %s", error)
        return facts
    resolver = WeightResolver(settings.cache_dir, offline=True)
    try:
        found = report(settings, resolver, rehash=rehash, between=between)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return replace(facts, weights_trouble=f"The cache of weights cannot be read ({reason}).")
    return replace(facts, weights=found)
