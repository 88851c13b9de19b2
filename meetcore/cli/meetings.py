"""`meetings {list,show,export,delete,search}`: work with the meetings that are kept here."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import datetime, timedelta

from meetcore.cli.delete import delete_meetings
from meetcore.cli.export import export_meeting
from meetcore.cli.listing import hit_line, hits_json, meeting_lines, meetings_json
from meetcore.cli.meeting_ids import LATEST, find_meeting
from meetcore.cli.output import ResultWriter
from meetcore.cli.output_place import NAMES, STDOUT, asked_format, refusal
from meetcore.cli.table import terminal_width
from meetcore.errors import MeetcoreError
from meetcore.records import LibraryQuery
from meetcore.settings import Settings, load_settings
from meetcore.store.meetings import MeetingStore, open_store

DEFAULT_LIMIT = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="meetings, newest first")
    listing.add_argument("--person", default="", metavar="NAME", help="only with this person")
    listing.add_argument(
        "--since",
        type=point_in_time,
        metavar="DATE",
        help="2026-11-22, today, or 7d for seven days",
    )
    searching = actions.add_parser(
        "search", help="find words in all transcripts; exit status 1 without a hit"
    )
    searching.add_argument("text", metavar="TEXT")
    for action in (listing, searching):
        action.add_argument(
            "--limit",
            type=positive,
            default=DEFAULT_LIMIT,
            metavar="N",
            help="print at most N (default: %(default)s)",
        )
        action.add_argument("--json", action="store_true", help="print JSON")
    show = actions.add_parser("show", help="print a transcript")
    show.add_argument("ids", nargs=1, metavar="ID", help=f"the beginning of an id, or {LATEST!r}")
    show.set_defaults(format="txt", output=STDOUT, force=False)
    export = actions.add_parser("export", help="write transcripts or audio")
    export.add_argument("ids", nargs="+", metavar="ID")
    export.add_argument("--format", choices=NAMES, help="default: the ending of --output, else txt")
    export.add_argument(
        "--output", default=STDOUT, metavar="FOLDER", help="folder or file; - prints (the default)"
    )
    export.add_argument("--force", action="store_true", help="replace files that exist")
    export.set_defaults(refuse=export.error)
    deleting = actions.add_parser("delete", help="delete text and audio for good")
    deleting.add_argument("ids", nargs="+", metavar="ID")
    deleting.add_argument("--yes", action="store_true", help="do not ask")
    deleting.set_defaults(refuse=deleting.error)


def run(arguments: argparse.Namespace) -> int:
    """Run one action; 1 if it failed for a meeting, or a search found nothing."""
    settings = load_settings()
    store = open_store(settings.database)
    try:
        if arguments.action == "list":
            return _list(store, arguments)
        if arguments.action == "search":
            return _search(store, arguments)
        if arguments.action == "delete":
            return delete_meetings(settings, store, arguments)
        return _export(settings, store, arguments)
    finally:
        store.close()


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError, ValueError
        It is smaller, or no number; argparse prints the usage.
    """
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def point_in_time(text: str) -> datetime:
    """A date or time (local unless it names a zone), `today`, or days back, for argparse.

    >>> point_in_time("2026-11-22T10:00+00:00").isoformat()
    '2026-11-22T10:00:00+00:00'

    Raises
    ------
    argparse.ArgumentTypeError
        It is none of these; argparse prints the usage.
    """
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    if text == "today":
        return midnight
    if days := re.fullmatch(r"(\d{1,5})d", text):
        return datetime.now().astimezone() - timedelta(days=int(days[1]))
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date; write 2026-11-22, today, or 7d"
        ) from error


def _list(store: MeetingStore, arguments: argparse.Namespace) -> int:
    query = LibraryQuery(person=arguments.person, since=arguments.since, limit=arguments.limit)
    page = store.library.find(query)
    if arguments.json:
        print(meetings_json(page.rows))
        return 0
    for line in meeting_lines(page.rows, terminal_width()):
        print(line)
    if more := page.total - len(page.rows):
        print(f"{more} older ones are not shown; --limit {page.total} does.", file=sys.stderr)
    return 0


def _search(store: MeetingStore, arguments: argparse.Namespace) -> int:
    hits = store.library.hits(arguments.text, limit=arguments.limit)
    if arguments.json:
        print(hits_json(hits))
    else:
        for hit in hits:
            print(hit_line(hit, bold=sys.stdout.isatty()))
    return 0 if hits else 1


def _export(settings: Settings, store: MeetingStore, arguments: argparse.Namespace) -> int:
    ids, to_terminal = arguments.ids, sys.stdout.isatty()
    name = asked_format(arguments.format, arguments.output)
    if reason := refusal(arguments.output, name, len(ids), to_terminal, arguments.force):
        arguments.refuse(reason)
    writer, failed = ResultWriter(arguments.output, force=arguments.force), False
    for asked in ids:
        try:
            meeting = find_meeting(store, asked)
            result = export_meeting(store, settings.recordings_dir, meeting, name)
            path = writer.write(result)
        except MeetcoreError as error:
            print(error, file=sys.stderr)
            failed = True
            continue
        if path is not None:
            print(path)
    return 1 if failed else 0
