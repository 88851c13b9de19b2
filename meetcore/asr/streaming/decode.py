"""One decode of a live window: its audio at a usual level, and words on the recording's clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizedWord,
    RecognizeOptions,
    Recognizer,
)
from meetcore.asr.streaming.evidence import audio_at_usual_level
from meetcore.asr.streaming.local_agreement import plausible
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.streaming.window import DecodeWindow
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.records import SAMPLE_RATE


def decode(
    recognizer: Recognizer,
    window: DecodeWindow,
    speech: SpeechLog,
    language: str | None,
    options: StreamingOptions,
    position: int,
) -> Recognition:
    """Words after the committed ones of the window, in seconds since the recording began.

    Parameters
    ----------
    position : sample up to which the window is decoded

    Raises
    ------
    InferenceError
        The recognizer failed on the audio.
    """
    samples = audio_at_usual_level(window, speech, window.start, position)
    offset = (position - samples.shape[0]) / SAMPLE_RATE
    duration = samples.shape[0] / SAMPLE_RATE
    words = window.words
    fresh = duration - (words[-1].end - offset if words else 0.0)
    context = np.ceil(max(options.context, duration + options.slack))
    recognition = recognizer.recognize(
        samples,
        RecognizeOptions(
            language=language,
            prompt_tokens=window.prompt_tokens,
            prefix_tokens=window.prefix_tokens,
            context=min(MAX_CONTEXT, float(context)),
            max_new_tokens=6 + int(7 * max(fresh, 0.0)),
        ),
    )
    kept = plausible(recognition.words, duration)
    return replace(recognition, words=tuple(_shifted(word, offset) for word in kept))


def _shifted(word: RecognizedWord, offset: float) -> RecognizedWord:
    return replace(word, start=word.start + offset, end=word.end + offset)
