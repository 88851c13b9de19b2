"""`Cutter`: cuts a recording at pauses into pieces, also while the recording still grows."""

from __future__ import annotations

from collections.abc import Iterator

from meetcore.asr.offline.chunking import Piece, piece_of
from meetcore.asr.offline.pauses import (
    ONSET_FRAMES,
    PAUSE_RULES,
    PauseRule,
    best_cut,
    first_pause,
    speech_start,
)
from meetcore.asr.vad.activity import Activity, Probabilities
from meetcore.asr.vad.levels import FRAME_SAMPLES
from meetcore.asr.vad.recording_speech import RecordingSpeech
from meetcore.records import SAMPLE_RATE, ReadSamples

_LONGEST_FRAMES = 16 * SAMPLE_RATE // FRAME_SAMPLES
"""Longest piece; see `PAUSE_RULES`."""
LONGEST_SAMPLES = _LONGEST_FRAMES * FRAME_SAMPLES


def cut_pieces(
    read: ReadSamples, total_samples: int, activity: Activity, start_sample: int = 0
) -> Iterator[Piece]:
    """All pieces of a recording that is complete; see Cutter."""
    return Cutter(read, activity, start_sample).pieces(total_samples, ended=True)


class Cutter:
    """Gives the pieces of a recording in order and without overlap, at most 16 s each.

    Where a piece ends depends on the recording up to a moment after that end alone. So each piece
    of a growing recording is given as soon as that moment has come, and is the one that the whole
    recording gives. Audio without speech before a piece is left out.

    Parameters
    ----------
    read : gives samples, shape (n_samples,), float32, 16 kHz; called with at most 28 s at a time
    activity : a voice activity detector for this object alone
    start_sample : end of a piece of an earlier cutter; the pieces after that one are given
    """

    def __init__(
        self,
        read: ReadSamples,
        activity: Activity,
        start_sample: int = 0,
        rules: tuple[PauseRule, ...] = PAUSE_RULES,
    ) -> None:
        self._read = read
        self._speech = RecordingSpeech(read, 0, activity, ended=False)
        self._rules = rules
        # Positions are whole frames, so that a frame has the same probability in every window.
        self._frame = self._scanned = -(-start_sample // FRAME_SAMPLES)
        self._begun = False
        self.position = start_sample
        """End of the last piece that was given, in samples."""

    @property
    def begin(self) -> int:
        """Where the next piece begins at the earliest, in samples; before it nothing is left."""
        known = self._frame if self._begun else max(self._frame, self._scanned - ONSET_FRAMES)
        return known * FRAME_SAMPLES

    def pieces(self, total_samples: int, ended: bool) -> Iterator[Piece]:
        """The next pieces that are known; with `ended`, all that are left.

        Parameters
        ----------
        total_samples : length of the recording, never less than in the call before
        """
        self._speech.grow(total_samples, ended)
        while self._begin_piece():
            stop = min(self._speech.n_frames, self._frame + _LONGEST_FRAMES)
            probabilities = self._speech.probabilities(self._frame, stop)
            length = self._length(probabilities)
            if length is None:
                if not ended:
                    return
                length = len(probabilities)
            start = self._frame * FRAME_SAMPLES
            samples = self._read(start, min(start + length * FRAME_SAMPLES, total_samples))
            self._frame += length
            self._scanned, self._begun = self._frame, False
            piece = piece_of(samples, probabilities[:length], start)
            self.position = piece.end_sample
            yield piece

    def _begin_piece(self) -> bool:
        """Move to where the next piece begins; False where no more speech is known yet."""
        while not self._begun and self._scanned < self._speech.n_frames:
            first = max(self._frame, self._scanned - ONSET_FRAMES)
            stop = min(self._speech.n_frames, self._scanned + _LONGEST_FRAMES)
            begin = speech_start(self._speech.probabilities(first, stop), first, self._frame)
            self._scanned = stop
            if begin is not None:
                self._frame, self._begun = begin, True
        return self._begun

    def _length(self, probabilities: Probabilities) -> int | None:
        """Frames of the piece with these probabilities; None where its end is not known yet."""
        length = first_pause(probabilities, self._rules)
        if length is None and len(probabilities) == _LONGEST_FRAMES:
            start = self._frame * FRAME_SAMPLES
            length = best_cut(self._read(start, start + LONGEST_SAMPLES), probabilities)
        return length
