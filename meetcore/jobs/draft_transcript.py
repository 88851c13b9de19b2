"""Words of an unfinished job, stored so that a restart resumes after them.

`StoredResults` adds each piece as it is recognized, and reads all words at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from meetcore.asr.offline.recognize_recording import PieceWords
from meetcore.jobs.speech_levels import SpeechLevels
from meetcore.records import SAMPLE_RATE, Job, RejectedText, Segment, Stage, Word
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.attribution import attribute


class DraftTranscript:
    """The draft transcript of one meeting, without speakers.

    Parameters
    ----------
    job : its checkpoint says up to which sample the stored draft is kept; 0 deletes all
    retry_write : runs a write until the store accepts it
    """

    def __init__(
        self,
        store: MeetingStore,
        job: Job,
        retry_write: Callable[[Callable[[], object]], object],
    ) -> None:
        self._store = store
        self._id = job.meeting_id
        self._retry_write = retry_write
        self._options = job.options
        self._language: str | None = None
        self._segments: list[Segment] = []
        self._rejected: list[RejectedText] = []
        self._any_recognized = job.checkpoint_samples > 0
        """No checkpoint is set before: what failed from the start is recognized again."""
        self.failed_samples = job.failed_samples if self._any_recognized else 0
        """At 16 kHz: pieces on which the recognizer failed."""
        self.levels = SpeechLevels(job.options.speech_levels if self._any_recognized else ())
        retry_write(lambda: self._load(job.checkpoint_samples / SAMPLE_RATE))

    def segments(self) -> tuple[Segment, ...]:
        """All segments, without speakers."""
        return tuple(self._segments)

    def words(self) -> tuple[Word, ...]:
        """All words."""
        return tuple(word for segment in self._segments for word in segment.words)

    def language(self) -> str | None:
        """ISO code of the language spoken most of the time; None where none was detected."""
        seconds: dict[str, float] = {}
        for word in self.words():
            if word.language:
                seconds[word.language] = seconds.get(word.language, 0.0) + word.end - word.start
        return max(seconds, key=lambda code: seconds[code]) if seconds else None

    def rejected(self) -> tuple[RejectedText, ...]:
        """Texts that the hallucination gate rejected."""
        return tuple(self._rejected)

    def add(self, piece: PieceWords) -> None:
        """Store the words of the next piece and set the checkpoint to its end, both or neither.

        Raises
        ------
        StoreError
            The store refused until `retry_write` gave up.
        """
        segments = attribute(piece.words, ())
        self._any_recognized = self._any_recognized or not piece.failed
        self.failed_samples += piece.end_sample - piece.start_sample if piece.failed else 0
        self.levels.add(piece)
        self._retry_write(lambda: self._save(piece, segments))
        self._language = self._language or piece.language
        self._segments += segments
        self._rejected += piece.rejected

    def _save(self, piece: PieceWords, segments: tuple[Segment, ...]) -> None:
        with self._store.together():
            if segments:
                position = len(self._segments)
                self._store.replace_segments(self._id, position, segments, Stage.DRAFT)
            if piece.rejected:
                self._store.add_rejected(self._id, Stage.DRAFT, piece.rejected)
            if piece.language and not self._language:
                self._store.update(self._id, language=piece.language)
            if self._any_recognized:
                self._store.jobs.update(
                    self._id,
                    checkpoint_samples=piece.end_sample,
                    options=replace(
                        self._options, heard=piece.heard, speech_levels=self.levels.counts()
                    ),
                    failed_samples=self.failed_samples,
                    attempts=1,  # It made progress: only the running attempt counts.
                )

    def _load(self, until: float) -> None:
        """Delete what is stored after a time in seconds, and read the rest."""
        with self._store.together():
            self._language = self._store.get(self._id).language
            self._store.cut_draft(self._id, until)
            kept = self._store.transcript(self._id, Stage.DRAFT)
        self._segments = list(kept.segments)
        self._rejected = list(kept.rejected)
