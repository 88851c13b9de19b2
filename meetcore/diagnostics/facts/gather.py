"""Gathers the facts about installation and machine that diagnostic rules check."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from meetcore.checkpoints.pipeline_report import PipelineReport, examine_pipeline
from meetcore.diagnostics.facts import cuda_linkage, installed, machine
from meetcore.diagnostics.facts.fact_types import DatabaseFacts, Facts
from meetcore.diagnostics.facts.import_trials import try_imports
from meetcore.errors import MeetcoreError

if TYPE_CHECKING:
    from meetcore.settings import Settings

logger = logging.getLogger(__name__)

LONGEST_CONFIG = 65_536


def quick_facts(settings: Settings | None = None) -> Facts:
    """The facts that take less than a second: versions, files, folders; imports nothing heavy.

    Parameters
    ----------
    settings : Settings, optional
        Those in use; read from the environment where None.
    """
    trouble = ""
    if settings is None:
        settings, trouble = _settings()
    facts = Facts(
        python=installed.python_version(),
        versions=installed.installed_versions(),
        tested=installed.tested_versions(),
        torch=cuda_linkage.torch_build(),
        accelerator=cuda_linkage.accelerator(),
        settings=settings,
        settings_trouble=trouble,
        environment=machine.environment(),
        server=machine.server(),
        clock_trouble=machine.clock_trouble(),
    )
    return facts if settings is None else _of_settings(facts, settings)


def deep_facts(facts: Facts, raise_if_stopped: Callable[[], None] = lambda: None) -> Facts:
    """Quick facts, with every library imported in another process and every weight hashed again.

    Parameters
    ----------
    raise_if_stopped : callable
        Called between the parts; what it raises ends the work.
    """
    modules = [each.module for each in installed.LIBRARIES if each.module]
    facts = replace(facts, trials=try_imports(modules))
    raise_if_stopped()
    return (
        facts
        if facts.settings is None
        else _with_weights(facts, facts.settings, True, raise_if_stopped)
    )


def _of_settings(facts: Facts, settings: Settings) -> Facts:
    token = settings.hf_token.get_secret_value() if settings.hf_token else None
    facts = replace(
        facts,
        hub=machine.hub(token),
        folders=tuple(map(machine.folder, (settings.data_dir, settings.cache_dir))),
        clock_trouble=machine.clock_trouble(settings.recordings_dir),
        database=_database(settings.database),
        pipeline=_pipeline(settings, facts.version("pyannote-audio") or ""),
        pipeline_config=_pipeline_config(settings.diarizer),
    )
    return _with_weights(facts, settings, False, lambda: None)


def _settings() -> tuple[Settings | None, str]:
    try:
        from meetcore.settings import load_settings
    except ImportError as error:
        logger.info("the settings cannot be read: %s", error)
        return None, ""  # The missing library has a rule of its own.
    try:
        return load_settings(), ""
    except MeetcoreError as error:
        return None, str(error)


def _database(url: str) -> DatabaseFacts | None:
    try:
        from meetcore.store.migrate import migration_status
    except ImportError as error:
        logger.info("the database cannot be examined: %s", error)
        return None
    try:
        found = migration_status(url)
    except MeetcoreError as error:
        return DatabaseFacts(trouble=str(error))
    return DatabaseFacts(found.revision, found.head, found.known)


def _pipeline(settings: Settings, installed: str) -> PipelineReport:
    """The report on the pipeline of the settings; empty for a diarizer's name."""
    setting = settings.diarizer
    if "/" not in setting and not Path(setting).expanduser().exists():
        return PipelineReport()
    try:
        return examine_pipeline(setting, installed, settings.trusted_checkpoints)
    except (OSError, ImportError) as error:
        logger.info("the pipeline cannot be examined: %s", type(error).__name__)
        return PipelineReport()


def _pipeline_config(diarizer: str) -> str:
    with contextlib.suppress(OSError, UnicodeError):
        path = Path(diarizer).expanduser() / "config.yaml"
        return path.read_text(encoding="utf-8")[:LONGEST_CONFIG] if path.is_file() else ""
    return ""


def _with_weights(
    facts: Facts, settings: Settings, rehash: bool, raise_if_stopped: Callable[[], None]
) -> Facts:
    try:
        from meetcore.diagnostics.facts.weights_in_use import report
        from meetcore.weights.resolver import WeightResolver
    except ImportError as error:
        logger.info("the weights cannot be examined: %s", error)
        return facts
    resolver = WeightResolver(settings.cache_dir, offline=True)
    try:
        found = report(settings, resolver, rehash=rehash, raise_if_stopped=raise_if_stopped)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return replace(facts, weights_trouble=f"The cache of weights cannot be read ({reason}).")
    return replace(facts, weights=found)
