"""Media files that cannot be decoded, for the tests of uploads."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from tests.audio.test_media_files import encode, tone, write_silent_video, write_wav


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that cannot be decoded, each with a part of the expected sentence."""
    folder.mkdir()
    whole = encode(folder / "whole.mp4", "aac", tone(5.0, 44_100), 44_100)
    truncated = folder / "truncated.mp4"
    truncated.write_bytes(whole.read_bytes()[:2_000])
    locked = encode(
        folder / "locked.mp4",
        "aac",
        tone(3.0, 44_100),
        44_100,
        {
            "encryption_scheme": "cenc-aes-ctr",
            "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
            "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
        },
    )
    archive, text, empty = (folder / name for name in ("talk.zip", "notes.mp3", "empty.wav"))
    archive.write_bytes(b"PK\x03\x04" + bytes(100))
    text.write_text("not media at all\n" * 50)
    empty.write_bytes(b"")
    return {
        "truncated.mp4": (truncated, "has no index (moov)"),
        "locked.mp4": (locked, "is encrypted"),
        "talk.zip": (archive, "is a ZIP archive"),
        "notes.mp3": (text, "is not a media file that can be read"),
        "empty.wav": (empty, "is empty (0 bytes)"),
        "silent.mp4": (write_silent_video(folder / "silent.mp4"), "has no audio track"),
        "slow.wav": (write_wav(folder / "slow.wav", tone(5.0), 1), "samples a second"),
        "bomb.flac": (bomb(folder / "bomb.flac"), "is longer than 0.5 hours"),
    }


def bomb(path: Path) -> Path:
    """An hour of silence in some kilobytes, whose header has no length."""
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=8_000)
        stream.codec_context.layout = "mono"
        silence = np.zeros((1, 8_000 * 60), np.int16)
        for _ in range(60):
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            frame.sample_rate = 8_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert path.stat().st_size < 1_000_000
    return path
