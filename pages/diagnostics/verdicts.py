"""HTML and texts of verdicts: a coloured sign, a word, a count, the link to a source."""

from __future__ import annotations

from html import escape

from meetcore.diagnostics.findings import Verdict

SIGN = {Verdict.GREEN: "✓", Verdict.AMBER: "!", Verdict.RED: "✕"}
WORD = {Verdict.GREEN: "fine", Verdict.AMBER: "warning", Verdict.RED: "to fix"}


def dot(verdict: Verdict) -> str:
    """HTML of a verdict's sign; screen readers read its word.

    >>> dot(Verdict.RED)
    '<i class="meetcore-verdict red" role="img" aria-label="to fix">✕</i>'
    """
    return (
        f'<i class="meetcore-verdict {verdict}" role="img" aria-label="{WORD[verdict]}">'
        f"{SIGN[verdict]}</i>"
    )


def count_text(number: int, verdict: Verdict) -> str:
    """A number of findings of one verdict.

    >>> count_text(1, Verdict.RED), count_text(1, Verdict.AMBER), count_text(2, Verdict.AMBER)
    ('1 to fix', '1 warning', '2 warnings')
    """
    plural = "s" if verdict is Verdict.AMBER and number != 1 else ""
    return f"{number} {WORD[verdict]}{plural}"


def source_link(source: str) -> str:
    """HTML of a rule's source: a link where it is an address.

    >>> source_link("meetcore/weights/catalogue.toml")
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
