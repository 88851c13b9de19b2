"""The paths of the pages for links; relative to the navigation script."""

LIVE = "live/page.py"
UPLOAD = "upload/page.py"
MEETINGS = "meetings/page.py"
MEETING = "meeting/page.py"
SPEAKERS = "speakers/page.py"
DIAGNOSTICS = "diagnostics/page.py"
CANNOT_START = "diagnostics/cannot_start_page.py"
