"""A log record is one line, whatever it quotes."""

from __future__ import annotations

import importlib
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meetcore
from meetcore.errors import MeetcoreError, StoreError
from meetcore.text.log_lines import INDENT, OneLineFormatter, write_one_line_records
from meetcore.text.safe_traceback import in_one_line

FORGED = "x\r\n2026-11-26 ERROR meetcore: forged\x1b[2K\u2028\x85y"


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger, and what its handler wrote."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("tests.log_lines")
    logger.addHandler(handler)
    logger.propagate = False
    write_one_line_records()
    write_one_line_records()
    yield logger, stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_a_quoted_line_break_is_escaped(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.warning("an upload named %s", FORGED)
    assert stream.getvalue().splitlines() == [
        "WARNING tests.log_lines: an upload named x\\x0d\\x0a2026-11-26 ERROR meetcore:"
        " forged\\x1b[2K\\u2028\\x85y"
    ]


def test_the_lines_of_a_traceback_are_indented(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written
    try:
        raise ValueError(FORGED)
    except ValueError:
        logger.exception("failed")
    first, *rest = stream.getvalue().splitlines()
    assert first == "ERROR tests.log_lines: failed" and len(rest) >= 3
    assert all(line.startswith(INDENT) for line in rest)


def test_a_traceback_quotes_no_error_of_a_library(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written
    for error in (ValueError("spoken words"), OSError(28, "No space left on device", "Ada.wav")):
        try:
            raise StoreError("The database is locked.") from error
        except StoreError:
            logger.exception("failed")
    text = stream.getvalue()
    assert "spoken words" not in text and "Ada.wav" not in text
    for kept in ("ValueError", "The database is locked.", "No space left on device"):
        assert kept in text


def every_error(kind: type[MeetcoreError] = MeetcoreError) -> Iterator[type[MeetcoreError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from every_error(each)


LOGGED = {
    *("SettingsError", "StoreError", "StoreUnavailableError", "DamagedRowError"),
    *("ModelUnavailableError", "WeightUnavailableError", "SourceFailedError"),
    *("WorkerDiedError", "StalledTaskError"),
}
"""Errors whose texts name settings, weights and the database, no meeting's file and no person."""


def test_only_errors_that_name_no_file_and_no_person_are_logged_with_their_text(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    root = Path(meetcore.__path__[0])
    for path in root.rglob("*.py"):
        if re.search(r"^class \w+\(\w+Error\):", path.read_text(), re.MULTILINE):
            name = path.relative_to(root.parent).with_suffix("")
            importlib.import_module(".".join(name.parts))
    kinds = [kind for kind in every_error() if kind.__module__.startswith("meetcore")]
    assert len(kinds) > 15
    logger, stream = written
    quoting = ValueError("Anna Schmidt")
    for kind in kinds:
        error = kind.__new__(kind, "Anna Schmidt salary talk.wav cannot be read.")
        try:
            raise error from quoting
        except MeetcoreError:
            logger.exception("failed with %s", in_one_line(error))
        text = stream.getvalue()
        assert ("Anna Schmidt" in text) == (kind.__name__ in LOGGED), kind
        stream.seek(0)
        stream.truncate()


@given(st.text())
def test_any_message_is_one_line(text: str) -> None:
    record = logging.LogRecord("a", logging.INFO, "", 0, text.replace("%", "%%"), (), None)
    line = OneLineFormatter(logging.Formatter("%(message)s")).format(record)
    assert len(line.splitlines()) <= 1
    line.encode()


def test_a_process_of_our_own_escapes_too() -> None:
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    write_one_line_records()
    assert all(isinstance(each.formatter, OneLineFormatter) for each in logging.root.handlers)
    for handler, before in zip(logging.getLogger().handlers, formatters, strict=True):
        handler.setFormatter(before)
