"""`meetcore.transcribe`: one recording to a transcript, without a store or a server."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.audio.media_files import stated_length
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.jobs.lazy_models import LazyModels
from meetcore.jobs.tasks import TaskStopped
from meetcore.jobs.transcribe_file import FileTranscription, transcribe_file
from meetcore.python_api.options import job_options
from meetcore.python_api.samples import AudioSource, as_file
from meetcore.python_api.transcript import Transcript
from meetcore.records import SAMPLE_RATE, JobOptions, JobStage, RejectedText, Stage
from meetcore.settings import Settings, load_settings
from meetcore.text.languages import only_language
from meetcore.text.names import title_of
from meetcore.thread_counts import CallersThreadCounts
from meetcore.transcript.reattribution import speakers_of

OnProgress = Callable[[str, float], None]
"""Called with a stage ("decoding", "recognizing", "diarizing", "attributing") and how much of
it is done, 0 to 1; what it raises ends the transcription and reaches the caller."""


def transcribe(
    source: AudioSource,
    *,
    language: str | None = None,
    recognizer: str = "",
    speakers: bool | int = True,
    max_speakers: int | None = None,
    prompt: str = "",
    on_progress: OnProgress | None = None,
    settings: Settings | None = None,
    sample_rate: int = SAMPLE_RATE,
) -> Transcript:
    """The transcript of one recording; loads the models, and closes them at the end.

    torch and BLAS run on one thread each meanwhile. Silence gives an empty transcript.

    Parameters
    ----------
    source : path, binary file, or np.ndarray, shape (n_samples,), float32, mono, 16 kHz
    language : ISO code, or several with commas ("de,en"), one of which each stretch is in; None
        takes those of the settings, else detects any; "auto" detects any
    recognizer : name of a weight, or a path to one; empty takes the one of the settings
    speakers : True tells speakers apart, an int finds exactly so many, False skips it
    max_speakers : largest number of speakers; not together with an exact number
    prompt : names and terms that the recording may hold
    on_progress : see OnProgress
    settings : None reads them from the environment and `.env`
    sample_rate : of samples, in Hz; only 16000 is accepted

    Raises
    ------
    AudioDecodeError, InferenceError
        The source is no audio, or the recognizer failed on all of it; the message says which.
    ModelUnavailableError
        No recognizer loads; the message holds the remedy. `notes` says why there are no speakers.
    SettingsError, ValueError, TypeError
        A setting, an option or the samples cannot be used; the message says what is expected.
    """
    settings, observer = settings or load_settings(), _Observer(on_progress)
    options = job_options(language or settings.language, recognizer, speakers, max_speakers, prompt)
    return _transcribed(source, options, settings, observer, sample_rate)


def _transcribed(
    source: AudioSource,
    options: JobOptions,
    settings: Settings,
    observer: _Observer,
    sample_rate: int,
) -> Transcript:
    """Run the pass on a copy of the source, or on its file."""
    with tempfile.TemporaryDirectory(prefix="meetcore-source-") as name, CallersThreadCounts():
        path = as_file(source, Path(name), sample_rate)
        stated_length(path)  # a file that cannot be read is refused before models begin to load
        with closing(LazyModels(settings)) as models:
            try:
                done = transcribe_file(path, options, InProcessExecutor(models), observer.during)
            except _CallbackFailed as stop:
                raise stop.error from None
    title = "" if isinstance(source, np.ndarray) else title_of(path.name)
    return _transcript(done, observer, options, title)


class _CallbackFailed(TaskStopped):
    """Carries an error of the caller's `on_progress` through the pass."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class _Observer:
    """Passes progress on; keeps what `FileTranscription` lacks: language and rejected text."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._stage = JobStage.DECODING
        self.language: str | None = None
        self.rejected: list[RejectedText] = []

    @contextmanager
    def during(self, stage: JobStage) -> Iterator[_Observer]:
        """Observe one stage, from 0 to 1."""
        self._stage = stage
        self.progress(0.0)
        yield self
        self.progress(1.0)

    def poll(self) -> None:
        """Nothing: a caller ends the work by an error in its callback."""

    def progress(self, part: float) -> None:
        """Report how much of the stage is done, 0 to 1."""
        if self._on_progress is None:
            return
        try:
            self._on_progress(self._stage.value, part)
        except Exception as error:
            # A diarizer's errors are survived; only TaskStopped ends the pass in every stage.
            raise _CallbackFailed(error) from error

    def piece(self, words: PieceWords) -> None:
        """Keep the language and the rejected text of a piece."""
        self.language = self.language or words.language
        self.rejected += words.rejected


def _transcript(
    done: FileTranscription, observer: _Observer, options: JobOptions, title: str
) -> Transcript:
    return Transcript(
        segments=done.segments,
        speakers=speakers_of(done.segments, ()),
        stage=Stage.FINAL,
        rejected=tuple(observer.rejected),
        title=title,
        turns=done.turns,
        language=only_language(options.language) or observer.language,
        duration=done.audio_s,
        recognizer=done.recognized.recognizer,
        notes=tuple(
            filter(None, (done.decoded.detail, done.recognized.detail, done.diarized.detail))
        ),
    )
