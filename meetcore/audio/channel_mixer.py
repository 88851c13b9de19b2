"""Mixes any number of channels to one, block by block, with weights that follow the sound.

Used for the channels of a track, for the tracks of a file, and for a live microphone.
The gate is that of an automatic microphone mixer: D. Dugan, Automatic Microphone Mixing, Journal
of the Audio Engineering Society 23(6), 1975.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Planar = npt.NDArray[np.float32]
"""Audio of several channels, shape (n_channels, n_samples), float32."""
Mono = npt.NDArray[np.float32]
"""Audio of one channel, shape (n_samples,), float32."""
_Floats = npt.NDArray[np.float64]

BLOCKS_PER_S = 50
"""Weights are decided each 20 ms, the length of a WebRTC frame, and cross-fade over as much."""
GATE_RATIO = 10.0 ** (-20 / 10)
"""A channel so far below the loudest one gets half its weight: noise beside a voice."""
RELEASE = 0.7
"""What a block keeps of a channel's energy of the block before: it falls by 77 dB a second."""
MEMORY = 0.82
"""The same for the decision on cancelling channels: a mean over 0.1 s."""
CANCELS_BELOW, MIXES_ABOVE = 10.0 ** (-5.2 / 10), 10.0 ** (-3.5 / 10)
"""Mixed energy relative to the loudest channel's; two independent voices give -3.0 dB."""
OTHERS_SHARE = 0.15 / 0.85
"""Weight of all others together relative to the favourite's: opposite phase costs 3.1 dB then."""
CLEARLY_LOUDER = 10.0 ** (2.5 / 10)
"""A channel so much louder than the favourite takes its place."""
SILENT = 10.0 ** (-100 / 10)
_TINY = 1e-16


class ChannelMixer:
    """Mixes the channels of one stream to their weighted mean.

    - A channel that carries sound has a weight; one that is silent, or noise far below a voice,
      has none. Of n channels that carry sound alike, each gets 1/n.
    - Where channels cancel (opposite or delayed phase), the louder one is preferred.
    - DC offset counts as silence.

    Blocks are counted from the first sample, so that any chunking gives the same samples.

    Not thread-safe.

    Parameters
    ----------
    n_channels : int
    block_samples : int
        Samples of a block; 20 ms.
    """

    def __init__(self, n_channels: int, block_samples: int) -> None:
        self._n_channels = n_channels
        self._block = block_samples
        self._waiting: Planar = np.zeros((n_channels, 0), np.float32)
        self._weights: _Floats = np.full(n_channels, 1.0 / n_channels)
        self._held: _Floats = np.zeros(n_channels)
        self._energy: _Floats = np.zeros(n_channels)
        self._mixed_energy = self._loudest_energy = 0.0
        self._favourite: int | None = None

    def push(self, planar: Planar) -> Mono:
        """The mix of all whole blocks up to here; less than a block is held back.

        Parameters
        ----------
        planar : np.ndarray, shape (n_channels, n_samples), float32

        Returns
        -------
        np.ndarray, shape (n_samples,), float32
        """
        if self._n_channels == 1:
            mono: Mono = planar[0]
            return mono
        joined = np.concatenate([self._waiting, planar], axis=1) if self._held_back else planar
        n_blocks = joined.shape[1] // self._block
        whole = n_blocks * self._block
        self._waiting = joined[:, whole:].copy()
        return self._mixed(joined[:, :whole].reshape(self._n_channels, n_blocks, self._block))

    def flush(self) -> Mono:
        """The mix of what was held back, at the end of the stream.

        Returns
        -------
        np.ndarray, shape (n_samples,), float32
        """
        rest, self._waiting = self._waiting, self._waiting[:, :0]
        return self._mixed(rest.reshape(self._n_channels, -1, max(rest.shape[1], 1)))

    @property
    def _held_back(self) -> bool:
        return bool(self._waiting.shape[1])

    def _mixed(self, blocks: Planar) -> Mono:
        """The mix of blocks of shape (n_channels, n_blocks, block_samples)."""
        if blocks.size == 0:
            return np.zeros(0, np.float32)
        ends: npt.NDArray[Any] = self._decide(blocks)
        starts = np.concatenate([self._weights[None], ends[:-1]]).astype(np.float32)
        self._weights, ends = ends[-1], ends.astype(np.float32)
        ramp = (np.arange(1, blocks.shape[2] + 1) / blocks.shape[2]).astype(np.float32)
        mix = np.zeros(blocks.shape[1:], np.float32)
        for channel, samples in enumerate(blocks):
            start, end = starts[:, channel, None], ends[:, channel, None]
            if (start == end).all():
                mix += samples * start
            else:
                mix += samples * (start + (end - start) * ramp)
        return mix.reshape(-1)

    def _decide(self, blocks: Planar) -> _Floats:
        """The weight of each channel at the end of each block, shape (n_blocks, n_channels)."""
        by_block = blocks.transpose(1, 0, 2)
        energies = _energies(by_block)
        mixes = _shares(energies).astype(np.float32)[:, None, :] @ by_block
        mixed, loudest = _energies(mixes)[:, 0].tolist(), energies.max(axis=1).tolist()
        held = np.empty_like(energies)
        favourites: list[int | None] = []
        for index, energy in enumerate(energies):
            # Digital silence keeps the weights: a change would make a DC offset audible as a step.
            kept = RELEASE if loudest[index] > SILENT else 1.0
            self._held = held[index] = np.maximum(energy, kept * self._held)
            self._energy = MEMORY * self._energy + energy
            self._mixed_energy = MEMORY * self._mixed_energy + mixed[index]
            self._loudest_energy = MEMORY * self._loudest_energy + loudest[index]
            favourites.append(self._chosen())
        return _preferring(_shares(held), favourites)

    def _chosen(self) -> int | None:
        """The channel that is preferred because the others cancel it; None where none does."""
        kept = self._mixed_energy / (self._loudest_energy + _TINY)
        if self._loudest_energy <= _TINY:
            return self._favourite
        if self._favourite is None:
            if kept < CANCELS_BELOW:
                self._favourite = int(self._energy.argmax())
        elif kept > MIXES_ABOVE:
            self._favourite = None
        else:
            loudest = int(self._energy.argmax())
            if self._energy[loudest] > CLEARLY_LOUDER * self._energy[self._favourite]:
                self._favourite = loudest
        return self._favourite


