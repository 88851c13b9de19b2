"""The pages, by the names links use; paths are relative to the navigation script."""

LIVE = "live.py"
UPLOAD = "upload.py"
MEETINGS = "meetings.py"
MEETING = "meeting.py"
SPEAKERS = "speakers.py"
DIAGNOSTICS = "diagnostics.py"
BLOCKED = "blocked.py"
