"""The words of a second pass as they come, kept in the store so that a restart goes on."""

from __future__ import annotations

from collections.abc import Callable

from meetcore.asr.offline.recording import PieceWords
from meetcore.records import SAMPLE_RATE, RejectedText, Segment, Stage, Word
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.attribution import attribute


class Draft:
    """Words up to a checkpoint.

    Parameters
    ----------
    checkpoint_samples : words from here on are heard again, and dropped if they are there
    keep : runs a write until the store takes it
    """

    def __init__(
        self,
        store: MeetingStore,
        meeting_id: str,
        checkpoint_samples: int,
        keep: Callable[[Callable[[], object]], None],
    ) -> None:
        self._store = store
        self._id = meeting_id
        self._keep = keep
        self._language = store.get(meeting_id).language
        self._segments: list[Segment] = []
        self._rejected: list[RejectedText] = []
        self._heard = checkpoint_samples > 0
        """Whether there is anything to go on from: what failed from the start is heard anew."""
        self._begin(checkpoint_samples / SAMPLE_RATE)

    def segments(self) -> tuple[Segment, ...]:
        """All segments, without speakers."""
        return tuple(self._segments)

    def words(self) -> tuple[Word, ...]:
        """All words."""
        return tuple(word for segment in self._segments for word in segment.words)

    def rejected(self) -> tuple[RejectedText, ...]:
        """What the gate held back."""
        return tuple(self._rejected)

    def add(self, piece: PieceWords) -> None:
        """Keep the words of the next piece, then move the checkpoint behind it."""
        segments = attribute(piece.words, ())
        position = len(self._segments)
        self._heard = self._heard or not piece.failed

        def write() -> None:
            if segments:
                self._store.replace_segments(self._id, position, segments, Stage.DRAFT)
            if piece.language and not self._language:
                self._store.update(self._id, language=piece.language)
            if self._heard:
                self._store.jobs.update(self._id, checkpoint_samples=piece.end_sample)

        self._keep(write)
        if piece.rejected:
            self._keep(lambda: self._store.add_rejected(self._id, Stage.DRAFT, piece.rejected))
        self._language = self._language or piece.language
        self._segments += segments
        self._rejected += piece.rejected

    def _begin(self, until: float) -> None:
        if until == 0.0:
            self._keep(lambda: self._store.clear_draft(self._id))
            return
        kept = self._store.transcript(self._id, Stage.DRAFT)
        self._segments = [segment for segment in kept.segments if segment.start < until]
        self._rejected = [text for text in kept.rejected if text.start < until]
        position = len(self._segments)
        self._keep(lambda: self._store.replace_segments(self._id, position, (), Stage.DRAFT))
