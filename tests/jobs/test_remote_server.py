"""A recording sent to a server that fails: a weight of this machine goes on; the note says why."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from meetcore.asr.recognizer import Recognizer, RecognizerInfo
from meetcore.asr.registry import load_recognizer
from meetcore.asr.remote.request import RemoteServer
from meetcore.errors import ModelUnavailableError
from meetcore.jobs.executors.in_process import InProcessExecutor
from meetcore.jobs.lazy_models import LazyModels
from meetcore.jobs.transcribe_file import FileTranscription, transcribe_file
from meetcore.models.falling_back import FallingBackRecognizer
from meetcore.models.rungs import Loaders
from meetcore.records import JobOptions
from meetcore.settings import Settings
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver
from tests.asr.fakes import ScriptedRecognizer
from tests.conftest import SamplePaths
from tests.jobs.test_decoding import RecordingObserver
from tests.support.transcription_server import Reply, TranscriptionServer, answer, serving

SILENCE = answer({"text": ""})
HELLO = answer({"text": "Hello there, this comes from a server."})
REFUSED = answer({}, 401)

Run = Callable[[TranscriptionServer], FileTranscription]


@pytest.fixture
def models(
    settings_for: Callable[..., Settings], tmp_path: Path
) -> Callable[[TranscriptionServer], LazyModels]:
    """Models with a real client of the server, and local weights that hear nothing."""
    resolver = WeightResolver(tmp_path, offline=True)

    def local(weight: str) -> Recognizer:
        return ScriptedRecognizer(info=RecognizerInfo(weight, "fake", "cpu", "int8"))

    def build(server: TranscriptionServer) -> LazyModels:
        def recognizer(weight: str, threads: int) -> Recognizer:
            if weight != REMOTE:
                return local(weight)
            remote = load_recognizer(REMOTE, resolver, remote=RemoteServer(server.url, "large"))
            return FallingBackRecognizer(remote, lambda language: local("base.en"))

        def none(_: object) -> float:
            raise ModelUnavailableError("It is not needed here.")

        return LazyModels(settings_for(tmp_path), Loaders(recognizer, none, none))  # type: ignore[arg-type]

    return build


@pytest.mark.parametrize(
    ("replies", "note"),
    [
        ([SILENCE, HELLO], ""),
        ([REFUSED, HELLO], "refuses the key (401); check MEETCORE_REMOTE_KEY. base.en is used"),
        ([SILENCE, HELLO, REFUSED], "refuses the key (401)"),
        ([SILENCE, REFUSED, HELLO], "From there on base.en wrote the transcript."),
    ],
)
def test_the_note_says_why_and_the_next_recording_asks_again(
    models: Callable[[TranscriptionServer], LazyModels],
    sample_paths: SamplePaths,
    replies: list[Reply],
    note: str,
) -> None:
    options = JobOptions(recognizer=REMOTE, speakers=False)
    with serving(*replies) as server, closing(models(server)) as lazy:

        def transcribed() -> FileTranscription:
            observed = nullcontext(RecordingObserver())
            executor = InProcessExecutor(lazy)
            return transcribe_file(sample_paths.wav, options, executor, lambda stage: observed)

        found = transcribed()
        assert note in found.recognized.detail
        assert bool(found.recognized.detail) == bool(note)
        server.replies = [SILENCE, HELLO] if note else [HELLO]
        again = transcribed()
    assert again.recognized.detail == ""
    text = " ".join(segment.text for segment in again.segments)
    assert "Hello there, this comes from a server." in text
    assert again.recognized.weight == "large"
