"""Verdicts on a page: a colour, a sign, and a word."""

from __future__ import annotations

from html import escape

from meetcore.diagnostics.findings import Verdict

SIGN = {Verdict.GREEN: "✓", Verdict.AMBER: "!", Verdict.RED: "✕"}
WORD = {Verdict.GREEN: "fine", Verdict.AMBER: "to know", Verdict.RED: "to mend"}


def dot(verdict: Verdict) -> str:
    """HTML of a verdict's sign; screen readers read its word.

    >>> dot(Verdict.RED)
    '<i class="meetcore-verdict red" role="img" aria-label="to mend">✕</i>'
    """
    return (
        f'<i class="meetcore-verdict {verdict}" role="img" aria-label="{WORD[verdict]}">'
        f"{SIGN[verdict]}</i>"
    )


def counted(number: int, verdict: Verdict) -> str:
    """A number of findings in words.

    >>> counted(1, Verdict.RED), counted(2, Verdict.RED), counted(14, Verdict.GREEN)
    ('1 thing to mend', '2 things to mend', '14 fine')
    """
    if verdict is Verdict.RED:
        return f"{number} thing to mend" if number == 1 else f"{number} things to mend"
    return f"{number} {WORD[verdict]}"


def why(source: str) -> str:
    """HTML of a rule's source: a link where it is an address.

    >>> why("meetcore/weights/catalogue.toml")
    '<span class="source">Source: meetcore/weights/catalogue.toml</span>'
    """
    if not source:
        return ""
    if not source.startswith(("https://", "http://")):
        return f'<span class="source">Source: {escape(source)}</span>'
    return (
        f'<a class="source" href="{escape(source)}" target="_blank" rel="noopener noreferrer">'
        f"Why? {escape(source.split('/')[2])} ↗</a>"
    )