def _energies(blocks: Planar) -> _Floats:
    """Mean squares without the DC offset, of blocks of shape (n_blocks, n_channels, n_samples)."""
    n_samples = blocks.shape[2]
    means = blocks.sum(axis=2).astype(np.float64) / n_samples
    squares: _Floats = np.einsum("bcs,bcs->bc", blocks, blocks).astype(np.float64) / n_samples
    # Rounding may leave less than nothing of a DC offset.
    energies: _Floats = np.maximum(squares - means * means, 0.0)
    return energies


def _shares(energies: _Floats) -> _Floats:
    """Weights of sum 1 for each row: equal where channels are alike, none far below the loudest.

    Parameters
    ----------
    energies : np.ndarray, shape (n_blocks, n_channels), mean squares
    """
    n_channels = energies.shape[1]
    relative = (energies + _TINY) / (energies.max(axis=1, keepdims=True) + _TINY)
    # The more channels, the steeper: noise of 63 of them must not outweigh one voice.
    half = GATE_RATIO * np.sqrt(max(n_channels - 2, 1))
    gates = 1.0 / (1.0 + np.square(half / relative))
    shares: _Floats = gates / gates.sum(axis=1, keepdims=True)
    return shares


def _preferring(shares: _Floats, favourites: list[int | None]) -> _Floats:
    """The shares, with all but a row's favourite made small."""
    for index, favourite in enumerate(favourites):
        if favourite is None:
            continue
        row = shares[index]
        others = np.delete(row, favourite).sum()
        # As much as the favourite's own share, or as they had where that one is silent.
        scale = min(1.0, OTHERS_SHARE * max(row[favourite], others / len(row)) / (others + _TINY))
        factors = np.full(len(row), scale)
        factors[favourite] = 1.0
        shares[index] = row * factors / (row * factors).sum()
    return shares
