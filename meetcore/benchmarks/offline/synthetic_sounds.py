"""Sounds without speech, synthesised: noises, hum, music, fan, keyboard, dither.

`bench offline --levels` and the tests transcribe them; none may give a word.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import scipy.fft

from meetcore.records import SAMPLE_RATE, Samples

Wave = npt.NDArray[np.float64]
_BEAT_SAMPLES = SAMPLE_RATE // 2
"""The music has 120 beats a minute."""
_CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))
"""A minor, F, C, G as MIDI notes: the commonest loop of popular music."""


def sound(kind: str, seconds: float, level_db: float, seed: int = 0) -> Samples:
    """One kind of sound at a level.

    Parameters
    ----------
    kind : a name of `KINDS`
    level_db : RMS in dB of full scale
    seed : of the random parts

    Returns
    -------
    np.ndarray, shape (n_samples,), float32, 16 kHz

    >>> quiet = sound("pink", 1.0, -40.0)
    >>> quiet.shape, round(20 * float(np.log10(np.sqrt(np.mean(quiet**2)))))
    ((16000,), -40)
    """
    wave = KINDS[kind](round(seconds * SAMPLE_RATE), np.random.default_rng(seed))
    return at_level(wave, level_db)


def at_level(wave: npt.NDArray[np.floating], level_db: float) -> Samples:
    """The wave scaled to an RMS level in dB of full scale; silence stays silence."""
    rms = float(np.sqrt(np.mean(np.square(wave, dtype=np.float64)))) if wave.size else 0.0
    return (wave * (10 ** (level_db / 20) / rms if rms else 0.0)).astype(np.float32)


def _white(count: int, random: np.random.Generator) -> Wave:
    return random.normal(size=count)


def _coloured(count: int, random: np.random.Generator, exponent: float) -> Wave:
    """Noise whose power falls with frequency to the power of `exponent`, above 20 Hz."""
    spectrum = scipy.fft.rfft(random.normal(size=count))
    hertz = np.maximum(scipy.fft.rfftfreq(count, 1 / SAMPLE_RATE), 20.0)
    return np.asarray(scipy.fft.irfft(spectrum * hertz ** (-exponent / 2), count))


def _pink(count: int, random: np.random.Generator) -> Wave:
    return _coloured(count, random, 1.0)


def _brown(count: int, random: np.random.Generator) -> Wave:
    return _coloured(count, random, 2.0)


def _hum(count: int, random: np.random.Generator) -> Wave:
    """Mains hum of 50 Hz with its harmonics."""
    seconds = np.arange(count) / SAMPLE_RATE
    wave = np.zeros(count)
    for n in range(1, 16):
        wave += np.sin(2 * np.pi * 50 * n * seconds + n) / n
    return wave


def _fan(count: int, random: np.random.Generator) -> Wave:
    """Air noise that slowly swells, with the tone of the blades."""
    seconds = np.arange(count) / SAMPLE_RATE
    air = _coloured(count, random, 1.3)
    tone = 0.3 * air.std() * np.sin(2 * np.pi * 93 * seconds)
    swell = 1.0 + 0.4 * np.sin(2 * np.pi * 0.3 * seconds) + 0.2 * np.sin(2 * np.pi * 0.07 * seconds)
    return np.asarray((air + tone) * swell)


def _keyboard(count: int, random: np.random.Generator) -> Wave:
    """Key presses and releases, about five a second, over a faint room noise."""
    wave = 0.003 * random.normal(size=count)
    position = 0.0
    while position < count:
        length = int(random.uniform(0.01, 0.04) * SAMPLE_RATE)
        first = int(position)
        click = random.normal(size=length) * np.exp(-np.arange(length) / (0.2 * length))
        wave[first : first + length] += (random.uniform(0.3, 1.0) * click)[: count - first]
        position += random.exponential(0.2) * SAMPLE_RATE
    return wave


def _notes(count: int, notes_of_beat: Callable[[int], list[tuple[int, float]]]) -> Wave:
    """Decaying notes with six harmonics; `notes_of_beat` gives (MIDI note, offset in beats)."""
    wave = np.zeros(count)
    length = 2 * _BEAT_SAMPLES
    seconds = np.arange(length) / SAMPLE_RATE
    envelope = np.minimum(1.0, seconds / 0.01) * np.exp(-3.0 * seconds)
    for beat in range(-(-count // _BEAT_SAMPLES)):
        for note, offset in notes_of_beat(beat):
            first = round((beat + offset) * _BEAT_SAMPLES)
            hertz = 440.0 * 2 ** ((note - 69) / 12)
            tone = sum(np.sin(2 * np.pi * hertz * n * seconds) / n**1.5 for n in range(1, 7))
            room = wave[first : first + length]
            room += (envelope * tone)[: room.shape[0]]
    return wave


def _chords(count: int, random: np.random.Generator) -> Wave:
    def notes(beat: int) -> list[tuple[int, float]]:
        return [(note, 0.0) for note in _CHORDS[beat // 4 % 4]] if beat % 2 == 0 else []

    return _notes(count, notes)


def _arpeggio(count: int, random: np.random.Generator) -> Wave:
    def notes(beat: int) -> list[tuple[int, float]]:
        chord = _CHORDS[beat // 4 % 4]
        return [(chord[(2 * beat + half) % 3] + 12, half / 2) for half in range(2)]

    return _notes(count, notes)


def _drums(count: int, random: np.random.Generator) -> Wave:
    """A bass drum on 1 and 3, a snare on 2 and 4, a hi-hat on every half beat."""
    wave = np.zeros(count)
    seconds = np.arange(_BEAT_SAMPLES // 2) / SAMPLE_RATE
    for half_beat in range(2 * -(-count // _BEAT_SAMPLES)):
        noise = random.normal(size=seconds.shape[0])
        hit = 0.15 * np.diff(noise, prepend=0.0) * np.exp(-60 * seconds)
        if half_beat % 4 == 0:
            sweep = np.sin(2 * np.pi * (50 * seconds - 4 * np.exp(-30 * seconds)))
            hit = hit + 1.2 * sweep * np.exp(-12 * seconds)
        if half_beat % 4 == 2:
            hit = hit + 0.5 * noise * np.exp(-20 * seconds)
        room = wave[half_beat * _BEAT_SAMPLES // 2 :][: seconds.shape[0]]
        room += hit[: room.shape[0]]
    return wave


def _music(count: int, random: np.random.Generator) -> Wave:
    """Chords, arpeggio and drums together."""
    return _chords(count, random) + _arpeggio(count, random) + 0.7 * _drums(count, random)


def _melody(count: int, random: np.random.Generator) -> Wave:
    """A single voice of harmonics with vibrato, the music most like speech."""
    scale = np.array((57, 60, 62, 64, 67, 69, 72))
    beats = -(-count // _BEAT_SAMPLES)
    hertz = np.repeat(440.0 * 2 ** ((random.choice(scale, beats) - 69) / 12), _BEAT_SAMPLES)
    seconds = np.arange(hertz.shape[0]) / SAMPLE_RATE
    hertz *= 1.0 + 0.02 * np.sin(2 * np.pi * 5.5 * seconds)
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    wave = np.zeros(hertz.shape[0])
    for n in range(1, 20):
        wave += np.sin(n * phase) / n * (n * hertz < SAMPLE_RATE / 2)
    note = np.arange(_BEAT_SAMPLES) / SAMPLE_RATE
    envelope = np.minimum(1.0, note / 0.05) * np.minimum(1.0, (note[-1] - note) / 0.08)
    return np.asarray(wave * np.tile(envelope, beats))[:count]


def _dither(count: int, random: np.random.Generator) -> Wave:
    """Digital silence with a dither of one least significant bit of 16."""
    return random.integers(-1, 2, size=count).astype(np.float64)


KINDS: dict[str, Callable[[int, np.random.Generator], Wave]] = {
    "white": _white,
    "pink": _pink,
    "brown": _brown,
    "hum": _hum,
    "fan": _fan,
    "keyboard": _keyboard,
    "chords": _chords,
    "arpeggio": _arpeggio,
    "drums": _drums,
    "music": _music,
    "melody": _melody,
    "dither": _dither,
}
"""Generators by name; each gives `count` samples of any level."""
