"""Checks the options of `transcribe` and `open_session`."""

from __future__ import annotations

import re

from meetcore.records import JobOptions
from meetcore.weights.names import why_unknown_recognizer


def checked_language(language: str | None) -> str | None:
    """The ISO code in lower case; None for None or an empty text.

    Raises
    ------
    ValueError
        It is no ISO code; give one such as "de".
    """
    code = language.strip().lower() if language else ""
    if code and not re.fullmatch("[a-z]{2,3}", code):
        raise ValueError(f"language is {language!r}; expected an ISO code such as en or de.")
    return code or None


def check_recognizer(name: str) -> None:
    """Check that a weight has this name, or a file or folder this path; "" is accepted.

    Raises
    ------
    ValueError
        None has; the message lists the names.
    """
    if problem := why_unknown_recognizer(name):
        raise ValueError(problem)


def job_options(
    language: str | None,
    recognizer: str,
    speakers: bool | int,
    max_speakers: int | None,
    prompt: str,
) -> JobOptions:
    """The options of a second pass; see `transcribe` for the parameters.

    Raises
    ------
    ValueError
        One of them cannot be used; the message says what is expected.
    """
    check_recognizer(recognizer)
    return JobOptions(
        language=checked_language(language),
        recognizer=recognizer,
        speakers=speakers is not False,
        n_speakers=None if isinstance(speakers, bool) else speakers,
        max_speakers=max_speakers,
        prompt=prompt,
    )


def check_live_speakers(speakers: bool, max_speakers: int | None) -> None:
    """Check the number of speakers of a live session, which has an upper limit only.

    Raises
    ------
    ValueError
        `speakers` is a number, or `max_speakers` is below 1.
    """
    if not isinstance(speakers, bool):
        raise ValueError(
            f"speakers is {speakers!r}; a live session takes True or False, and the largest"
            " number of speakers as max_speakers."
        )
    JobOptions(max_speakers=max_speakers)
