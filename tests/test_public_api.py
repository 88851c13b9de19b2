"""The Python door: what `import meetcore` offers, what it costs, and what the real models give."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import docx
import numpy as np
import pytest

import meetcore
from meetcore.errors import AudioDecodeError, FormatError, ModelUnavailableError
from meetcore.jobs import lazy_models
from meetcore.models.identifier import FallbackSpeakerIdentifier, Loaders
from meetcore.models.identifier_session import IdentifierSession
from meetcore.python_api import session_opening
from meetcore.python_api.live_session import LiveSession
from meetcore.records import JobStage, Mode, ModelsInUse, Samples, Transcript
from meetcore.settings import Settings
from meetcore.transcript.formats import srt
from tests.asr.fakes import ScriptedRecognizer, spoken
from tests.support.stand_ins import ClockTurns, ClockWords

ROOT = Path(__file__).parent.parent
NAMES = {
    "LiveSession",
    "LiveUpdate",
    "MeetcoreError",
    "Segment",
    "Settings",
    "Speaker",
    "Transcript",
    "Turn",
    "Word",
    "__version__",
    "open_session",
    "transcribe",
}
HEAVY = ("numpy", "torch", "streamlit", "av", "pandas", "pydantic", "ctranslate2", "scipy")


def test_these_names_are_public() -> None:
    assert set(meetcore.__all__) == NAMES
    assert set(dir(meetcore)) >= NAMES
    assert all(getattr(meetcore, name) is not None for name in NAMES)
    with pytest.raises(AttributeError, match="no attribute 'transcripe'"):
        meetcore.transcripe  # noqa: B018


def test_functions_stay_functions_whatever_is_imported() -> None:
    """A module of the same name as a function would replace it in the package."""
    import meetcore.python_api.session_opening
    import meetcore.python_api.transcription

    assert not isinstance(meetcore.transcribe, ModuleType)
    assert not isinstance(meetcore.open_session, ModuleType)


def python(code: str, *flags: str) -> str:
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, meetcore; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert python(code) == "[]"


def test_the_package_imports_where_no_other_package_is() -> None:
    """The doctor runs so, to look at installations that are broken."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import meetcore;"
        " print(meetcore.__version__, meetcore.Word(' a', 0.0, 1.0).text, meetcore.MeetcoreError)"
    )
    assert python(code, "-I", "-S").startswith(meetcore.__version__)


def test_there_is_one_transcript() -> None:
    assert issubclass(meetcore.Transcript, Transcript)


@pytest.mark.parametrize(
    ("samples", "rate", "said"),
    [
        (np.zeros(10), 16_000, "float64.*expected float32"),
        (np.zeros((10, 2), dtype=np.float32), 16_000, r"\(10, 2\).*mono"),
        (np.zeros(10, dtype=np.float32), 44_100, "44100 Hz.*resample"),
        (np.full(10, np.nan, dtype=np.float32), 16_000, "NaN"),
        (np.zeros(10, dtype=np.int16), 16_000, "int16"),
    ],
)
def test_samples_of_another_kind_are_refused_by_what_is_expected(
    samples: np.ndarray, rate: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        meetcore.transcribe(samples, sample_rate=rate)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"recognizer": "small.xx"}, "No recognizer is called 'small.xx'"),
        ({"language": "Germn"}, "use de for German"),
        ({"language": "de,en,fr,es,it,pt"}, "6 languages are too many"),
        ({"speakers": 0}, "at least 1"),
        ({"speakers": 2, "max_speakers": 3}, "not both"),
    ],
)
def test_options_that_cannot_be_are_refused_in_a_sentence(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        meetcore.transcribe(np.zeros(10, dtype=np.float32), **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"recognizer": "small.xx"}, "No recognizer is called 'small.xx'"),
        ({"language": "Germn"}, "use de for German"),
        ({"language": "de,en,fr,es,it,pt"}, "6 languages are too many"),
        ({"speakers": 2}, "as max_speakers"),
        ({"max_speakers": 0}, "at least 1"),
    ],
)
def test_a_session_refuses_them_before_models_load(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        meetcore.open_session(**options)


def test_models_are_closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    recognizers: list[ScriptedRecognizer] = []
    diarizer_threads: list[threading.Thread] = []

    def recognizer(weight: str, threads: int) -> ScriptedRecognizer:
        recognizers.append(ScriptedRecognizer())
        return recognizers[-1]

    def diarizer(setting: str) -> Any:
        diarizer_threads.append(threading.current_thread())
        raise ModelUnavailableError("No diarizer here.")

    loaders = Loaders(recognizer, diarizer, lambda recognizer: 0.1)
    monkeypatch.setattr(lazy_models, "loaders_for", lambda settings, resolver: loaders)
    meetcore.transcribe(spoken([0.5], 2.0), settings=Settings(_env_file=None))
    assert [each.closed for each in recognizers] == [True]
    assert diarizer_threads and not diarizer_threads[0].is_alive()


@pytest.mark.parametrize("source", [b"RIFF", io.StringIO("text"), None])
def test_a_source_of_another_type_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="give a path, a file opened in binary mode, or samples"):
        meetcore.transcribe(source)


