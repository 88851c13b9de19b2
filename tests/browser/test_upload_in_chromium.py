"""Upload and library as a person uses them: a video and a broken file in, found again, deleted."""

from __future__ import annotations

import wave
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import live_page, scoring
from tests.browser.conftest import Server, sample_path

pytestmark = [pytest.mark.browser, pytest.mark.model]

TITLE = "Call about <b>Chicago</b>"


def write_video(path: Path) -> None:
    """A real MP4: moving pictures, and pyannote's sample conversation as AAC."""
    with wave.open(str(sample_path())) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=5)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("aac", rate=16_000)
        sound.codec_context.layout = "mono"
        for number in range(5 * len(pcm) // 16_000):
            picture = av.VideoFrame.from_ndarray(
                np.full((48, 64, 3), number % 255, np.uint8), format="rgb24"
            )
            picture.pts, picture.time_base = number, Fraction(1, 5)
            container.mux(pictures.encode(picture))
        for start in range(0, len(pcm), 1024):
            frame = av.AudioFrame.from_ndarray(
                pcm[start : start + 1024].reshape(1, -1), format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
            container.mux(sound.encode(frame))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))


def test_a_video_and_a_broken_file_from_upload_to_deletion(
    server: Server, page: Page, tmp_path: Path
) -> None:
    video, broken = tmp_path / "board.mp4", tmp_path / "not really.mp3"
    write_video(video)
    broken.write_bytes(b"neither sound nor pictures " * 300)

    page.goto(f"{server.url}/upload")
    expect(page.get_by_text("Drop recordings here")).to_be_visible(timeout=live_page.READY_MS)
    page.get_by_label("Files", exact=True).set_input_files([video, broken])
    expect(page.get_by_text("board", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("not really.mp3 is not a media file")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("Done", exact=True)).to_be_visible(timeout=90_000)
    meeting_id = check_transcript(server)
    find_and_open(page, server, meeting_id)
    delete_and_take_back(page, server, meeting_id)


def check_transcript(server: Server) -> str:
    """The video alone is in the library; its words and people are right."""
    with closing(server.store()) as store:
        made = {meeting.source_name: meeting for meeting in store.list_meetings()}
        assert "not really.mp3" not in made, "refused on arrival"
        meeting = made["board.mp4"]
        transcript, turns = store.transcript(meeting.id), store.turns(meeting.id)
        store.update(meeting.id, title=TITLE)
    stm = sample_path().with_suffix(".stm")
    assert scoring.word_error_rate(transcript, stm) <= 0.20
    assert scoring.cp_word_error_rate(transcript, stm) <= 0.30
    assert len({turn.speaker for turn in turns}) == 2
    return meeting.id


def find_and_open(page: Page, server: Server, meeting_id: str) -> None:
    """A word is found with its place, and a click opens the meeting there."""
    page.goto(f"{server.url}/meetings")
    page.get_by_role("searchbox").fill("chicago")
    hit = page.locator("mark", has_text="Chicago").first
    expect(hit).to_be_visible(timeout=live_page.READY_MS)
    expect(page.get_by_text(TITLE)).to_be_visible()
    hit.click()
    page.wait_for_url("**/meeting?*", timeout=live_page.READY_MS, wait_until="commit")
    address = page.evaluate("location.href")
    assert f"id={meeting_id}" in address and "t=17" in address
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(
        timeout=live_page.READY_MS
    )


def delete_and_take_back(page: Page, server: Server, meeting_id: str) -> None:
    """Deleting asks, can be taken back for a moment, and then leaves nothing behind."""
    page.goto(f"{server.url}/meetings")
    row = page.locator("article", has_text=TITLE)
    delete(page, row)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible(timeout=15_000)
    delete(page, row)
    folder = server.data_dir / "recordings" / meeting_id
    live_page.wait_until(lambda: not folder.exists(), 30, "the recording gone for good")
    with closing(server.store()) as store:
        assert not store.library.hits("chicago")


def delete(page: Page, row: Locator) -> None:
    """Press Delete and mean it."""
    expect(row).to_be_visible(timeout=live_page.READY_MS)
    row.hover()
    row.get_by_role("button", name="Delete").click()
    row.locator(".ask").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0, timeout=15_000)
