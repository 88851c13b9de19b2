"""Opens a media file for decoding, as often as needed at once, and says why if it cannot."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer

from meetcore.audio.sample_chunk import mended_size
from meetcore.audio.unsupported import refuse_archive, refuse_low_rate, refuse_unfinished
from meetcore.errors import AudioDecodeError

logger = logging.getLogger(__name__)

Source = Path | str | BinaryIO
"""A path, or an open, seekable binary file (a Streamlit upload is one)."""

MEDIA_ERRORS = (
    av.FFmpegError,
    OSError,
    ValueError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    MemoryError,
)
"""What the media library raises for damaged files; it passes on what reading the file raises."""
_LAYOUT_OF_CONTAINER = ("pcm_", "adpcm_")
_NO_SEEK = -1
_LAST_POSITION = 2**60


class MediaSource:
    """A media file; each container that is opened reads it independently of the others.

    Not thread-safe.
    """

    def __init__(self, file: BinaryIO, name: str, size: int) -> None:
        self.file = file
        self.name = name
        """For messages."""
        self.size = size
        """In bytes."""
        self.mend = mended_size(file, size)
        """Where other bytes are read than the file has, and which."""

    @contextmanager
    def container(self) -> Iterator[InputContainer]:
        """The open container.

        Raises
        ------
        AudioDecodeError
            It is no media file, or its audio cannot be used; the message says which.
        """
        container = self._opened()
        try:
            yield container
        finally:
            container.close()

    def audio_streams(self, container: InputContainer) -> list[AudioStream]:
        """The audio tracks that can be decoded.

        Raises
        ------
        AudioDecodeError
            There is none; the message says why.
        """
        streams = list(container.streams.audio)
        usable = [stream for stream in streams if has_decoder(stream)]
        if not usable:
            self.refuse_unfinished()
        if not streams:
            raise AudioDecodeError(f"{self.name} has no audio track. Choose a file with sound.")
        if not usable:
            raise AudioDecodeError(
                f"The audio of {self.name} cannot be decoded. Export it as WAV or MP3 and try"
                " again."
            )
        for stream in usable:
            refuse_low_rate(stream, self.name)
            _forget_layout(stream)
        return usable

    def refuse_unfinished(self) -> None:
        """Raise AudioDecodeError for an MP4 file whose index is missing."""
        refuse_unfinished(self.file, self.size, self.name)

    def _opened(self) -> InputContainer:
        try:
            # Playlists (HLS, concat) are media too: without any protocol they cannot make the
            # decoder read other files of this machine, or the network.
            container = av.open(
                cast(BinaryIO, _FileView(self)),
                mode="r",
                # Titles of older programs are often not in UTF-8.
                metadata_errors="ignore",
                container_options={"protocol_whitelist": "none"},
            )
        except MEDIA_ERRORS as error:
            logger.info("a file cannot be opened: %s", type(error).__name__)
            refuse_archive(self.file, self.name)
            self.refuse_unfinished()
            raise AudioDecodeError(
                f"{self.name} is not a media file that can be read, or it is damaged at its start."
                " Export it as WAV, MP3, M4A or WebM and try again."
            ) from error
        return container


@contextmanager
def opened(source: Source, called: str | None = None) -> Iterator[MediaSource]:
    """The file of a source; one that was given open stays open.

    Raises
    ------
    AudioDecodeError
        It is missing, cannot be read, or is empty.
    """
    name = called or _name_of(source)
    path = Path(source) if isinstance(source, str | Path) else None
    try:
        file = path.open("rb") if path is not None else cast(BinaryIO, source)
        size = file.seek(0, 2)
    except OSError as error:
        raise AudioDecodeError(
            f"{name} cannot be opened ({error.strerror}). Check that it exists and is readable."
        ) from error
    try:
        if size == 0:
            raise AudioDecodeError(f"{name} is empty (0 bytes). Record or upload it again.")
        yield MediaSource(file, name, size)
    finally:
        if path is not None:
            file.close()


def has_decoder(stream: AudioStream) -> bool:
    """Whether there is a decoder for a track's format."""
    # The type stubs promise a context; a track of an unknown format has none.
    return cast(object, stream.codec_context) is not None


def _forget_layout(stream: AudioStream) -> None:
    """Replace the list of speaker positions that some files bring by a plain count of channels.

    PyAV 18.1 frees such a list twice, at the end of each frame, which ends the process. Decoders
    of compressed audio set their own.
    """
    context = stream.codec_context
    if context.name.startswith(_LAYOUT_OF_CONTAINER):
        # Read once, as reading frees the list; then replaced without being freed again.
        n_channels = context.channels
        if n_channels > 0:
            context.layout = f"{n_channels} channels"


class _FileView:
    """A position of its own in a file that others read too, for the media library."""

    def __init__(self, source: MediaSource) -> None:
        self._file = source.file
        self._size = source.size
        self._mend = source.mend
        self._at = 0
        self.name = source.name
        """Its ending helps the library to tell the format."""

    def read(self, n_bytes: int) -> bytes:
        """The next bytes; fewer at the end, none after it."""
        if self._at >= self._size:
            return b""
        self._file.seek(self._at)
        content = self._file.read(n_bytes)
        start, self._at = self._at, self._at + len(content)
        return content if self._mend is None else _overlaid(content, start, *self._mend)

    def seek(self, offset: int, whence: int = 0) -> int:
        """The new position; -1 where a damaged file asks for an impossible one."""
        target = offset + {0: 0, 1: self._at, 2: self._size}.get(whence, 0)
        if not 0 <= target < _LAST_POSITION:
            return _NO_SEEK
        self._at = target
        return target

    def tell(self) -> int:
        """The position."""
        return self._at


def _overlaid(content: bytes, start: int, at: int, other: bytes) -> bytes:
    """Bytes from a file's position `start`, with those at `at` replaced."""
    if at >= start + len(content) or at + len(other) <= start:
        return content
    patched = bytearray(content)
    for index, byte in enumerate(other, at - start):
        if 0 <= index < len(patched):
            patched[index] = byte
    return bytes(patched)


def _name_of(source: Source) -> str:
    if isinstance(source, str | Path):
        return Path(source).name or str(source)
    given = getattr(source, "name", "")
    return Path(given).name if isinstance(given, str) and given else "The upload"
