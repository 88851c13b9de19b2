"""Errors of the database as StoreError: what failed, why, and what to do; never what was stored."""

from __future__ import annotations

from json import JSONDecodeError

from alembic.util import CommandError
from filelock import Timeout
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from meetcore.errors import StoreError, StoreUnavailableError, causes
from meetcore.installation import command

_FREE_OR_RIGHTS = "Check the free space and the access rights of its folder, then try again."
_DAMAGED = (
    f"Run `{command('check --repair')}`, which says and mends what it can;"
    f" `{command('restore FILE')}` takes a backup back, or a daily copy from the folder copies."
)
_REASONS: dict[str, tuple[str, str]] = {
    "SQLITE_BUSY": ("another program has locked it", "Close that program, then try again."),
    "SQLITE_LOCKED": ("another program has locked it", "Close that program, then try again."),
    "SQLITE_FULL": ("the disk is full", "Free some space, then try again."),
    "SQLITE_READONLY": ("it is read-only", _FREE_OR_RIGHTS),
    "SQLITE_CANTOPEN": ("it cannot be opened", _FREE_OR_RIGHTS),
    "SQLITE_PERM": ("access is denied", _FREE_OR_RIGHTS),
    "SQLITE_IOERR": ("the disk failed", _FREE_OR_RIGHTS),
    "SQLITE_CORRUPT": ("it is damaged", _DAMAGED),
    "SQLITE_ERROR": ("a table or the search index is damaged", _DAMAGED),
    "SQLITE_NOTADB": ("file is not a database", _DAMAGED),
}
"""Reason and next step by the beginning of SQLite's error name."""


def store_error(what: str, url: URL, error: Exception) -> StoreError:
    """The StoreError for an error of the database or of what it holds.

    The messages of SQLite and SQLAlchemy repeat values, so that only their names are used.
    """
    where = url.render_as_string(hide_password=True)
    if isinstance(error, CommandError):
        return StoreError(
            f"The database {where} was made by a newer Meetcore ({error})."
            " Update Meetcore, or set MEETCORE_DATABASE_URL to another database."
        )
    reason, advice = _reason(error)
    lasts = isinstance(error, IntegrityError | UnicodeEncodeError) or advice == _DAMAGED
    kind = StoreError if lasts else StoreUnavailableError
    return kind(f"The database {where} refused a {what} ({reason}). {advice}")


def without_content(error: Exception) -> Exception:
    """The error, with its causes, after everything that may quote stored text is removed."""
    for each in causes(error):
        if isinstance(each, StoreError | OSError | CommandError):
            continue
        each.args = (type(each).__name__,)
        if isinstance(each, JSONDecodeError):
            each.doc = ""
        elif isinstance(each, UnicodeDecodeError | UnicodeEncodeError):
            each.object = b"" if isinstance(each, UnicodeDecodeError) else ""
        elif isinstance(each, StatementError):
            each.statement = each.params = each.orig = None
    return error


def _reason(error: Exception) -> tuple[str, str]:
    if isinstance(error, Timeout):
        return "another Meetcore is changing it", "Wait a moment, then try again."
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__, _FREE_OR_RIGHTS
    if isinstance(error, IntegrityError):
        return "such an entry exists already, or what it belongs to is gone", "Reload the page."
    if not isinstance(error, DBAPIError):
        return type(error).__name__, _DAMAGED
    code = getattr(error.orig, "sqlite_errorname", "") or ""
    found = (reason for name, reason in _REASONS.items() if code.startswith(name))
    return next(found, (code or type(error.orig).__name__, _FREE_OR_RIGHTS))
