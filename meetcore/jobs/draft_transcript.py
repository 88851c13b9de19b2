"""Words of an unfinished job, stored so that a restart resumes after them.

`StoredResults` adds each piece as it is recognized, and reads all words at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.records import SAMPLE_RATE, JobOptions, RejectedText, Segment, Stage, Word
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.attribution import attribute


class DraftTranscript:
    """The draft transcript of one meeting, without speakers.

    Parameters
    ----------
    checkpoint_samples : words of the draft after this sample (16 kHz) are deleted; 0 deletes all
    retry_write : runs a write until the store accepts it
    """

    def __init__(
        self,
        store: MeetingStore,
        meeting_id: str,
        checkpoint_samples: int,
        retry_write: Callable[[Callable[[], object]], object],
    ) -> None:
        self._store = store
        self._id = meeting_id
        self._retry_write = retry_write
        job = store.jobs.get(meeting_id)
        self._options = job.options if job else JobOptions()
        self._first_language: str | None = None
        self._segments: list[Segment] = []
        self._rejected: list[RejectedText] = []
        self._any_recognized = checkpoint_samples > 0
        """No checkpoint is set before: what failed from the start is recognized again."""
        self._load(checkpoint_samples / SAMPLE_RATE)

    def segments(self) -> tuple[Segment, ...]:
        """All segments, without speakers."""
        return tuple(self._segments)

    def words(self) -> tuple[Word, ...]:
        """All words."""
        return tuple(word for segment in self._segments for word in segment.words)

    def language(self) -> str | None:
        """ISO code of the language spoken most of the time; None without words."""
        seconds: dict[str, float] = {}
        for word in self.words():
            if word.language:
                seconds[word.language] = seconds.get(word.language, 0.0) + word.end - word.start
        return max(seconds, key=lambda code: seconds[code]) if seconds else self._first_language

    def rejected(self) -> tuple[RejectedText, ...]:
        """Texts that the hallucination gate rejected."""
        return tuple(self._rejected)

    def add(self, piece: PieceWords) -> None:
        """Store the words of the next piece, then set the checkpoint to its end.

        Raises
        ------
        StoreError
            The store refused until `retry_write` gave up.
        """
        segments = attribute(piece.words, ())
        position = len(self._segments)
        self._any_recognized = self._any_recognized or not piece.failed
        options = replace(self._options, heard=piece.heard)

        def write() -> None:
            if segments:
                self._store.replace_segments(self._id, position, segments, Stage.DRAFT)
            if self._any_recognized:
                self._store.jobs.update(
                    self._id, checkpoint_samples=piece.end_sample, options=options
                )

        self._retry_write(write)
        if piece.rejected:
            self._retry_write(
                lambda: self._store.add_rejected(self._id, Stage.DRAFT, piece.rejected)
            )
        self._options = options
        self._first_language = self._first_language or piece.language
        self._segments += segments
        self._rejected += piece.rejected

    def _load(self, until: float) -> None:
        """Read the draft up to a time in seconds; delete what is stored after it."""
        if until == 0.0:
            self._retry_write(lambda: self._store.clear_draft(self._id))
            return
        kept = self._store.transcript(self._id, Stage.DRAFT)
        self._segments = [segment for segment in kept.segments if segment.start < until]
        self._rejected = [text for text in kept.rejected if text.start < until]
        position = len(self._segments)
        self._retry_write(lambda: self._store.replace_segments(self._id, position, (), Stage.DRAFT))
