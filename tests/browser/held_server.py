"""`python -m tests.browser.held_server run …`: Meetcore with a recognizer that a test can hold.

While the file named by HELD_WHILE exists, each step of live recognition keeps its thread busy, for
HELD_S at most.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.asr.streaming.streaming_recognizer import StreamingRecognizer
from meetcore.cli.main import main
from meetcore.records import Samples

HELD_S = 30.0
WHILE = Path(os.environ["HELD_WHILE"])
whole = StreamingRecognizer.push


def push(self: StreamingRecognizer, samples: Samples) -> StreamUpdate:
    """The real step, once the recognizer is let go."""
    end = time.monotonic() + HELD_S
    while WHILE.exists() and time.monotonic() < end:
        sum(range(20_000))
        time.sleep(0.001)
    return whole(self, samples)


if __name__ == "__main__":
    StreamingRecognizer.push = push  # type: ignore[method-assign]
    sys.exit(main())
