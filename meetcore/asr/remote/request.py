"""Sends audio to a transcription server and returns its answer; every failure is one sentence."""

from __future__ import annotations

import http.client
import io
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

from meetcore.asr.remote.response import Answer, read_answer
from meetcore.audio.wav_file import write_wav
from meetcore.errors import InferenceError
from meetcore.records import Samples

PATH = "/audio/transcriptions"
TIMEOUT_S = 120.0
"""Until the server sends something; a large model on a CPU takes long for 30 s of audio."""
ATTEMPTS = 3
LONGEST_WAIT_S = 20.0
"""Longest pause before another attempt; a longer one that the server asks for is cut to it."""
LARGEST_ANSWER = 4_000_000
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers after which the same request may work a little later."""
LAYOUTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
    ),
    (("response_format", "verbose_json"),),
    (("response_format", "json"),),
)
"""Forms of an answer, the best first: servers refuse those that their model cannot give."""


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """Where audio is sent, and as whom.

    Parameters
    ----------
    url : up to "/v1"; the path of transcriptions is added where it is missing
    key : sent as a bearer token; empty for none
    """

    url: str
    model: str
    key: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The name to show: host and port, without path or user.

        >>> RemoteServer("https://api.example.com/v1", "m").host
        'api.example.com'
        """
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent can be read on the way."""
        return urlsplit(self.url).scheme == "https"

    @property
    def address(self) -> str:
        """The URL of transcriptions.

        >>> RemoteServer("http://localhost:8000", "m").address
        'http://localhost:8000/v1/audio/transcriptions'
        """
        base = self.url.rstrip("/")
        if base.endswith(PATH):
            return base
        return f"{base}{'' if urlsplit(base).path else '/v1'}{PATH}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class RemoteTranscription:
    """Asks one server for transcripts; safe from several threads.

    Parameters
    ----------
    sleep : waits between two attempts; tests replace it
    """

    def __init__(
        self,
        server: RemoteServer,
        timeout_s: float = TIMEOUT_S,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._server = server
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._layout = 0
        """The form of answer that this server gave last."""

    def transcribe(self, samples: Samples, language: str | None, prompt: str) -> Answer:
        """The server's transcript of some audio; asked again where that may help.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz
        language : ISO code; None lets the server find out

        Raises
        ------
        InferenceError
            It cannot be reached, refuses, or answers something else; the message says which.
        """
        fields = {"model": self._server.model, "language": language or "", "prompt": prompt}
        audio = _wav(samples)
        for layout in range(self._layout, len(LAYOUTS)):
            content = self._answered(audio, fields, layout)
            if content is not None:
                self._layout = layout
                return self._read(content)
        raise InferenceError(
            f"{self._server.host} refuses the request (400); check MEETCORE_REMOTE_MODEL."
        )

    def _read(self, content: bytes) -> Answer:
        try:
            return read_answer(content)
        except ValueError as error:
            raise InferenceError(
                f"{self._server.host} answered something else than a transcript; check"
                " MEETCORE_REMOTE_URL."
            ) from error

    def _answered(self, audio: bytes, fields: Mapping[str, str], layout: int) -> bytes | None:
        """The answer's content; None where the server refuses this form of answer."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(audio, fields, layout)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code in (400, 422):
                        return None
                    if error.code not in RETRIED or attempt == ATTEMPTS:
                        raise InferenceError(self._refusal(error.code)) from error
                    self._sleep(_pause(error, attempt))
            except (OSError, http.client.HTTPException) as error:
                if attempt == ATTEMPTS:
                    raise InferenceError(self._unreachable(error)) from error
                self._sleep(_pause(None, attempt))
        raise AssertionError("the last attempt returns or raises")

    def _once(self, audio: bytes, fields: Mapping[str, str], layout: int) -> bytes:
        parts = [*((name, value) for name, value in fields.items() if value), *LAYOUTS[layout]]
        body, content_type = _form(parts, audio)
        headers = {"Content-Type": content_type, "User-Agent": "meetcore"}
        if self._server.key:
            headers["Authorization"] = f"Bearer {self._server.key}"
        request = urllib.request.Request(self._server.address, body, headers, method="POST")
        response: IO[bytes]
        with self._opener.open(request, timeout=self._timeout_s) as response:
            return response.read(LARGEST_ANSWER)

    def _refusal(self, code: int) -> str:
        """The sentence for an answer that is no transcript."""
        host = self._server.host
        if code in (401, 403):
            return f"{host} refuses the key ({code}); check MEETCORE_REMOTE_KEY."
        if code in (404, 405):
            return (
                f"{host} has no transcriptions there, or not this model ({code}); check"
                " MEETCORE_REMOTE_URL and MEETCORE_REMOTE_MODEL."
            )
        if 300 <= code < 400:
            return f"{host} has moved ({code}); set MEETCORE_REMOTE_URL to its new address."
        if code == 413:
            return f"{host} refuses audio of this size (413); it must take 1 MB."
        if code == 429:
            return f"{host} takes no more requests at present (429); try again later."
        return f"{host} failed (it answered {code}); try again later."

    def _unreachable(self, error: Exception) -> str:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            return f"{self._server.host} did not answer within {self._timeout_s:g} s."
        name = type(reason if isinstance(reason, Exception) else error).__name__
        return f"{self._server.host} cannot be reached ({name}); check MEETCORE_REMOTE_URL."


def _pause(error: urllib.error.HTTPError | None, attempt: int) -> float:
    """Seconds to wait: what the server asks for in seconds, else longer each time."""
    asked = error.headers.get("Retry-After", "") if error else ""
    return min(LONGEST_WAIT_S, float(asked) if asked.isdigit() else 2.0**attempt)


def _wav(samples: Samples) -> bytes:
    """Samples, shape (n_samples,), float32, 16 kHz, as the bytes of a WAV file."""
    content = io.BytesIO()
    write_wav(samples, content)
    return content.getvalue()


def _form(fields: list[tuple[str, str]], audio: bytes) -> tuple[bytes, str]:
    """A multipart form with the fields and the file, and its content type (RFC 7578)."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="audio.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    body = b"".join([*parts, head.encode(), audio, tail.encode()])
    return body, f"multipart/form-data; boundary={boundary}"
