"""Plug-ins: registry rows name -> "module:attribute", own and from entry points.

Another installed package adds rows through an entry-point group (`[project.entry-points."…"]` in
its pyproject.toml). Rows are listed without importing anything; `Row.load` imports one.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from meetcore.errors import MeetcoreError, ModelUnavailableError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a registry.

    Parameters
    ----------
    name : what a setting selects it by
    target : "module:attribute", imported by `load`
    package : the installed package that adds it; empty for Meetcore's own rows
    """

    name: str
    target: str
    package: str = ""

    def load(self) -> Any:
        """Import the row's target.

        Raises
        ------
        ModelUnavailableError
            Another package's target cannot be imported; the message names the package.
        """
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except Exception as error:  # another package's module may raise anything
            if not self.package:
                raise
            raise self.failure(error) from error

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Around a call into the row's code: errors other than Meetcore's become `failure`.

        Those of Meetcore's own rows pass unchanged.

        Raises
        ------
        ModelUnavailableError
            Another package's code raised; the message names the package.
        """
        try:
            yield
        except MeetcoreError:
            raise
        except Exception as error:  # another package's code may raise anything
            if not self.package:
                raise
            raise self.failure(error) from error

    def failure(self, error: Exception) -> ModelUnavailableError:
        """An error of another package's code as one sentence with the remedy."""
        logger.warning("plug-in %s of %s failed: %s", self.name, self.package, type(error).__name__)
        return ModelUnavailableError(
            f"The plug-in {self.name} of the package {self.package} does not work"
            f" ({type(error).__name__}: {error}); update or uninstall that package."
        )


def registry_rows(own: Mapping[str, str], group: str) -> dict[str, Row]:
    """Rows by name: Meetcore's own in their order, then those of an entry-point group.

    A name of Meetcore's own, or one that an earlier package took, is not replaced.

    Parameters
    ----------
    own : names and their "module:attribute"
    group : name of the entry-point group
    """
    rows = {name: Row(name, target) for name, target in own.items()}
    for point in importlib.metadata.entry_points(group=group):
        package = point.dist.name if point.dist else point.module
        if point.name in rows:
            logger.info("plug-in %s of %s has a name already taken", point.name, package)
            continue
        rows[point.name] = Row(point.name, point.value, package)
    return rows
