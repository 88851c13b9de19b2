"""Recognises files that cannot be transcribed, such as encrypted ones, and says why."""

from __future__ import annotations

from typing import BinaryIO

from av.audio.stream import AudioStream
from av.packet import Packet

from meetcore.audio.container_end import boxes, is_box_file
from meetcore.errors import AudioDecodeError

LOWEST_HZ = 1000
"""Below this rate nothing of speech is left."""
_ENCRYPTED = {"enca", "encv", "drms", "p608"}
"""Sample entries of protected MP4 tracks (ISO/IEC 23001-7; "drms" is Apple's FairPlay)."""
_ARCHIVES = {
    b"PK\x03\x04": "a ZIP archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
}


def refuse_encrypted(packet: Packet[AudioStream], stream: AudioStream, name: str) -> None:
    """Check that a track is not copy-protected.

    Raises
    ------
    AudioDecodeError
        It is encrypted; the user needs a copy without protection.
    """
    if _codec_tag(stream) in _ENCRYPTED or packet.has_sidedata("encryption_info"):
        raise AudioDecodeError(
            f"{name} is encrypted (copy-protected). Use a copy without protection."
        )


def refuse_low_rate(stream: AudioStream, name: str) -> None:
    """Check that the sample rate is at least LOWEST_HZ.

    Raises
    ------
    AudioDecodeError
        It is lower; the user can export the file at 16,000 Hz or more.
    """
    rate = stream.codec_context.sample_rate or 0
    if 0 < rate < LOWEST_HZ:
        raise AudioDecodeError(
            f"{name} has only {rate} samples a second, too few for speech."
            " Export it at 16,000 Hz or more."
        )


def refuse_archive(file: BinaryIO, name: str) -> None:
    """Check that a file is no ZIP, RAR, 7-Zip or gzip archive, and no PDF.

    Raises
    ------
    AudioDecodeError
        It is one; the user can unpack it, or choose the media file itself.
    """
    file.seek(0)
    begin = file.read(8)
    for magic, kind in _ARCHIVES.items():
        if begin.startswith(magic):
            raise AudioDecodeError(
                f"{name} is {kind}, not a recording. Choose the audio or video file itself;"
                " unpack it first if it is inside."
            )


def refuse_unfinished(file: BinaryIO, size: int, name: str) -> None:
    """Check that an MP4, MOV or M4A file has its index, which a recorder writes last.

    Raises
    ------
    AudioDecodeError
        It has none; the user can repair it, or copy it again.
    """
    file.seek(0)
    if not is_box_file(file.read(16)):
        return
    found = boxes(file, size)
    if b"moov" not in found.kinds or found.end > size:
        raise AudioDecodeError(
            f"{name} has no index (moov): its recorder never finished it, or only part of it was"
            " copied. Copy it again, open it in the app that recorded it, or repair it with"
            " untrunc and another file of the same recorder."
        )


def _codec_tag(stream: AudioStream) -> str:
    """The four letters by which a container names a track's codec; "" where they are no letters.

    AVI, WAV, ASF and NUT store numbers there, which PyAV cannot decode as ASCII.
    """
    try:
        return stream.codec_context.codec_tag
    except ValueError:
        return ""
