"""Of several tracks those of the meeting are mixed; commentaries and other languages are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.stream import Disposition

from meetcore.records import SAMPLE_RATE, Samples
from tests.audio.media import mono, write_media
from tests.audio.test_any_media import SILENCE, VOICE, assert_heard, heard


def test_commentaries_and_other_languages_are_left_out_and_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(VOICE.size).astype(np.float32) / 10
    path = write_media(
        tmp_path / "a.mkv",
        [
            mono(VOICE, "pcm_s16le", metadata={"language": "eng"}),
            mono(noise, "pcm_s16le", metadata={"language": "ger"}),
            mono(noise, "pcm_s16le", disposition=Disposition.comment),
        ],
    )
    samples, done = heard(path)
    assert_heard(samples, within_db=0.5)
    assert done.detail == "2 audio tracks with a commentary or another language were left out."


@pytest.mark.parametrize(
    ("first", "second"),
    [("ger", "deu"), ("eng", "en"), ("en", "en-US"), ("fre", "FRA"), ("eng", "zxx"), ("ita", "")],
)
def test_persons_are_heard_whatever_code_their_language_has(
    tmp_path: Path, first: str, second: str
) -> None:
    tracks = [
        mono(np.concatenate([VOICE, SILENCE]), "pcm_s16le", metadata={"language": first}),
        mono(np.concatenate([SILENCE, VOICE]), "pcm_s16le", metadata={"language": second}),
    ]
    samples, done = heard(write_media(tmp_path / "a.mkv", tracks))
    assert_heard(samples[: VOICE.size])
    assert_heard(samples[VOICE.size :])
    assert done.detail == "2 audio tracks were mixed."


def test_a_commentary_is_heard_where_nothing_else_is(tmp_path: Path) -> None:
    path = write_media(
        tmp_path / "a.mkv",
        [mono(SILENCE, "pcm_s16le"), mono(VOICE, "pcm_s16le", disposition=Disposition.comment)],
    )
    samples, done = heard(path)
    assert_heard(samples)
    assert done.detail == ""


def noise_at(db: float, seed: int = 1) -> Samples:
    noise = np.random.default_rng(seed).standard_normal(VOICE.size) * 10 ** (db / 20)
    return noise.astype(np.float32)


def with_clicks(samples: Samples) -> Samples:
    clicked = samples.copy()
    clicked[:: SAMPLE_RATE // 3] = 0.9
    return clicked


ASIDE: tuple[dict[str, Any], ...] = (
    {"disposition": Disposition.comment},
    {"metadata": {"language": "ger"}},
)


@pytest.mark.parametrize("aside", ASIDE, ids=["comment", "language"])
@pytest.mark.parametrize("hiss_db", [-150, -100, -80, -65])
@pytest.mark.parametrize("clicks", [False, True])
def test_the_only_voice_is_heard_beside_hiss(
    tmp_path: Path, aside: dict[str, Any], hiss_db: int, clicks: bool
) -> None:
    hiss = with_clicks(noise_at(hiss_db)) if clicks else noise_at(hiss_db)
    tracks = [
        mono(hiss, "pcm_s16le", metadata={"language": "eng"}),
        mono(noise_at(-70, 2), "pcm_s16le", disposition=Disposition.comment),
        mono(VOICE, "pcm_s16le", **aside),
    ]
    samples, done = heard(write_media(tmp_path / "a.mkv", tracks))
    if not clicks:
        assert_heard(samples)
    at = slice(SAMPLE_RATE, 3 * SAMPLE_RATE)
    assert np.corrcoef(samples[at], VOICE[at])[0, 1] > (0.5 if clicks else 0.95)
    assert done.detail.endswith("1 audio track with a commentary or another language was left out.")


@pytest.mark.parametrize("aside", ASIDE, ids=["comment", "language"])
@pytest.mark.parametrize("below_db", [0, 20, 30])
def test_a_commentary_is_left_out_beside_a_quiet_or_short_voice(
    tmp_path: Path, aside: dict[str, Any], below_db: int
) -> None:
    quiet = np.concatenate([VOICE * np.float32(10 ** (-below_db / 20)), *[SILENCE] * 5])
    tracks = [
        mono(quiet, "pcm_s16le", metadata={"language": "eng"}),
        mono(np.concatenate([VOICE[::-1]] * 6), "pcm_s16le", **aside),
    ]
    samples, _ = heard(write_media(tmp_path / "a.mkv", tracks))
    assert_heard(samples, quiet, within_db=0.5)