def test_a_file_that_is_not_there_is_one_of_our_errors(tmp_path: Path) -> None:
    with pytest.raises(AudioDecodeError, match=r"talk\.mp3 cannot be opened"):
        meetcore.transcribe(tmp_path / "talk.mp3")


def test_what_the_callback_raises_ends_the_work_and_reaches_the_caller(
    sample_paths: Any,
) -> None:
    def stop(stage: str, part: float) -> None:
        raise InterruptedError(stage)

    with pytest.raises(InterruptedError, match="decoding"):
        meetcore.transcribe(sample_paths.wav, speakers=False, on_progress=stop)


def test_an_ending_without_a_format_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"\.txt, \.md, \.docx, \.xlsx"):
        meetcore.Transcript().save(tmp_path / "talk.pdf")
    assert not list(tmp_path.iterdir())
    with pytest.raises(FormatError, match="no format 'pdf'"):
        meetcore.Transcript().to("pdf")


def test_an_empty_transcript_has_every_format_and_frame() -> None:
    empty = meetcore.Transcript()
    assert empty.to("txt") == "" and isinstance(empty.to("xlsx"), bytes)
    assert str(empty.to("csv")).startswith('"start","end",')
    assert [len(empty.to_dataframe(kind)) for kind in ("segments", "words", "turns")] == [0, 0, 0]
    with pytest.raises(ValueError, match="'segments', 'words' or 'turns'"):
        empty.to_dataframe("pages")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def progress() -> list[tuple[str, float]]:
    """Stages and parts that were reported while `transcript` was made."""
    return []


@pytest.fixture(scope="module")
def transcript(sample_paths: Any, progress: list[tuple[str, float]]) -> meetcore.Transcript:
    """pyannote's sample (two people, 30 s) by the real models."""

    def note(stage: str, part: float) -> None:
        progress.append((stage, part))

    return meetcore.transcribe(
        str(sample_paths.wav), settings=Settings(_env_file=None), on_progress=note
    )


@pytest.mark.model
def test_a_file_becomes_a_transcript_with_speakers(transcript: meetcore.Transcript) -> None:
    assert transcript.title == "sample" and transcript.language == "en"
    assert transcript.duration == pytest.approx(30.0, abs=0.1)
    assert len(transcript.speakers) == 2 and not transcript.notes
    assert {turn.speaker for turn in transcript.turns} == {s.label for s in transcript.speakers}
    assert "New Jersey" in " ".join(segment.text for segment in transcript.segments)
    assert len(transcript.words) == len(transcript.to_dataframe("words")) > 50


@pytest.mark.model
def test_progress_goes_through_every_stage(
    transcript: meetcore.Transcript, progress: list[tuple[str, float]]
) -> None:
    assert list(dict.fromkeys(stage for stage, _ in progress)) == [s.value for s in JobStage]
    for stage in JobStage:
        parts = [part for name, part in progress if name == stage]
        assert parts[0] == 0.0 and parts[-1] == 1.0 and parts == sorted(parts)


