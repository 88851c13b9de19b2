"""Writes a job's words, turns and speakers as FINAL transcript (server process).

`StoredResults` calls it after each stage. Labels, names and corrected segments that the meeting
had before are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from meetcore.diarization.offline.diarize_recording import Diarization
from meetcore.diarization.voice_similarity import Voice
from meetcore.jobs.draft_transcript import DraftTranscript
from meetcore.records import Stage, Transcript, Turn
from meetcore.store.meetings import MeetingStore
from meetcore.transcript.corrected_turns import corrected_turns
from meetcore.transcript.reattribution import (
    keep_labels,
    reattributed,
    speakers_of,
    valid_turns,
)


class FinalTranscript:
    """The final transcript of one meeting.

    Each method is one transaction that raises StoreError when the store refuses, and may then be
    called again. A job that ends between two of them resumes with the second.
    """

    def __init__(self, store: MeetingStore, meeting_id: str) -> None:
        self._store = store
        self._id = meeting_id

    def save_words(self, draft: DraftTranscript, speakers: bool) -> None:
        """Make the draft the final transcript, before diarization begins.

        Parameters
        ----------
        speakers : give the words to the turns known so far
        """
        with self._store.together():
            before = self._latest()
            stored = self._store.exclusive_turns(self._id)
            known = corrected_turns(stored, before.segments) or stored
            segments = reattributed(draft.segments(), known if speakers else ())
            named = speakers_of(segments, before.speakers)
            self._store.replace_transcript(
                self._id, Transcript(segments, named, Stage.FINAL, draft.rejected())
            )
            self._store.clear_draft(self._id)

    def save_turns(self, found: Diarization) -> Mapping[str, Voice]:
        """Store the turns under the labels that the same voices had before; the voices by label."""
        turns = valid_turns(found.turns)
        exclusive = valid_turns(found.exclusive_turns) or turns
        with self._store.together():
            before = self._latest()
            segments = reattributed(before.segments, exclusive)
            labels = keep_labels(segments, before, (*exclusive, *turns))
            self._store.replace_turns(
                self._id, _relabelled(turns, labels), _relabelled(exclusive, labels)
            )
        return {labels[old]: voice for old, voice in found.voices.items() if old in labels}

    def attribute(self) -> None:
        """Give the words to the speakers of the turns; without turns nothing changes."""
        with self._store.together():
            turns = self._store.exclusive_turns(self._id)
            if not turns:
                return
            before = self._latest()
            segments = reattributed(before.segments, turns)
            speakers = speakers_of(segments, before.speakers)
            self._store.replace_transcript(
                self._id, Transcript(segments, speakers, Stage.FINAL, before.rejected)
            )

    def _latest(self) -> Transcript:
        """The final transcript, else the live one, with every speaker of the meeting.

        Speakers without words are included: their labels must not be given to another voice.
        """
        latest = self._store.transcript(self._id, Stage.FINAL)
        if not latest.segments:
            latest = self._store.transcript(self._id, Stage.PROVISIONAL)
        return replace(latest, speakers=self._store.speakers(self._id))


def _relabelled(turns: tuple[Turn, ...], labels: Mapping[str, str]) -> tuple[Turn, ...]:
    return tuple(Turn(turn.start, turn.end, labels[turn.speaker]) for turn in turns)
