"""The pages, by the names links use; paths are relative to the navigation script."""

LIVE = "live.py"
MEETINGS = "meetings.py"
MEETING = "meeting.py"
DIAGNOSTICS = "diagnostics.py"
