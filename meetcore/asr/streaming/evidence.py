"""What the recognizer is given of a live window, and what the gate judges its text by."""

from __future__ import annotations

from meetcore.asr.hallucination import Evidence
from meetcore.asr.recognizer import MAX_CONTEXT
from meetcore.asr.streaming.window import DecodeWindow
from meetcore.asr.vad.levels import gain_db, scaled
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.records import SAMPLE_RATE, Samples


def audio_at_usual_level(
    window: DecodeWindow, speech: SpeechLog, start: int, position: int
) -> Samples:
    """Audio of the window between two positions, scaled so that its speech has a usual level.

    Returns
    -------
    np.ndarray, shape (n_samples,), float32, 16 kHz; the last MAX_CONTEXT seconds of it
    """
    level_db = speech.summary(start, position).level_db
    samples = scaled(window.audio(start, position), float(gain_db(level_db)))
    return samples[-round(MAX_CONTEXT * SAMPLE_RATE) :]


def evidence_of(
    window: DecodeWindow, speech: SpeechLog, transcribed: int, position: int
) -> Evidence:
    """Level of the audio that is not transcribed yet, scaled as above; speech of the window."""
    summary = speech.summary(window.start, position)
    level_db = window.level_db(transcribed, position) + float(gain_db(summary.level_db))
    return Evidence(level_db, summary.probability, summary.seconds)
