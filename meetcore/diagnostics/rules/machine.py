"""Rules about the machine: disk, folders, clock, memory, settings, database."""

from __future__ import annotations

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, message_only, red
from meetcore.installation import START, command
from meetcore.text.sizes import size_text

BYTES_PER_HOUR = 16_000 * 2 * 3_600
"""Of a recording: 16 kHz, 16 bits, mono."""
AMBER_BYTES, RED_BYTES = 3_000_000_000, 300_000_000
"""Free space below which the finding is amber or red."""


def _space(facts: Facts) -> Outcome | None:
    if not facts.folders:
        return None
    least = min(facts.folders, key=lambda folder: folder.free_bytes)
    hours = least.free_bytes // BYTES_PER_HOUR
    found = f"{size_text(least.free_bytes)} free in {least.path}: {hours:,} hours of recording."
    if least.free_bytes < RED_BYTES:
        return red(found)
    return amber(found) if least.free_bytes < AMBER_BYTES else fine(found)


def _folders(facts: Facts) -> Outcome | None:
    if not facts.folders:
        return None
    bad = [f"{each.path}: {each.trouble}" for each in facts.folders if each.trouble]
    return (
        red(f"{'; '.join(bad)}.")
        if bad
        else fine("The folders of recordings and weights can be written.")
    )


def _clock(facts: Facts) -> Outcome | None:
    if facts.clock_trouble:
        return amber(facts.clock_trouble)
    return fine("No file is newer than the clock.")


def _settings(facts: Facts) -> Outcome | None:
    if facts.settings_trouble:
        return red(facts.settings_trouble, "words")
    return fine("Every setting is valid.") if facts.settings else None


def _database(facts: Facts) -> Outcome | None:
    database = facts.database
    if database is None:
        return None
    if database.trouble:
        return red(database.trouble)
    if database.damage:
        return None
    if database.revision is None:
        return fine("There is no database yet; the first start creates it.")
    if database.known and database.revision == database.head:
        return fine(f"The database is at revision {database.head}.")
    return None


def _damaged_database(facts: Facts) -> Outcome | None:
    database = facts.database
    if database is None or not database.damage:
        return None
    return red(f"The database is damaged: {database.damage}.")


def _older_database(facts: Facts) -> Outcome | None:
    database = facts.database
    if database is None or database.revision is None or not database.known:
        return None
    if database.revision != database.head:
        return amber(
            f"The database is at revision {database.revision}; this version needs {database.head}."
        )
    return None


def _newer_database(facts: Facts) -> Outcome | None:
    database = facts.database
    if database is None or database.known:
        return None
    return red(
        f"The database is at revision {database.revision}, which this version does not have."
    )


MACHINE_RULES = (
    Rule(
        id="disk-space",
        area=Area.MACHINE,
        title="The disk is nearly full",
        symptom="No space left on device",
        cause="An hour of recording takes 115 MB until it is compressed. While the disk is full, a"
        " running meeting is kept in memory.",
        advice="Delete or move files; Meetcore then continues by itself.",
        source="meetcore/audio/recording.py",
        check=_space,
        title_if_fine="Disk",
        message_patterns=(
            r"No space left",
            r"too little free space",
            r"ENOSPC",
            r"Free some",
            r"could not be saved\. Check the free space",
            r"disk is nearly full",
            r"no space left",
            r"a copy of the database in",
        ),
    ),
    Rule(
        id="folder-unwritable",
        area=Area.MACHINE,
        title="A folder cannot be written",
        symptom="Permission denied, Read-only file system",
        cause="Recordings, the database or weights cannot be saved there.",
        command="export MEETCORE_DATA_DIR=$HOME/meetcore MEETCORE_CACHE_DIR=$HOME/meetcore-cache",
        advice="Or correct the access rights of the folder.",
        source="meetcore/settings.py",
        check=_folders,
        title_if_fine="Folders",
        message_patterns=(
            r"Permission denied",
            r"Read-only file system",
            r"cannot be (made|written|moved)",
            r"access rights",
            r"recording could not be read",
            r"cannot be read \(",
            r"There is no database .+ yet",
            r"names a database server",
        ),
        is_general=True,
    ),
    Rule(
        id="clock",
        area=Area.MACHINE,
        title="The clock is wrong",
        symptom="Meetings are in the wrong order; https certificates are “not yet valid”.",
        cause="The clock of this machine is behind the time at which files were written.",
        command="timedatectl set-ntp true",
        source="https://www.freedesktop.org/software/systemd/man/latest/timedatectl.html",
        check=_clock,
        title_if_fine="Clock",
        message_patterns=(r"certificate is not yet valid",),
    ),
    Rule(
        id="settings",
        area=Area.MACHINE,
        title="A setting is not valid",
        symptom="A setting does not fit (MEETCORE_…).",
        cause="An environment variable, or a line of .env, has a value that Meetcore cannot use.",
        advice="Correct the setting that is named, and restart; the README lists all settings.",
        source="README.md",
        check=_settings,
        title_if_fine="Settings",
        message_patterns=(
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
        id="out-of-memory",
        area=Area.MACHINE,
        title="The memory is full",
        symptom="The worker process was ended by SIGKILL.",
        cause="The system ends the largest process when memory runs out; the job is tried again.",
        advice="Close other programs, or choose a smaller weight: MEETCORE_RECOGNIZER=tiny.en.",
        source="https://docs.kernel.org/admin-guide/mm/concepts.html#oom-killer",
        check=message_only,
        message_patterns=(r"SIGKILL", r"lack of memory", r"out of memory", r"MemoryError"),
    ),
    Rule(
        id="database-damaged",
        area=Area.STORE,
        title="The database is damaged",
        symptom="… refused a read (it is damaged).",
        cause="A disk failed, a copy was cut off, or another program has changed the file."
        " Recordings are files of their own and are not affected.",
        command=command("check --repair"),
        advice="Stop Meetcore first. What cannot be mended comes back from the daily copies in the"
        " data folder, or from a backup.",
        source="https://www.sqlite.org/howtocorrupt.html",
        check=_damaged_database,
        message_patterns=(
            r"refused a \w+ \((it is damaged|a table|file is not a database)",
            r"entry in the database (is|was) damaged",
            r"(database|database .+|voice in the database) is damaged",
            r"can be read from the database",
            r"database .* cannot be copied|copy of the database is not right",
        ),
    ),
    Rule(
        id="database",
        area=Area.STORE,
        title="The database cannot be used",
        symptom="The database … refused a write.",
        cause="Another program has locked it, it is damaged, or it cannot be reached. A running"
        " meeting keeps what it could not save and tries again.",
        advice="Close the other program; check the folder's access rights and free space.",
        source="https://www.sqlite.org/rescode.html#busy",
        check=_database,
        title_if_fine="Database",
        message_patterns=(
            r"database.*(refused|locked|cannot be read)",
            r"Another program has the database",
            r"database URL",
            r"disk image",
        ),
    ),
    Rule(
        id="database-behind",
        area=Area.STORE,
        title="The database was made by an older Meetcore",
        symptom="None.",
        cause="The next start migrates it; nothing is lost.",
        command=START,
        source="meetcore/store/migrate.py",
        check=_older_database,
    ),
    Rule(
        id="database-newer",
        area=Area.STORE,
        title="The database was made by a newer Meetcore",
        symptom="The database … was made by a newer Meetcore.",
        cause="This version does not know its tables, so it does not open it.",
        advice="Update Meetcore, or set MEETCORE_DATABASE_URL to another database.",
        source="meetcore/store/migrate.py",
        check=_newer_database,
        message_patterns=(r"made by a newer Meetcore",),
    ),
)
