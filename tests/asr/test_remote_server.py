"""A recognizer on a real HTTP server: what is sent, what comes back, how each failure reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.responses import Response

from meetcore.asr.engines.remote import RemoteRecognizer
from meetcore.asr.offline.recognize_recording import OfflineRecognitionOptions, recognize_recording
from meetcore.asr.recognizer import RecognizeOptions, Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.asr.remote.request import RemoteServer, RemoteTranscription
from meetcore.asr.vad.silero import load_activity
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.metrics.wer import word_errors
from meetcore.models.falling_back import FallingBackRecognizer
from meetcore.records import Samples
from meetcore.weights.names import REMOTE
from meetcore.weights.resolver import WeightResolver
from tests.asr.fakes import ScriptedRecognizer, spoken
from tests.support.transcription_server import (
    Asked,
    Reply,
    TranscriptionServer,
    answer,
    late,
    raw,
    serving,
)

TONE = np.full(16_000, 0.1, dtype=np.float32)
HELLO = {
    "text": "Hello, you.",
    "language": "english",
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.4},
        {"word": "you", "start": 0.5, "end": 0.7},
    ],
}


@pytest.fixture
def pauses() -> list[float]:
    """How long was waited between attempts."""
    return []


def asking(
    server: TranscriptionServer, pauses: list[float], key: str = "", timeout_s: float = 5.0
) -> RemoteRecognizer:
    known = RemoteServer(server.url, "large", key)
    return RemoteRecognizer(RemoteTranscription(known, timeout_s, pauses.append), known)


def test_audio_key_language_and_names_are_sent_and_words_come_back(pauses: list[float]) -> None:
    with serving(answer(HELLO)) as server:
        recognizer = asking(server, pauses, "secret")
        options = RecognizeOptions(language="en", prompt_tokens=recognizer.tokens_of(" Ana, Zoë."))
        found = recognizer.recognize(TONE, options)
        (asked,) = server.asked
    assert asked.fields["model"] == ["large"] and asked.fields["language"] == ["en"]
    assert asked.fields["prompt"] == ["Ana, Zoë."]
    assert asked.fields["response_format"] == ["verbose_json"]
    assert asked.fields["timestamp_granularities[]"] == ["word", "segment"]
    assert asked.authorization == "Bearer secret"
    assert asked.samples == pytest.approx(TONE, abs=1e-4)
    assert [word.text for word in found.words] == [" Hello,", " you."]
    assert found.language == "en"
    assert "secret" not in repr(RemoteServer("http://x", "m", "secret"))


def test_a_second_look_at_the_same_audio_is_not_sent_again(pauses: list[float]) -> None:
    with serving(answer(HELLO)) as server:
        recognizer = asking(server, pauses)
        first = recognizer.recognize(TONE, RecognizeOptions())
        assert recognizer.recognize(TONE, RecognizeOptions(timestamps=True)) is first
        recognizer.recognize(TONE.copy(), RecognizeOptions())
        assert len(server.asked) == 2


def test_a_server_without_word_times_is_asked_for_less_once(pauses: list[float]) -> None:
    refused = answer({"error": "unsupported"}, 400)
    with serving(refused, refused, answer({"text": "plain words"})) as server:
        recognizer = asking(server, pauses)
        for audio in (TONE, TONE.copy()):
            found = recognizer.recognize(audio, RecognizeOptions())
            assert [word.text for word in found.words] == [" plain", " words"]
        formats = [each.fields["response_format"][0] for each in server.asked]
    assert formats == ["verbose_json", "verbose_json", "json", "json"]
    assert pauses == []


@pytest.mark.parametrize(
    ("reply", "sentence", "attempts"),
    [
        (answer({}, 401), "refuses the key (401); check MEETCORE_REMOTE_KEY.", 1),
        (answer({}, 403), "refuses the key (403)", 1),
        (answer({}, 404), "has no transcriptions there, or not this model (404)", 1),
        (answer({}, 400), "refuses the request (400); check MEETCORE_REMOTE_MODEL.", 3),
        (answer({}, 413), "refuses audio of this size (413)", 1),
        (answer({}, 429), "takes no more requests at present (429); try again later.", 3),
        (answer({}, 500), "failed (it answered 500); try again later.", 3),
        (answer({}, 503), "failed (it answered 503)", 3),
        (answer({}, 307, Location="http://elsewhere.example"), "has moved (307)", 1),
        (raw(b"<html>Sign in</html>"), "answered something else than a transcript", 1),
        (answer({"error": "no"}), "answered something else than a transcript", 1),
        (late(1.5), "did not answer within 0.4 s", 3),
    ],
)
def test_every_failure_is_one_sentence(
    reply: Reply, sentence: str, attempts: int, pauses: list[float]
) -> None:
    with serving(reply) as server:
        recognizer = asking(server, pauses, timeout_s=0.4)
        with pytest.raises(InferenceError) as caught:
            recognizer.recognize(TONE, RecognizeOptions())
        assert len(server.asked) == attempts
    text = str(caught.value)
    assert sentence in text and text.startswith("127.0.0.1:") and "\n" not in text


def test_a_passing_failure_is_tried_again_when_the_server_asks(pauses: list[float]) -> None:
    busy = answer({}, 429, **{"Retry-After": "7"})
    endless = answer({}, 503, **{"Retry-After": "86400"})
    with serving(busy, endless, answer(HELLO)) as server:
        assert asking(server, pauses).recognize(TONE, RecognizeOptions()).words
    assert pauses == [7.0, 20.0]


def test_no_server_is_one_sentence(pauses: list[float]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        known = RemoteServer(f"http://127.0.0.1:{closed.getsockname()[1]}/v1", "m")
    recognizer = RemoteRecognizer(RemoteTranscription(known, 2.0, pauses.append), known)
    with pytest.raises(InferenceError, match=r"cannot be reached \(ConnectionRefusedError\)"):
        recognizer.recognize(TONE, RecognizeOptions())
    recognizer.close()
    with pytest.raises(InferenceError, match="closed"):
        recognizer.recognize(TONE, RecognizeOptions())
    with pytest.raises(ModelUnavailableError, match="recordings only"):
        recognizer.open_live()


def test_loading_asks_the_server_once_with_silence(tmp_path: Path) -> None:
    resolver = WeightResolver(tmp_path, offline=True)
    with serving(answer({"text": ""})) as server:
        known = RemoteServer(server.url, "large")
        recognizer = load_recognizer(REMOTE, resolver, remote=known)
        (asked,) = server.asked
    assert not asked.samples.any()
    assert str(recognizer.info).startswith("large · remote · 127.0.0.1:")
    with pytest.raises(ModelUnavailableError, match="set MEETCORE_REMOTE_URL"):
        load_recognizer(REMOTE, resolver)


@pytest.mark.parametrize("language", [None, "de"])
def test_a_server_that_fails_in_the_middle_is_replaced_with_the_reason(
    pauses: list[float], language: str | None
) -> None:
    """What it wrote stays; the local weight is chosen by the language that was heard."""
    asked: list[str | None] = []
    german = {**HELLO, "language": "german"}

    def load_local(spoken_language: str | None) -> Recognizer:
        asked.append(spoken_language)
        local = ScriptedRecognizer()
        local.known = local.known.__class__("base", "fake", "cpu", "int8", ("en", "de"))
        return local

    with serving(answer(german), answer({}, 401)) as server:
        both = FallingBackRecognizer(asking(server, pauses), load_local)
        assert both.recognize(TONE, RecognizeOptions(language=language)).text == " Hello, you."
        assert both.trouble == "" and asked == []
        audio = spoken([0.1], 1.0)
        found = [both.recognize(audio, RecognizeOptions(language=language)) for _ in range(2)]
        assert [each.text for each in found] == [" w1", " w1"]
        assert len(server.asked) == 2
    assert asked == ["de"]
    assert "refuses the key (401)" in both.trouble
    assert both.trouble.endswith("From there on base wrote the transcript.")


def test_nothing_local_fails_the_piece_with_both_reasons(pauses: list[float]) -> None:
    def load_local(_: str | None) -> Recognizer:
        raise ModelUnavailableError("base is not here.")

    with serving(answer({}, 401)) as server:
        both = FallingBackRecognizer(asking(server, pauses), load_local)
        with pytest.raises(InferenceError, match=r"refuses the key.*base is not here\."):
            both.recognize(TONE, RecognizeOptions())
    assert "no weight on this machine" in both.trouble


@pytest.fixture
def whisper_server(resolver: WeightResolver) -> Iterator[TranscriptionServer]:
    """A server that transcribes with tiny.en."""
    local = load_recognizer("tiny.en", resolver, device="cpu")

    def reply(asked: Asked) -> Response:
        found = local.recognize(asked.samples, RecognizeOptions(beam_size=5))
        words = [
            {"word": word.text.strip().strip(".,?!"), "start": word.start, "end": word.end}
            for word in found.words
        ]
        data = {"text": found.text.strip(), "language": "english", "words": words}
        return answer(data)(asked)

    with serving(reply) as server:
        yield server
    local.close()


@pytest.mark.model
def test_a_recording_is_transcribed_by_a_real_server(
    whisper_server: TranscriptionServer,
    sample_audio: Samples,
    resolver: WeightResolver,
    sample_paths: object,
) -> None:
    """The same words as the weight writes here, but for what a retry would change."""
    known = RemoteServer(whisper_server.url, "tiny.en")
    remote = load_recognizer(REMOTE, resolver, remote=known)
    local = load_recognizer("tiny.en", resolver, device="cpu")

    def words_by(recognizer: Recognizer) -> str:
        pieces = recognize_recording(
            lambda start, stop: sample_audio[start:stop],
            len(sample_audio),
            recognizer,
            load_activity(),
            OfflineRecognitionOptions(),
        )
        return "".join(word.text for piece in pieces for word in piece.words)

    theirs, ours = words_by(remote), words_by(local)
    assert len(theirs.split()) > 60
    assert word_errors(ours, theirs).rate < 0.1
    assert all(len(asked.samples) <= 30 * 16_000 for asked in whisper_server.asked)
