"""Meetcore turns meetings into transcripts that say who said what, on your own machine.

    import meetcore

    transcript = meetcore.transcribe("talk.mp3")
    transcript.save("talk.docx")

    with meetcore.open_session() as session:
        for update in session.push(samples):
            print(update.words)

Importing this package is cheap: numpy, torch and the models are imported by the first call.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meetcore.errors import MeetcoreError
    from meetcore.python_api.live_session import LiveSession
    from meetcore.python_api.live_update import LiveUpdate
    from meetcore.python_api.session_opening import open_session
    from meetcore.python_api.transcript import Transcript
    from meetcore.python_api.transcription import transcribe
    from meetcore.records import Segment, Speaker, Turn, Word
    from meetcore.settings import Settings

__version__ = "0.2.0"

__all__ = [
    "LiveSession",
    "LiveUpdate",
    "MeetcoreError",
    "Segment",
    "Settings",
    "Speaker",
    "Transcript",
    "Turn",
    "Word",
    "__version__",
    "open_session",
    "transcribe",
]

_MODULES = {
    "LiveSession": "meetcore.python_api.live_session",
    "LiveUpdate": "meetcore.python_api.live_update",
    "MeetcoreError": "meetcore.errors",
    "Segment": "meetcore.records",
    "Settings": "meetcore.settings",
    "Speaker": "meetcore.records",
    "Transcript": "meetcore.python_api.transcript",
    "Turn": "meetcore.records",
    "Word": "meetcore.records",
    "open_session": "meetcore.python_api.session_opening",
    "transcribe": "meetcore.python_api.transcription",
}
"""Where each public name is defined; `__getattr__` imports it at the first use (PEP 562)."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
