"""Checks the options of `transcribe` and `open_session`."""

from __future__ import annotations

from meetcore.records import JobOptions
from meetcore.text.languages import language_choice
from meetcore.weights.names import why_unknown_recognizer


def checked_language(language: str | None) -> str | None:
    """The ISO codes, with commas between, of languages given as codes or English names.

    None for None, "" and "auto".

    Raises
    ------
    ValueError
        Whisper has no such language; the message suggests some.
    """
    return language_choice(language)


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
