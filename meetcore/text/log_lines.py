"""Log records of one line each: what a record quotes cannot begin a line that looks like another.

Source: https://owasp.org/www-community/attacks/Log_Injection
"""

from __future__ import annotations

import logging
import unicodedata

from meetcore.text.safe_traceback import safe_traceback

INDENT = "    | "
"""Before each line of a traceback."""
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})


def escaped(text: str) -> str:
    r"""The text with its control characters and line breaks written as escapes.

    >>> escaped("a\r\nERROR b\x1b[31m")
    'a\\x0d\\x0aERROR b\\x1b[31m'
    """
    if text.isprintable():
        return text
    return "".join(
        _escape(each) if unicodedata.category(each) in _BREAKING else each for each in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


class OneLineFormatter(logging.Formatter):
    """Another formatter's records in one line; the lines of a traceback are indented.

    Of a traceback only what `safe_traceback` keeps is written: an error of a library may quote
    what was said.

    Parameters
    ----------
    inner : writes the record
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and its traceback below it."""
        bare = logging.makeLogRecord({**record.__dict__})
        error = bare.exc_info[1] if bare.exc_info else None
        trace = safe_traceback(error) if error is not None else bare.exc_text or ""
        if bare.stack_info:
            trace = f"{trace}\n{self._inner.formatStack(bare.stack_info)}".strip()
        bare.exc_info = bare.exc_text = bare.stack_info = None
        lines = [escaped(self._inner.format(bare).rstrip("\n"))]
        return "\n".join([*lines, *(f"{INDENT}{escaped(each)}" for each in trace.splitlines())])


def write_one_line_records() -> None:
    """Give every handler of this process a OneLineFormatter; idempotent.

    Called when logging has been set up, by us and by the libraries that serve the app.
    """
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    handlers = {handler for logger in loggers for handler in logger.handlers}
    for handler in (*handlers, *filter(None, [logging.lastResort])):
        if not isinstance(handler.formatter, OneLineFormatter):
            handler.setFormatter(OneLineFormatter(handler.formatter or logging.Formatter()))
