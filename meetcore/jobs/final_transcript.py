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
    """The final transcript of one meeting. Each method reads and writes once, and raises
    StoreError when the store refuses; it may then be called again."""

    def __init__(self, store: MeetingStore, meeting_id: str) -> None:
        self._store = store
        self._id = meeting_id
        self._turns: tuple[Turn, ...] | None = None
        """Without overlaps; None until `save_turns`."""

    def save_words(self, draft: DraftTranscript, speakers: bool) -> None:
        """Make the draft the final transcript, before diarization begins.

        Parameters
        ----------
        speakers : give the words to the turns known so far
        """
        before = self._latest()
        stored = self._store.turns(self._id)
        known = corrected_turns(stored, before.segments) or stored
        segments = reattributed(draft.segments(), known if speakers else ())
        named = speakers_of(segments, before.speakers)
        self._store.replace_transcript(
            self._id, Transcript(segments, named, Stage.FINAL, draft.rejected())
        )

    def save_turns(self, found: Diarization) -> Mapping[str, Voice]:
        """Store the turns under the labels that the same voices had before; the voices by label."""
        before = self._latest()
        exclusive = valid_turns(found.exclusive_turns)
        turns = valid_turns(found.turns)
        labels = keep_labels(reattributed(before.segments, exclusive), before, (*exclusive, *turns))
        self._turns = _relabelled(exclusive, labels)
        self._store.replace_turns(self._id, _relabelled(turns, labels))
        return {labels[old]: voice for old, voice in found.voices.items() if old in labels}

    def attribute(self) -> None:
        """Give the words to the speakers of the turns; without turns nothing changes."""
        turns = self._turns if self._turns is not None else self._store.turns(self._id)
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
