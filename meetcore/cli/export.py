"""A meeting as the result of a command: its transcript in a format, or its recording."""

from __future__ import annotations

import struct
from pathlib import Path

from meetcore.audio.recording import RecordingReader
from meetcore.cli.output import AUDIO, Piece
from meetcore.errors import RecordingError
from meetcore.records import SAMPLE_RATE, Meeting
from meetcore.store.meetings import MeetingStore
from meetcore.text.names import file_stem
from meetcore.transcript.formats.registry import Export, get_format


def exported(
    store: MeetingStore, recordings_dir: Path, meeting: Meeting, format_name: str, stem: str = ""
) -> Piece:
    """The meeting in a format of the registry, or its recording.

    Parameters
    ----------
    stem : str
        The file's name without extension; empty takes the title.

    Raises
    ------
    RecordingError
        The audio was asked for and there is none.
    """
    stem = stem or file_stem(meeting.title)
    if format_name == AUDIO:
        return _audio(RecordingReader(recordings_dir / meeting.id), meeting.id, stem)
    fmt = get_format(format_name)
    export = Export(
        store.transcript(meeting.id), meeting.title, store.turns(meeting.id), meeting.duration
    )
    return Piece(fmt.name, stem, fmt.extension, fmt.write(export))


def _audio(reader: RecordingReader, meeting_id: str, stem: str) -> Piece:
    """FLAC, or WAV while the meeting has not been finished."""
    path, n_samples = reader.path, reader.n_samples
    if path is None or not n_samples:
        raise RecordingError(f"The meeting {meeting_id} has no recording to export.")
    if path.suffix == ".flac":
        return Piece(AUDIO, stem, "flac", path)
    return Piece(AUDIO, stem, "wav", path, wav_header(n_samples))


def wav_header(n_samples: int) -> bytes:
    """What makes raw samples, int16 and mono, a WAV file.

    Source: http://soundfile.sapp.org/doc/WaveFormat/.

    >>> len(wav_header(16_000))
    44
    """
    size = 2 * n_samples
    sound = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    return struct.pack("<4sI8sI16s4sI", b"RIFF", 36 + size, b"WAVEfmt ", 16, sound, b"data", size)
