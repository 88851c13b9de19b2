"""Rules about the machine: disk, clock, memory, settings, database, files."""

from __future__ import annotations

from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Rule, Seen, amber, fine, red, unseen

BYTES_AN_HOUR = 16_000 * 2 * 3_600
"""Of a recording: 16 kHz, 16 bits, mono."""
AMBER_BYTES, RED_BYTES = 3_000_000_000, 300_000_000


def _space(facts: Facts) -> Seen | None:
    if not facts.folders:
        return None
    least = min(facts.folders, key=lambda folder: folder.free_bytes)
    hours = least.free_bytes // BYTES_AN_HOUR
    found = f"{least.free_bytes / 1e9:.1f} GB free in {least.path}: {hours:,} hours of recording."
    if least.free_bytes < RED_BYTES:
        return red(found)
    return amber(found) if least.free_bytes < AMBER_BYTES else fine(found)


def _folders(facts: Facts) -> Seen | None:
    if not facts.folders:
        return None
    bad = [f"{each.path}: {each.trouble}" for each in facts.folders if each.trouble]
    return red(f"{'; '.join(bad)}.") if bad else fine("Recordings and weights can be written.")


def _clock(facts: Facts) -> Seen | None:
    if facts.clock_trouble:
        return amber(facts.clock_trouble)
    return fine("Nothing here is newer than the clock says.")


def _settings(facts: Facts) -> Seen | None:
    if facts.settings_trouble:
        return red(facts.settings_trouble, "words")
    return fine("Every setting fits.") if facts.settings else None


def _database(facts: Facts) -> Seen | None:
    database = facts.database
    if database is None:
        return None
    if database.trouble:
        return red(database.trouble)
    if database.revision is None:
        return fine("There is no database yet; the first start makes it.")
    if database.known and database.revision == database.head:
        return fine(f"The database is at {database.head}.")
    return None


def _behind(facts: Facts) -> Seen | None:
    database = facts.database
    if database is None or database.revision is None or not database.known:
        return None
    if database.revision != database.head:
        return amber(f"The database is at {database.revision}; this version wants {database.head}.")
    return None


def _newer_database(facts: Facts) -> Seen | None:
    database = facts.database
    if database is None or database.known:
        return None
    return red(f"The database is at {database.revision}, which this version does not know.")


