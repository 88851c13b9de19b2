"""Recordings and uploads cut or with flipped bits: every intact block comes back exactly."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from meetcore.audio.pcm import Pcm, to_pcm
from meetcore.audio.pcm_file import FLAC_NAME, PCM_NAME
from meetcore.audio.recording import RecordingReader, RecordingWriter
from meetcore.audio.recording_damage import missing_end
from meetcore.jobs.decode_stage import CUT_SHORT_S
from meetcore.records import SAMPLE_RATE
from tests.audio.media import mono, write_media
from tests.audio.test_any_media import heard
from tests.audio.test_damaged_media import VOICE
from tests.audio.test_damaged_recording import PCM, recorded

SEEDS = [
    *range(8),
    *(pytest.param(seed, marks=pytest.mark.long) for seed in range(8, 40)),
]
WORD = "xylophone"
"""In the name of the upload and of the folder; what is said about the damage must not quote it."""


@dataclass(frozen=True)
class Block:
    """A frame of a FLAC file."""

    start: int
    end: int
    first: int
    last: int
    """Bytes, and samples; the ends are not included."""


def blocks(path: Path) -> list[Block]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    return [
        Block(each.pos, each.pos + each.size, each.pts, each.pts + each.duration)
        for each in packets
        if each.pos is not None and each.pts is not None and each.duration is not None
    ]


@pytest.fixture(scope="module")
def flac(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Block]]:
    """A recording of 20 s and its blocks."""
    path = recorded(tmp_path_factory.mktemp("flac"))
    return path.read_bytes(), blocks(path)


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Block]]:
    """A FLAC file of 12 s from another program, and its blocks."""
    path = write_media(tmp_path_factory.mktemp("upload") / "talk.flac", [mono(VOICE, "flac")])
    return path.read_bytes(), blocks(path)


def flipped(content: bytes, start: int, chosen: random.Random) -> tuple[bytes, list[int]]:
    """1, 3 or 20 bits flipped behind an offset, and where."""
    places = [chosen.randrange(start, len(content)) for _ in range(chosen.choice((1, 3, 20)))]
    damaged = bytearray(content)
    for place in set(places):
        damaged[place] ^= 1 << chosen.randrange(8)
    return bytes(damaged), places


def hit(found: list[Block], places: list[int]) -> set[int]:
    """The blocks that the places lie in."""
    return {
        n for n, block in enumerate(found) if any(block.start <= at < block.end for at in places)
    }


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing in the log quotes names or audio."""
    caplog.set_level(logging.DEBUG, "meetcore")
    yield
    assert WORD not in caplog.text


@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_bits_cost_their_blocks_alone(
    flac: tuple[bytes, list[Block]], tmp_path: Path, seed: int
) -> None:
    content, found = flac
    damaged, places = flipped(content, found[0].start, random.Random(seed))
    (tmp_path / FLAC_NAME).write_bytes(damaged)
    lost = hit(found, places)
    got = RecordingReader(tmp_path).read_pcm()
    expected = PCM.copy()
    for number in lost:
        expected[found[number].first : found[number].last] = 0
    end = max(block.last for number, block in enumerate(found) if number not in lost)
    assert got.size >= end
    assert np.array_equal(got, expected[: got.size])
    assert by_stretches(tmp_path, got.size) == got.tobytes()
    if got.size == PCM.size:
        assert missing_end(tmp_path) == ""
    else:
        assert re.match(
            r"The recording's file breaks off after \d+ of 20 s; ", missing_end(tmp_path)
        )


def by_stretches(folder: Path, n_samples: int) -> bytes:
    """The recording as the second pass reads it, with ends inside damaged places, too."""
    reader = RecordingReader(folder)
    starts = range(0, n_samples, 7_001)
    return b"".join(reader.read_pcm(at, min(n_samples, at + 7_001)).tobytes() for at in starts)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cut_recording_ends_with_its_last_whole_block(
    flac: tuple[bytes, list[Block]], tmp_path: Path, seed: int
) -> None:
    content, found = flac
    size = random.Random(seed).randrange(found[3].start, len(content))
    (tmp_path / FLAC_NAME).write_bytes(content[:size])
    whole = [block for block in found if block.end <= size]
    got = RecordingReader(tmp_path).read_pcm()
    assert np.array_equal(got, PCM[: whole[-1].last])
    seconds = got.size / SAMPLE_RATE
    assert missing_end(tmp_path).startswith(
        f"The recording's file breaks off after {seconds:.0f} of 20 s;"
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_raw_recording_keeps_every_other_sample(tmp_path: Path, seed: int) -> None:
    """Cut anywhere, also inside a sample, and with flipped bits; it is read and continued."""
    writer = RecordingWriter(tmp_path, fsync_s=1e9)
    writer.append(PCM)
    writer.close()
    path, chosen = tmp_path / PCM_NAME, random.Random(seed)
    damaged, places = flipped(path.read_bytes(), 0, chosen)
    size = chosen.randrange(len(damaged) // 2, len(damaged))
    path.write_bytes(damaged[:size])
    got = RecordingReader(tmp_path).read_pcm()
    assert got.size == size // 2
    differ = np.flatnonzero(got != PCM[: got.size])
    assert set(differ) <= {place // 2 for place in places}
    writer = RecordingWriter(tmp_path, fsync_s=1e9)
    writer.append(PCM[:1000])
    writer.close()
    continued = RecordingReader(tmp_path).read_pcm()
    assert np.array_equal(continued, np.concatenate([got, PCM[:1000]]))


def heard_pcm(folder: Path, content: bytes) -> tuple[Pcm, str]:
    """What is stored of an uploaded FLAC file, and the sentence about it."""
    path = folder / f"{WORD}.flac"
    path.write_bytes(content)
    samples, done = heard(path)
    assert WORD not in done.detail
    return to_pcm(samples), done.detail


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cut_upload_is_heard_to_its_last_whole_block(
    upload: tuple[bytes, list[Block]], tmp_path: Path, seed: int
) -> None:
    content, found = upload
    size = random.Random(seed).randrange(found[3].start, len(content) * 9 // 10)
    got, detail = heard_pcm(tmp_path, content[:size])
    end = [block for block in found if block.end <= size][-1].last
    assert np.array_equal(got, to_pcm(VOICE)[:end])
    if (VOICE.size - end) / SAMPLE_RATE >= CUT_SHORT_S:
        said = re.match(r"The file breaks off after (\d+) of 12 s; what could be read is", detail)
        assert said and abs(int(said[1]) - end / SAMPLE_RATE) <= 1
    else:
        assert detail == "", "so little is not reported"


@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_bits_of_an_upload_move_nothing(
    upload: tuple[bytes, list[Block]], tmp_path: Path, seed: int
) -> None:
    """The media library refuses intact blocks with a damaged one that they share a packet with."""
    content, found = upload
    damaged, places = flipped(content, found[0].start, random.Random(seed))
    got, detail = heard_pcm(tmp_path, damaged)
    lost = hit(found, places)
    beside = {number + by for number in lost for by in range(-3, 4)}
    for number, block in enumerate(found):
        if number not in beside:
            part = got[block.first : block.last]
            assert np.array_equal(part, to_pcm(VOICE)[block.first : block.last]), number
    assert detail == "" or re.fullmatch(
        r"(A|\d+) places? in the file could not be decoded\.|The last \d+ s .*", detail
    ), detail
