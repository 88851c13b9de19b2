"""`GrowingWords`: the next pieces of a recording that grows, of which the words are wanted."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from meetcore.asr.offline.chunking import Piece
from meetcore.asr.offline.cutter import Cutter
from meetcore.asr.vad.activity import Activity
from meetcore.audio.recording import RecordingReader


class GrowingWords:
    """Cuts a recording behind the last piece whose words are known; used by one thread at a time.

    Parameters
    ----------
    start_sample : end of that piece
    activity : a voice activity detector for this object alone
    """

    def __init__(self, folder: Path, start_sample: int, activity: Activity) -> None:
        self._reader = RecordingReader(folder)
        self._cutter = Cutter(self._reader.read, activity, start_sample)
        self._waiting: list[Piece] = []
        self.position = start_sample
        """End of the last piece whose words are known, in samples."""

    @property
    def reached(self) -> int:
        """Before this sample nothing is left to recognize."""
        return self._waiting[0].start_sample if self._waiting else self._cutter.begin

    def next_pieces(self, most: int) -> list[Piece]:
        """New pieces, at most so many, behind those that wait for them; empty without a new one."""
        new = list(islice(self._cutter.pieces(self._reader.n_samples, ended=False), most))
        self._waiting += new
        return list(self._waiting) if new else []

    def recognized(self, end_sample: int) -> None:
        """Note that the words of the pieces up to a sample are known."""
        self.position = end_sample
        self._waiting = [piece for piece in self._waiting if piece.end_sample > end_sample]