@pytest.mark.model
def test_it_is_saved_and_read_back(transcript: meetcore.Transcript, tmp_path: Path) -> None:
    subtitles = transcript.save(tmp_path / "talk.srt").read_text(encoding="utf-8")
    assert subtitles == transcript.to("srt") and len(srt.loads(subtitles)) > 5
    document = docx.Document(str(transcript.save(tmp_path / "talk.docx")))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert text.startswith("sample") and all(s.text in text for s in transcript.segments)


@pytest.mark.model
def test_an_open_file_and_samples_give_the_same_words(
    transcript: meetcore.Transcript, sample_paths: Any, sample_audio: Samples
) -> None:
    options: dict[str, Any] = {"speakers": False, "settings": Settings(_env_file=None)}
    with sample_paths.wav.open("rb") as file:
        from_file = meetcore.transcribe(file, **options)
    from_samples = meetcore.transcribe(sample_audio, **options)
    assert from_file.words == from_samples.words == transcript.words
    assert from_file.title == "sample" and from_samples.title == ""
    assert from_file.speakers == () and from_file.turns == ()


@pytest.mark.model
@pytest.mark.parametrize(
    "call",
    [
        "meetcore.transcribe(samples, settings=settings)",
        "with meetcore.open_session(settings=settings) as session: session.push(samples)",
    ],
)
def test_threads_are_the_callers_again_where_the_call_imported_torch(call: str) -> None:
    count = (
        "import torch, scipy.linalg, threadpoolctl;"
        "print(torch.get_num_threads(), sorted((library['filepath'], library['num_threads'])"
        " for library in threadpoolctl.threadpool_info() if library['user_api'] == 'blas'))"
    )
    code = (
        "import sys, numpy, meetcore\n"
        "settings = meetcore.Settings(_env_file=None)\n"
        "samples = numpy.random.default_rng(0).normal(0, 0.1, 48_000).astype('f4')\n"
        f"{call}\n"
        "assert 'torch' in sys.modules\n"
    )
    assert python(code + count) == python(count)


@pytest.mark.model
def test_silence_is_an_empty_transcript() -> None:
    silent = meetcore.transcribe(
        np.zeros(32_000, dtype=np.float32), settings=Settings(_env_file=None)
    )
    assert silent.segments == () and silent.duration == 2.0


LIVE_SAMPLES = 20 * 16_000
Heard = tuple[list[meetcore.LiveUpdate], meetcore.Transcript]


def in_odd_chunks(samples: Samples) -> Iterator[Samples]:
    sizes = itertools.cycle([1, 160, 999, 7_777, 40_001])
    position = 0
    while position < len(samples):
        size = next(sizes)
        yield samples[position : position + size]
        position += size


def live(chunks: Iterable[Samples]) -> Heard:
    """All updates and the transcript of a live session."""
    settings = Settings(_env_file=None, recognizer="tiny.en", live_recognizer="tiny.en")
    with meetcore.open_session(settings=settings) as session:
        updates = [update for chunk in chunks for update in session.push(chunk)]
        updates += session.flush()
        assert session.flush() == ()
        with pytest.raises(ValueError, match="ended"):
            session.push(np.zeros(1, dtype=np.float32))
    return updates, session.transcript()


@pytest.fixture(scope="module")
def fed_at_once(sample_audio: Samples) -> Heard:
    """The first 20 s of the sample in one push."""
    return live([sample_audio[:LIVE_SAMPLES]])


@pytest.mark.model
def test_odd_chunks_give_the_words_of_one_push(fed_at_once: Heard, sample_audio: Samples) -> None:
    updates, transcript = live(in_odd_chunks(sample_audio[:LIVE_SAMPLES]))
    assert (updates, transcript) == fed_at_once
    assert transcript.duration == 20.0 and len(transcript.speakers) == 2


@pytest.mark.model
def test_updates_add_up_to_the_transcript(fed_at_once: Heard) -> None:
    updates, transcript = fed_at_once
    segments: list[meetcore.Segment] = []
    for update in updates:
        segments[update.first :] = update.segments
    assert tuple(segments) == transcript.segments
    words = [word for update in updates for word in update.words]
    assert tuple(words) == transcript.words and len(words) > 20
    assert any(update.tentative for update in updates) and not updates[-1].tentative
    assert updates[-1].speakers == transcript.speakers


