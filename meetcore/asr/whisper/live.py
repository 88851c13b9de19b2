"""`open_streaming`: live recognition for any engine that continues a decoder prefix."""

from __future__ import annotations

from dataclasses import replace

from meetcore.asr.live_recognizer import LiveRecognizer
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.streaming.streaming_recognizer import StreamingRecognizer
from meetcore.asr.vad.silero import load_activity


def open_streaming(
    recognizer: Recognizer, language: str | None = None, options: StreamingOptions | None = None
) -> LiveRecognizer:
    """Forced-prefix streaming for one meeting, with a voice activity detector of its own.

    Parameters
    ----------
    recognizer : continues `RecognizeOptions.prefix_tokens`; may be shared with other meetings
    language : ISO code, or several with commas between, one of which is detected after each
        pause; None detects any, where the weight has several
    options : all others; None for the defaults
    """
    options = replace(options or StreamingOptions(), language=language)
    return StreamingRecognizer(recognizer, load_activity(), options)
