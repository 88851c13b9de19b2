"""Fetches files over HTTP, with a short connect time-out; resumes partial downloads."""

from __future__ import annotations

import http.client
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from meetcore.weights.cache import sha256_of
from meetcore.weights.catalogue import WeightFile
from meetcore.weights.progress import Report, SourceFailedError

_CHUNK_BYTES = 1 << 18
_READ_TIMEOUT_S = 30.0


class HttpFetcher:
    """Downloads files; a host that could not be reached is not tried again.

    Parameters
    ----------
    connect_timeout_s : for the name look-up, and again for the connection
    """

    def __init__(self, connect_timeout_s: float = 4.0) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._unreachable: dict[str, str] = {}

    def fetch(self, url: str, target: Path, expected: WeightFile, report: Report) -> None:
        """Download `url` to `target`, resuming where `target` exists, and verify its sha256.

        Raises
        ------
        SourceFailedError
            The host cannot be reached, the transfer broke off (what arrived is kept for the next
            call), or the checksum is wrong (the file is deleted).
        """
        resumed = target.exists()
        if resumed and not expected.size and sha256_of(target) == expected.sha256:
            return  # complete: without a size, only the checksum says so
        self._transfer(url, target, expected, report)
        if _matches(target, expected):
            return
        if resumed:  # what was kept may be of another file: once more, from the start
            self._transfer(url, target, expected, report)
            if _matches(target, expected):
                return
        raise SourceFailedError("what it sent has another checksum than the catalogue's")

    def _transfer(self, url: str, target: Path, expected: WeightFile, report: Report) -> None:
        start = target.stat().st_size if target.exists() else 0
        if 0 < expected.size <= start:
            return  # complete; the caller checks its sha256
        try:
            with self._open(url, start) as response:
                resuming = response.status == http.client.PARTIAL_CONTENT
                _copy(response, target, start if resuming else 0, expected.size, report)
        except (OSError, http.client.HTTPException) as error:
            raise SourceFailedError(f"the transfer broke off ({error})") from error

    def _open(self, url: str, start: int) -> http.client.HTTPResponse:
        host = urlsplit(url).netloc
        if host in self._unreachable:
            raise SourceFailedError(self._unreachable[host])
        request = urllib.request.Request(url, headers={"User-Agent": "meetcore"})
        if start:
            request.add_header("Range", f"bytes={start}-")
        try:
            self._check_name(url)
            response = urllib.request.urlopen(request, timeout=self._connect_timeout_s)
        except urllib.error.HTTPError as error:
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                return self._open(url, 0)
            raise SourceFailedError(f"answered {error.code} {error.reason}") from error
        except OSError as error:
            reason = getattr(error, "reason", error)
            self._unreachable[host] = f"{host} cannot be reached ({reason})"
            raise SourceFailedError(self._unreachable[host]) from error
        assert isinstance(response, http.client.HTTPResponse)
        _allow_pauses(response)
        return response

    def _check_name(self, url: str) -> None:
        """Look up the host's name with a time-out; the system's resolver has none of its own."""
        parts = urlsplit(url)
        if parts.scheme in urllib.request.getproxies() or parts.hostname is None:
            return  # a proxy resolves names itself
        outcome: list[OSError | None] = []

        def look_up() -> None:
            try:
                socket.getaddrinfo(parts.hostname, parts.port or 443)
                outcome.append(None)
            except OSError as error:
                outcome.append(error)
            except Exception as error:  # UnicodeError of a name that cannot be one.
                outcome.append(OSError(f"the name cannot be looked up: {type(error).__name__}"))

        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(self._connect_timeout_s)
        failure = outcome[0] if outcome else TimeoutError("no answer from the name service")
        if failure is not None:
            raise failure


def _copy(
    response: http.client.HTTPResponse, target: Path, start: int, size: int, report: Report
) -> None:
    done = start
    size = size or start + (response.length or 0)
    with target.open("ab" if start else "wb") as file:
        while chunk := response.read(_CHUNK_BYTES):
            file.write(chunk)
            done += len(chunk)
            report(done, size)
    if response.length:
        raise SourceFailedError(f"the transfer broke off after {done:,} bytes")


def _allow_pauses(response: http.client.HTTPResponse) -> None:
    """Set a longer time-out once connected, as a slow transfer may pause."""
    raw = getattr(response.fp, "raw", None)
    connection = getattr(raw, "_sock", None)
    if isinstance(connection, socket.socket):
        connection.settimeout(_READ_TIMEOUT_S)


def _matches(target: Path, expected: WeightFile) -> bool:
    if sha256_of(target) == expected.sha256:
        return True
    target.unlink()
    return False