class ClockIdentifier:
    """An identifier without models: a word each half second, two speakers by turns."""

    models = ModelsInUse(Mode.FULL)
    recognizer = diarizer = None

    def __init__(self) -> None:
        self.words, self.turns, self.closed = ClockWords(), ClockTurns(), False
        self.max_speakers: int | None = None

    def open_session(
        self, meeting_id: str, language: str | None = None, max_speakers: int | None = None
    ) -> IdentifierSession:
        self.max_speakers = max_speakers
        return IdentifierSession(meeting_id, self.words, self.turns)

    def models_for(self, language: str | None) -> ModelsInUse:
        return self.models

    def close(self) -> None:
        self.closed = True


def seconds(count: float) -> Samples:
    return np.zeros(round(count * 16_000), dtype=np.float32)


def test_each_word_is_given_once_and_each_change_of_a_speaker_again() -> None:
    identifier = ClockIdentifier()
    with LiveSession(identifier, "en", "Monday") as session:
        updates = [*session.push(seconds(3.05)), *session.push(seconds(3.0))]
        assert session.transcript().duration == 6.0, "less than a block waits"
        identifier.turns.relabel("S2", "S1")
        merged = session.push(seconds(0.2))
        assert merged[0].words == () and merged[0].first == 1
        assert [speaker.label for speaker in merged[0].speakers] == ["S1"]
    assert identifier.closed
    transcript = session.transcript()
    assert [word.text for word in transcript.words] == [f" w{n}." for n in range(13)]
    assert [word for update in updates for word in update.words] == list(transcript.words[:11])
    assert (transcript.title, transcript.language, transcript.notes) == ("Monday", "en", ())
    assert transcript.duration == 6.25


def test_the_callers_buffer_may_be_used_again() -> None:
    buffer = seconds(0.25)
    with LiveSession(ClockIdentifier()) as session:
        session.push(buffer)
        buffer[:] = np.nan
        assert session.push(seconds(0.25)) is not None


def test_an_update_looks_at_changed_segments_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the work of a push would grow with the length of the meeting."""
    with LiveSession(ClockIdentifier()) as session:
        monkeypatch.setattr(session._session, "segments", None)
        updates = session.push(seconds(60.0))
        monkeypatch.undo()
        assert max(len(update.segments) for update in updates) < 5
        assert session._session.take_word_ends() == session._session.take_relabelled() == ()
        assert [word for update in updates for word in update.words] == list(
            session.transcript().words
        )
        assert updates[-1].speakers == session.transcript().speakers


def test_a_session_that_does_not_open_closes_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    identifier = ClockIdentifier()
    monkeypatch.setattr(identifier, "open_session", None)
    with pytest.raises(TypeError):
        LiveSession(identifier)
    assert identifier.closed


def test_the_largest_number_of_speakers_reaches_the_diarizer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identifier = ClockIdentifier()
    monkeypatch.setattr(session_opening, "create_speaker_identifier", lambda settings: identifier)
    with meetcore.open_session(max_speakers=2, settings=Settings(_env_file=None)):
        assert identifier.max_speakers == 2


def test_a_failed_window_is_counted_in_the_notes() -> None:
    identifier = ClockIdentifier()
    identifier.words.failures = 1
    with LiveSession(identifier) as session:
        session.push(seconds(1.0))
        assert "failed on one window of" in session.transcript().notes[0]
        identifier.words.failures = 1
        session.push(seconds(1.0))
    assert "failed on 2 windows of" in session.transcript().notes[0]


def test_an_error_in_the_block_releases_the_models_without_a_flush() -> None:
    identifier = ClockIdentifier()
    with pytest.raises(KeyError), LiveSession(identifier) as session:
        session.push(seconds(0.45))
        raise KeyError("of the caller")
    assert identifier.closed and session.transcript().duration == 0.4


def test_without_any_recognizer_no_session_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = FallbackSpeakerIdentifier(ModelsInUse(Mode.RECORDING_ONLY, reason="No weight here."))
    monkeypatch.setattr(session_opening, "create_speaker_identifier", lambda settings: nothing)
    with pytest.raises(ModelUnavailableError, match="No weight here"):
        meetcore.open_session(settings=Settings(_env_file=None))
