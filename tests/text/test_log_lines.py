"""A log record is one line, whatever it quotes."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.errors import StoreError
from meetcore.text.log_lines import INDENT, OneLineFormatter, write_one_line_records

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
