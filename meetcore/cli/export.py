"""Exports a meeting for the commands: transcript in a format, or audio."""

from __future__ import annotations

import struct
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.cli.output import Result
from meetcore.cli.output_place import AUDIO
from meetcore.errors import RecordingError
from meetcore.records import SAMPLE_RATE, Meeting
from meetcore.service.exporting import export_of
from meetcore.store.meetings import MeetingStore
from meetcore.text.names import file_stem
from meetcore.transcript.formats.registry import get_format


def export_meeting(
    store: MeetingStore, recordings_dir: Path, meeting: Meeting, format_name: str, stem: str = ""
) -> Result:
    """The meeting's transcript in a format of the registry, or its recording.

    Parameters
    ----------
    stem : str
        The file's name without extension; empty takes the title.

    Raises
    ------
    RecordingError
        The recording was asked for and there is none.
    """
    stem = stem or file_stem(meeting.title)
    if format_name == AUDIO:
        return _recording(RecordingReader(recordings_dir / meeting.id), meeting.id, stem)
    fmt = get_format(format_name)
    return Result(fmt.name, stem, fmt.extension, fmt.write(export_of(store, meeting)))


def _recording(reader: RecordingReader, meeting_id: str, stem: str) -> Result:
    """FLAC, or WAV while the recording has not been compressed yet."""
    path, n_samples = reader.path, reader.n_samples
    if path is None or not n_samples:
        raise RecordingError(f"The meeting {meeting_id} has no recording to export.")
    if path.suffix == ".flac":
        return Result(AUDIO, stem, "flac", path)
    return Result(AUDIO, stem, "wav", path, wav_header(n_samples))


def wav_header(n_samples: int) -> bytes:
    """The header that makes raw samples (int16, mono, 16 kHz) a WAV file.

    Source: http://soundfile.sapp.org/doc/WaveFormat/.

    >>> len(wav_header(16_000))
    44
    """
    size = 2 * n_samples
    fmt = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    return struct.pack("<4sI8sI16s4sI", b"RIFF", 36 + size, b"WAVEfmt ", 16, fmt, b"data", size)
