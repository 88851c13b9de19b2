"""The pages, by the names links use; paths are relative to the navigation script."""

LIVE = "live/page.py"
UPLOAD = "upload/page.py"
MEETINGS = "meetings/page.py"
MEETING = "meeting/page.py"
SPEAKERS = "speakers/page.py"
DIAGNOSTICS = "diagnostics/page.py"
BLOCKED = "diagnostics/blocked_page.py"
