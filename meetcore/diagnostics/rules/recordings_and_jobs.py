"""Rules about files and models that fail while a recording is processed."""

from __future__ import annotations

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, message_only


def _threads(facts: Facts) -> Outcome | None:
    if not facts.thread_errors:
        return None
    return amber(
        " ".join(
            f"The {each.thread} thread met an error ({each.newest}, {each.count} since the start)"
            " and goes on."
            for each in facts.thread_errors
        )
    )


PROCESSING_RULES = (
    Rule(
        id="thread-error",
        area=Area.MACHINE,
        title="Work in the background met an error",
        symptom="The jobs thread met an error (OSError, 1 since the start) and goes on.",
        cause="A full disk, a folder without access rights, or a fault of Meetcore. What failed is"
        " tried again.",
        advice="Look at the other findings first. If it comes again, send the report with the"
        " lines of the log.",
        source="meetcore/supervised.py",
        check=_threads,
        message_patterns=(r"thread met an error",),
    ),
    Rule(
        id="job-stalled",
        area=Area.MODE,
        title="A transcription made no progress",
        symptom="It made no progress for 30 minutes and was ended.",
        cause="A file or network folder that never answers, a model too large for this machine's"
        " memory, or other programs that take all of the processor.",
        advice="Close other programs or choose a smaller model, then try again.",
        source="meetcore/jobs/executors/child_process.py",
        check=message_only,
        message_patterns=(r"made no progress for",),
    ),
    Rule(
        id="not-media",
        area=Area.MACHINE,
        title="The file is not a recording that can be read",
        symptom="… is not a media file that can be read.",
        cause="It is damaged, encrypted, not a media file, or in a format that FFmpeg does not"
        " know.",
        advice="Open it in a player and export it as WAV, MP3 or M4A, then upload that.",
        source="https://ffmpeg.org/general.html#Supported-File-Formats_002c-Codecs-or-Features",
        check=message_only,
        message_patterns=(
            r"not a media file",
            r"cannot be decoded",
            r"no audio track",
            r"is encrypted",
            r"not a recording",
            r"is empty \(0 bytes\)",
            r"too few for speech",
            r"cannot be opened \(",
        ),
        is_general=True,
    ),
    Rule(
        id="unfinished-mp4",
        area=Area.MACHINE,
        title="The recorder never finished this file",
        symptom="… has no index (moov).",
        cause="MP4, M4A and MOV files are written with their index last. A recorder that lost power"
        " or was ended before leaves the sound in the file, but no player finds it; a copy that was"
        " stopped early looks the same.",
        advice="Copy the file again from where it was recorded. Otherwise open the recording app"
        " once more, which often repairs it, or run untrunc with a whole file of that recorder.",
        source="https://github.com/anthwlock/untrunc",
        check=message_only,
        message_patterns=(r"has no index \(moov\)",),
    ),
    Rule(
        id="damaged-recording",
        area=Area.MACHINE,
        title="The file of a recording is damaged",
        symptom="The recording in … cannot be read: its file is damaged.",
        cause="The disk lost a part of audio.flac, or another program changed it. What follows a"
        " damaged place is read; the start of the file must be whole.",
        advice="Copy the meeting's folder back from a backup, and check the disk.",
        source="meetcore/audio/flac.py",
        check=message_only,
        message_patterns=(r"The recording in .* its file is damaged",),
    ),
    Rule(
        id="longest-recording",
        area=Area.MACHINE,
        title="The recording is longer than allowed",
        symptom="… is longer than 12 hours.",
        cause="The limit prevents a damaged file from filling the disk.",
        command="export MEETCORE_LONGEST_HOURS=24",
        advice="Or cut the recording into parts.",
        source="meetcore/settings.py",
        check=message_only,
        message_patterns=(r"is longer than .* hours",),
    ),
    Rule(
        id="model-failed",
        area=Area.MODE,
        title="A model failed on part of a recording",
        symptom="Some passages could not be read live, or a job failed.",
        cause="The recording is safe on the disk: a running meeting goes on, and the second pass"
        " transcribes everything again.",
        advice="Read the traceback under Live health, run the self-test, and try again.",
        source="meetcore/models/identifier_session.py",
        check=message_only,
        message_patterns=(
            r"failed on (this window|the whole recording|\d)",
            r"(Segmentation|Embedding) .*failed",
            r"gave no numbers",
            r"are no numbers",
            r"worker process ended",
            r"unexpected error came up",
            r"passages could not be read live",
            r" failed \(",
        ),
        is_general=True,
    ),
)
