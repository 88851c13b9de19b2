"""Says why a recognizer weight's name is unknown."""

from __future__ import annotations

from pathlib import Path

from meetcore.weights.catalogue import load_catalogue

REMOTE = "remote"
"""What a server's model is chosen by; it has no files here."""

BETTER = "better"
"""What several weights whose words are joined by vote are chosen by."""
VOTERS = ("base.en", "moonshine-base", "tiny.en")
"""The weights that vote in BETTER, the most accurate one first."""
WITHOUT_FILES = (REMOTE, BETTER)
"""Names that can be chosen as a recognizer, and are no weights of the catalogue."""


def why_unknown_recognizer(name: str) -> str:
    """Why no weight has this name, in one sentence; empty for one that exists, a path, or "".

    >>> why_unknown_recognizer("tiny.en"), why_unknown_recognizer("small.xx")[:38]
    ('', "No recognizer is called 'small.xx'. Ch")
    """
    known = [w.name for w in load_catalogue().weights.values() if w.role == "recognizer"]
    if not name or name in (*known, *WITHOUT_FILES) or Path(name).expanduser().exists():
        return ""
    return f"No recognizer is called {name!r}. Choose one of {', '.join(known)}, or give a path."
