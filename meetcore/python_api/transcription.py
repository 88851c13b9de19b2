"""`meetcore.transcribe`: one recording to a transcript, without a store or a server."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.audio.media_files import announced
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.jobs.lazy_models import LazyModels
from meetcore.jobs.tasks import TaskStopped
from meetcore.jobs.transcribe_file import FileTranscription, transcribe_file
from meetcore.python_api.samples import AudioSource, as_file
from meetcore.python_api.transcript import Transcript
from meetcore.records import SAMPLE_RATE, JobOptions, JobStage, RejectedText, Stage
from meetcore.settings import Settings, load_settings
from meetcore.text.names import title_of
from meetcore.transcript.reattribution import speakers_of
from meetcore.weights.names import unknown_recognizer

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
    """The transcript of one recording, by the same offline pass that uploads go through.

    Models are loaded for each call; missing weights are fetched. Silence gives an empty
    transcript. torch and BLAS run on one thread each meanwhile; the caller's limits come back.

    Parameters
    ----------
    source : path, binary file, or np.ndarray of shape (n_samples,), float32, mono, 16 kHz
        Any audio or video that FFmpeg reads; samples as they are.
    language : str, optional
        ISO code ("de"); None takes the one of the settings, else detects it where the weight can.
    recognizer : str
        Name of a weight, or a path to one; empty takes the one of the settings.
    speakers : bool or int
        True tells speakers apart, an int finds exactly so many, False skips it.
    max_speakers : int, optional
        Largest number of speakers; not together with an exact number.
    prompt : str
        Names and terms that the recording may hold.
    on_progress : callable, optional
        See OnProgress.
    settings : Settings, optional
        None reads them from the environment and `.env`.
    sample_rate : int
        Of samples, in Hz; only 16000 is accepted.

    Raises
    ------
    AudioDecodeError
        The file is missing, is not media, or has no audio track; the message says which.
    ModelUnavailableError
        No recognizer could be loaded; the message holds the remedy. Without a diarizer the
        transcript has no speakers, and `notes` says why.
    InferenceError
        The recognizer failed on the whole recording.
    SettingsError
        A setting in the environment does not fit.
    ValueError, TypeError
        An option or the samples cannot be used; the message says what is expected.
    """
    settings = settings or load_settings()
    options = _options(language or settings.language, recognizer, speakers, max_speakers, prompt)
    observer = _Observer(on_progress)
    done, title = _single_pass(source, options, settings, observer, sample_rate)
    return _transcript(done, observer, options, title)


def _single_pass(
    source: AudioSource,
    options: JobOptions,
    settings: Settings,
    observer: _Observer,
    sample_rate: int,
) -> tuple[FileTranscription, str]:
    """The result of the pass, and the title after the file's name."""
    with tempfile.TemporaryDirectory(prefix="meetcore-source-") as name, _thread_limits_kept():
        path = as_file(source, Path(name), sample_rate)
        announced(path)  # a file that cannot be read is refused before models begin to load
        try:
            done = transcribe_file(
                path, options, InProcessExecutor(LazyModels(settings)), observer.during
            )
        except _CallbackFailed as stop:
            raise stop.error from None
    return done, "" if isinstance(source, np.ndarray) else title_of(path.name)


def _options(
    language: str | None,
    recognizer: str,
    speakers: bool | int,
    max_speakers: int | None,
    prompt: str,
) -> JobOptions:
    code = language.strip().lower() if language else None
    if code is not None and not re.fullmatch("[a-z]{2,3}", code):
        raise ValueError(f"language is {language!r}; expected an ISO code such as en or de.")
    if problem := unknown_recognizer(recognizer):
        raise ValueError(problem)
    return JobOptions(
        language=code,
        recognizer=recognizer,
        speakers=speakers is not False,
        n_speakers=None if isinstance(speakers, bool) else speakers,
        max_speakers=max_speakers,
        prompt=prompt,
    )


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


@contextmanager
def _thread_limits_kept() -> Iterator[None]:
    """Give the caller's BLAS and torch their numbers of threads back at the end."""
    from threadpoolctl import threadpool_limits

    torch = sys.modules.get("torch")
    # Another thread may be importing torch just now, so that it lacks the function yet.
    count = getattr(torch, "get_num_threads", None)
    threads = count() if count is not None else None
    try:
        with threadpool_limits(limits=None, user_api="blas"):
            yield
    finally:
        if torch is not None and threads is not None:
            torch.set_num_threads(threads)


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
        language=options.language or observer.language,
        duration=done.audio_s,
        notes=tuple(filter(None, (done.recognized.detail, done.diarized.detail))),
    )
