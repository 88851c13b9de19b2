"""The second pass: a whole recording into a final transcript, names carried over."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from meetcore.errors import InferenceError, MeetcoreError, ModelUnavailableError
from meetcore.identifier import Identifier
from meetcore.records import SAMPLE_RATE, Samples, Segment, Speaker, Stage, Transcript, Turn
from meetcore.speakers.carry import match_speakers
from meetcore.speech.offline import OfflineOptions, PieceWords, recognize_recording
from meetcore.speech.silero import load_activity
from meetcore.transcript.attribution import attribute

logger = logging.getLogger(__name__)

Read = Callable[[int, int], Samples]
RECOGNIZING = 0.7
"""Share of the progress bar that the words take; the rest is for the speakers."""


class Stopped(Exception):
    """Raised by `progress` to end a pass early; it is taken up again another time."""


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
    progress : called with the part done, 0 to 1; may raise Stopped

    Raises
    ------
    ModelUnavailableError
        No recognizer is loaded.
    InferenceError
        The recognizer failed on every piece.
    """
    before = before or Transcript()
    pieces = _recognized(
        read, total_samples, identifier, language, lambda part: progress(RECOGNIZING * part)
    )
    missing = _missing(pieces)
    turns, why_no_turns = _turns(
        read,
        total_samples,
        identifier,
        lambda part: progress(RECOGNIZING + (1.0 - RECOGNIZING) * part),
    )
    words = [word for piece in pieces for word in piece.words]
    segments, speakers = carry_speakers(attribute(words, turns), before)
    rejected = tuple(text for piece in pieces for text in piece.rejected)
    progress(1.0)
    return SecondPass(
        Transcript(segments, speakers, Stage.FINAL, rejected),
        " ".join(part for part in (missing, why_no_turns) if part),
        language or next((piece.language for piece in pieces if piece.language), None),
    )


def _recognized(
    read: Read,
    total_samples: int,
    identifier: Identifier,
    language: str | None,
    progress: Callable[[float], None],
) -> list[PieceWords]:
    recognizer = identifier.recognizer
    if recognizer is None:
        raise ModelUnavailableError(identifier.models.reason)
    options = OfflineOptions(language=language)
    return list(
        recognize_recording(read, total_samples, recognizer, load_activity(), options, progress)
    )


def _missing(pieces: Sequence[PieceWords]) -> str:
    """A sentence on what the recognizer failed on; an error when that is everything."""
    failed = [piece for piece in pieces if piece.failed]
    if not failed:
        return ""
    if len(failed) == len(pieces):
        raise InferenceError("The recognizer failed on the whole recording; the log has the cause.")
    seconds = sum(piece.end_sample - piece.start_sample for piece in failed) / SAMPLE_RATE
    return f"The recognizer failed on {seconds:.0f} s of it; finish it again to retry."


def _turns(
    read: Read,
    total_samples: int,
    identifier: Identifier,
    progress: Callable[[float], None],
) -> tuple[tuple[Turn, ...], str]:
    """Who spoke when; none, and the reason, where nobody can tell.

    The except is broad because a diarizer's libraries raise anything, and a transcript without
    speakers is better than none.
    """
    if identifier.diarizer is None:
        return (), identifier.models.reason
    try:
        found = identifier.diarizer.diarize(read, total_samples, progress=progress)
    except Stopped:
        raise
    except Exception as error:
        logger.exception("the second pass goes on without speakers")
        why = str(error) if isinstance(error, MeetcoreError) else type(error).__name__
        return (), f"The speakers could not be told apart: {why}"
    return tuple(turn for turn in found.exclusive_turns if _is_sound(turn)), ""


def _is_sound(turn: Turn) -> bool:
    return math.isfinite(turn.start) and math.isfinite(turn.end) and turn.start < turn.end


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


def failure_sentence(error: Exception) -> str:
    """Why a pass failed, and what is left."""
    if isinstance(error, ModelUnavailableError):
        return f"{error} The recording is kept; finish it once a recognizer is there."
    known = isinstance(error, MeetcoreError)
    why = str(error) if known else f"The second pass failed ({type(error).__name__})."
    return f"{why} The recording and what was said live are kept."
