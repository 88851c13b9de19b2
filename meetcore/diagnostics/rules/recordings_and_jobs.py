"""Rules about files and models that fail while a recording is processed."""

from __future__ import annotations

from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Rule, message_only

PROCESSING_RULES = (
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
        id="very-quiet",
        area=Area.MACHINE,
        title="The recording is very quiet",
        symptom="The recording is very quiet (speech at -58 dB); move closer to the microphone.",
        cause="Speech below -50 dB is raised before it is recognized, and with it the noise of the"
        " microphone, so that words may be missing.",
        advice="Raise the microphone's level in the sound settings of your system, or move closer"
        " to it.",
        source="meetcore/jobs/speech_levels.py",
        check=message_only,
        message_patterns=(r"recording is very quiet",),
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
            r"second pass failed",
            r"passages could not be read live",
            r" failed \(",
        ),
        is_general=True,
    ),
)