MACHINE_RULES = (
    Rule(
        "disk-space",
        Area.MACHINE,
        "The disk is nearly full",
        symptom="No space left on device",
        cause="An hour of recording takes 115 MB until it is compacted. A full disk holds a"
        " running meeting in memory until there is room again.",
        advice="Delete or move something; Meetcore goes on by itself.",
        source="meetcore/audio/recording.py",
        look=_space,
        fine="Disk",
        signs=(
            r"No space left",
            r"too little free space",
            r"ENOSPC",
            r"Free some",
            r"could not be saved\. Check the free space",
        ),
    ),
    Rule(
        "folder-unwritable",
        Area.MACHINE,
        "A folder cannot be written",
        symptom="Permission denied, Read-only file system",
        cause="Recordings, the database or weights cannot be kept there.",
        command="export MEETCORE_DATA_DIR=$HOME/meetcore MEETCORE_CACHE_DIR=$HOME/meetcore-cache",
        advice="Or mend the access rights of the folder.",
        source="meetcore/settings.py",
        look=_folders,
        fine="Folders",
        signs=(
            r"Permission denied",
            r"Read-only file system",
            r"cannot be (made|written|moved)",
            r"access rights",
            r"recording could not be read",
        ),
        general=True,
    ),
    Rule(
        "clock",
        Area.MACHINE,
        "The clock is wrong",
        symptom="Meetings in the wrong order; https certificates that are “not yet valid”.",
        cause="The machine's clock is behind things that were made before.",
        command="timedatectl set-ntp true",
        source="https://www.freedesktop.org/software/systemd/man/latest/timedatectl.html",
        look=_clock,
        fine="Clock",
        signs=(r"certificate is not yet valid",),
    ),
    Rule(
        "settings",
        Area.MACHINE,
        "A setting does not fit",
        symptom="A setting does not fit (MEETCORE_…).",
        cause="An environment variable, or a line of .env, has a value that cannot work.",
        advice="Correct what is named, and start again; the README lists every setting.",
        source="README.md",
        look=_settings,
        fine="Settings",
        signs=(
            r"A setting does not fit",
            r"No engine is called",
            r"No diarizer is called",
            r"Speakers are switched off",
            r"set MEETCORE_ENGINE=ctranslate2",
            r"is of the format .+, which .+ cannot read",
            r"does not run on .+; set MEETCORE_DEVICE",
        ),
    ),
    Rule(
        "out-of-memory",
        Area.MACHINE,
        "Too little memory",
        symptom="The worker process was ended by SIGKILL.",
        cause="The system ends what takes most when memory runs out; the job is tried again.",
        advice="Close other programs, or choose a smaller weight: MEETCORE_RECOGNIZER=tiny.en.",
        source="https://docs.kernel.org/admin-guide/mm/concepts.html#oom-killer",
        look=unseen,
        signs=(r"SIGKILL", r"lack of memory", r"out of memory", r"MemoryError"),
    ),
    Rule(
        "database",
        Area.STORE,
        "The database cannot be used",
        symptom="The database … refused a write.",
        cause="It is locked by another program, damaged, or cannot be reached. A running meeting"
        " keeps what it could not save and tries again.",
        advice="End the other program; check the folder's access rights and free space.",
        source="https://www.sqlite.org/rescode.html#busy",
        look=_database,
        fine="Database",
        signs=(r"database.*(refused|locked|cannot be read)", r"database URL", r"disk image"),
    ),
    Rule(
        "database-behind",
        Area.STORE,
        "The database is behind its migrations",
        symptom="None.",
        cause="It was made by an older version; the next start brings it up, keeping everything.",
        command="make run",
        source="meetcore/store/migrate.py",
        look=_behind,
    ),
    Rule(
        "database-newer",
        Area.STORE,
        "The database is of a newer Meetcore",
        symptom="The database … was made by a newer Meetcore.",
        cause="Its tables have changed in ways this version does not know, so it is left alone.",
        advice="Update Meetcore, or set MEETCORE_DATABASE_URL to another database.",
        source="meetcore/store/migrate.py",
        look=_newer_database,
        signs=(r"made by a newer Meetcore",),
    ),
    Rule(
        "not-media",
        Area.MACHINE,
        "The file cannot be read as sound",
        symptom="… is not a media file that can be read.",
        cause="It is damaged, protected, no recording, or of a kind FFmpeg does not know.",
        advice="Open it in a player and export it as WAV, MP3 or M4A, then upload that.",
        source="https://ffmpeg.org/general.html#Supported-File-Formats_002c-Codecs-or-Features",
        look=unseen,
        signs=(
            r"not a media file",
            r"cannot be decoded",
            r"no audio track",
            r"is encrypted",
            r"not a recording",
            r"is empty \(0 bytes\)",
            r"too few for speech",
            r"cannot be opened \(",
        ),
        general=True,
    ),
    Rule(
        "longest-recording",
        Area.MACHINE,
        "The recording is longer than allowed",
        symptom="… is longer than 12 hours.",
        cause="A limit keeps a broken file from filling the disk.",
        command="export MEETCORE_LONGEST_HOURS=24",
        advice="Or cut the recording into parts.",
        source="meetcore/settings.py",
        look=unseen,
        signs=(r"is longer than .* hours",),
    ),
    Rule(
        "model-failed",
        Area.MODE,
        "A model failed on a piece of sound",
        symptom="Some passages could not be read live, or a job failed.",
        cause="The sound is safe on the disk: a running meeting goes on, and the second pass hears"
        " everything again.",
        advice="Look at the traceback under Live health, run the self-test, and try the job again.",
        source="meetcore/models/identifier_session.py",
        look=unseen,
        signs=(
            r"failed on (this window|the whole recording|\d)",
            r"(Segmentation|Embedding) .*failed",
            r"gave no numbers",
            r"are no numbers",
            r"worker process ended",
            r"second pass failed",
            r"passages could not be read live",
            r" failed \(",
        ),
        general=True,
    ),
)
