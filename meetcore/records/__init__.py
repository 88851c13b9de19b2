"""Dataclasses that all packages share: Word, Turn, Segment, Meeting, Job, …"""

from meetcore.records.audio import SAMPLE_RATE, ReadSamples, Samples
from meetcore.records.edit_state import EditState
from meetcore.records.job import Job, JobOptions, JobStage, JobState, LevelCount
from meetcore.records.job_list import JobList, ListedJob
from meetcore.records.library import (
    LibraryPage,
    LibraryQuery,
    MeetingSummary,
    Order,
    SearchHit,
    SnippetPart,
)
from meetcore.records.live import Gap, LiveHealth, LiveSnapshot, LiveState, TranscriptShape
from meetcore.records.meeting import ID, Meeting, MeetingState
from meetcore.records.mode import Mode
from meetcore.records.models_in_use import ModelsInUse, RungLeft
from meetcore.records.transcript import (
    UNKNOWN_SPEAKER,
    RejectedText,
    Segment,
    Speaker,
    Stage,
    Transcript,
    Turn,
    Word,
)
from meetcore.records.voice_profile import Profile, ProfileMatch, VoiceClip

__all__ = [
    "ID",
    "SAMPLE_RATE",
    "UNKNOWN_SPEAKER",
    "EditState",
    "Gap",
    "Job",
    "JobList",
    "JobOptions",
    "JobStage",
    "JobState",
    "LevelCount",
    "LibraryPage",
    "LibraryQuery",
    "ListedJob",
    "LiveHealth",
    "LiveSnapshot",
    "LiveState",
    "Meeting",
    "MeetingState",
    "MeetingSummary",
    "Mode",
    "ModelsInUse",
    "Order",
    "Profile",
    "ProfileMatch",
    "ReadSamples",
    "RejectedText",
    "RungLeft",
    "Samples",
    "SearchHit",
    "Segment",
    "SnippetPart",
    "Speaker",
    "Stage",
    "Transcript",
    "TranscriptShape",
    "Turn",
    "VoiceClip",
    "Word",
]
