"""The second pass: a whole recording into a final transcript, names carried over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from meetcore.errors import MeetcoreError, ModelUnavailableError
from meetcore.identifier import Identifier
from meetcore.records import RejectedText, Samples, Segment, Speaker, Stage, Transcript, Turn, Word
from meetcore.speakers.carry import match_speakers
from meetcore.speech.offline import OfflineOptions, recognize_recording
from meetcore.speech.silero import load_activity
from meetcore.transcript.attribution import attribute

logger = logging.getLogger(__name__)

Read = Callable[[int, int], Samples]
RECOGNIZING = 0.7
"""Share of the progress bar that the words take; the rest is for the speakers."""


@dataclass(frozen=True, slots=True)
class SecondPass:
    """A final transcript, and what it lacks, in one sentence."""

    transcript: Transcript
    detail: str = ""
    language: str | None = None


def run_second_pass(
    read: Read,
    total_samples: int,
    identifier: Identifier,
    *,
    before: Transcript | None = None,
    language: str | None = None,
    progress: Callable[[float], None] = lambda part: None,
) -> SecondPass:
    """Recognize a recording in full context, diarize it as a whole, and attribute the words.

    Parameters
    ----------
    read : gives the samples between two positions, shape (n,), float32, 16 kHz
    before : the provisional transcript, whose speakers and names carry over
    progress : called with the part done, 0 to 1

    Raises
    ------
    ModelUnavailableError
        No recognizer is loaded.
    """
    before = before or Transcript()
    recognizer = identifier.recognizer
    if recognizer is None:
        raise ModelUnavailableError(identifier.models.reason)
    words: list[Word] = []
    rejected: list[RejectedText] = []
    for piece in recognize_recording(
        read,
        total_samples,
        recognizer,
        load_activity(),
        OfflineOptions(language=language),
        lambda part: progress(RECOGNIZING * part),
    ):
        words.extend(piece.words)
        rejected.extend(piece.rejected)
        language = language or piece.language
    turns, detail = _turns(
        read,
        total_samples,
        identifier,
        lambda part: progress(RECOGNIZING + (1.0 - RECOGNIZING) * part),
    )
    segments, speakers = carry_speakers(attribute(words, turns), before)
    transcript = Transcript(segments, speakers, Stage.FINAL, tuple(rejected))
    progress(1.0)
    return SecondPass(transcript, detail, language)


def _turns(
    read: Read,
    total_samples: int,
    identifier: Identifier,
    progress: Callable[[float], None],
) -> tuple[tuple[Turn, ...], str]:
    """Who spoke when; none, and the reason, where nobody can tell."""
    if identifier.diarizer is None:
        return (), identifier.models.reason
    try:
        found = identifier.diarizer.diarize(read, total_samples, progress=progress)
    except MeetcoreError as error:
        logger.exception("the second pass goes on without speakers")
        return (), f"The speakers could not be told apart: {error}"
    return found.exclusive_turns, ""


def carry_speakers(
    segments: Sequence[Segment], before: Transcript
) -> tuple[tuple[Segment, ...], tuple[Speaker, ...]]:
    """Final segments under the labels and names their speakers had in the live transcript.

    A speaker who has no counterpart gets the next free label.
    """
    labels = match_speakers(before.segments, segments)
    taken = {speaker.label for speaker in before.speakers} | set(labels.values())
    taken |= {segment.speaker for segment in before.segments if segment.speaker}
    for segment in segments:
        if segment.speaker is not None and segment.speaker not in labels:
            labels[segment.speaker] = _free_label(taken)
            taken.add(labels[segment.speaker])
    moved = tuple(
        replace(segment, speaker=labels[segment.speaker]) if segment.speaker else segment
        for segment in segments
    )
    names = {speaker.label: speaker.name for speaker in before.speakers}
    used = dict.fromkeys(segment.speaker for segment in moved if segment.speaker)
    return moved, tuple(Speaker(label, names.get(label)) for label in used)


def _free_label(taken: set[str]) -> str:
    number = 1
    while f"S{number}" in taken:
        number += 1
    return f"S{number}"
