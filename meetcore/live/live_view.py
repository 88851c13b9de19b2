"""`live_snapshot`: what a page draws of a running meeting, from the views of its threads."""

from __future__ import annotations

from dataclasses import replace

from meetcore.audio.level import SILENCE_DB
from meetcore.live.intake import IntakeView
from meetcore.live.recognition import LiveRecognition
from meetcore.live.recognition_view import RecognitionView
from meetcore.live.speaker_names import SpeakerNames
from meetcore.live.step_width import keeps_up
from meetcore.records import SAMPLE_RATE, LiveHealth, LiveSnapshot, LiveState, Speaker
from meetcore.records.error_summary import ErrorSummary, combined


def live_snapshot(
    *,
    meeting_id: str,
    title: str,
    state: LiveState,
    intake: IntakeView,
    recognition: LiveRecognition,
    names: SpeakerNames,
    errors: ErrorSummary,
    unsaved_for: float,
    unsettled: float,
    version: int,
) -> LiveSnapshot:
    """The snapshot of this moment; cheap, from any thread.

    Parameters
    ----------
    errors : those of the meeting itself, without those of the models
    unsaved_for : seconds for which the store has refused
    unsettled : seconds that the second pass has not reached
    version : the meeting's own count of changes
    """
    # Read first: a change made meanwhile gets a new version, so that readers draw it.
    version += names.version
    view = recognition.view
    is_open = state is LiveState.LISTENING
    return LiveSnapshot(
        meeting_id=meeting_id,
        title=title,
        state=state,
        elapsed=intake.n_samples / SAMPLE_RATE,
        level_db=intake.level_db if is_open else SILENCE_DB,
        silent_for=intake.silent_samples / SAMPLE_RATE,
        segments=view.segments,
        shape=view.shape,
        merged=view.merged,
        tentative=view.tentative,
        tentative_speaker=view.tentative_speaker,
        speakers=_speakers(view, names),
        health=_health(
            view, intake, recognition, errors, state, unsaved_for=unsaved_for, unsettled=unsettled
        ),
        source=intake.source,
        gaps=view.gaps,
        language_note=recognition.language_note,
        version=version + view.version,
    )


def _speakers(view: RecognitionView, names: SpeakerNames) -> tuple[Speaker, ...]:
    """The speakers of the words in view, in the order in which they first spoke."""
    labels = (*view.labels, view.tentative_speaker)
    known = [names.speaker(label) for label in dict.fromkeys(labels) if label]
    return tuple(replace(each, number=place) for place, each in enumerate(known, start=1))


def _health(
    view: RecognitionView,
    intake: IntakeView,
    recognition: LiveRecognition,
    errors: ErrorSummary,
    state: LiveState,
    *,
    unsaved_for: float,
    unsettled: float,
) -> LiveHealth:
    backlog = max(0, intake.n_samples - view.recognized_samples) / SAMPLE_RATE
    loading = not recognition.has_session and state is not LiveState.STOPPED
    latency = recognition.latency
    errors = combined(recognition.errors, errors)
    return LiveHealth(
        frames_offered=intake.frames_offered,
        samples_on_disk=intake.n_samples,
        backlog=backlog,
        step=view.step,
        rtf=view.rtf,
        chunk_errors=errors.chunk_errors,
        recent_errors=errors.recent_errors,
        last_error=errors.last_error,
        last_traceback=errors.last_traceback,
        latency_p50=latency[0] if latency else None,
        latency_p95=latency[1] if latency else None,
        since_last_frame=intake.since_last_frame,
        keeping_up=loading or keeps_up(backlog),
        is_lighter=view.is_lighter,
        weight_changed_at=view.weight_changed_at,
        model_errors=view.model_errors,
        unsaved_for=unsaved_for,
        unsettled=unsettled,
    )
