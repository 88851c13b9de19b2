"""Moonshine with its real weights: words, times, prefixes, drafts, and sounds without speech."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from meetcore.asr.moonshine.decoder import MoonshineModel
from meetcore.asr.recognizer import RecognizedWord, RecognizeOptions, Recognizer
from meetcore.asr.registry import load_recognizer
from meetcore.asr.streaming.local_agreement import bare
from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.offline.levels_sweep import recorded
from meetcore.benchmarks.offline.synthetic_sounds import KINDS, at_level, sound
from meetcore.benchmarks.whole_clip import final_text, live_text, live_words
from meetcore.errors import InferenceError, ModelUnavailableError
from meetcore.metrics.wer import word_errors
from meetcore.records import SAMPLE_RATE, Samples, Word
from meetcore.weights.resolver import WeightResolver
from tests.support.spoken_words import JFK, cut, recognized_in_threads

pytestmark = pytest.mark.model

WEIGHTS = ("moonshine-base", "moonshine-tiny")
PLAIN = RecognizeOptions()


@pytest.fixture(scope="module", params=WEIGHTS)
def moonshine(request: pytest.FixtureRequest, resolver: WeightResolver) -> Recognizer:
    return load_recognizer(request.param, resolver)


@pytest.fixture(scope="module")
def base(resolver: WeightResolver) -> Recognizer:
    return load_recognizer("moonshine-base", resolver)


@pytest.fixture(scope="module")
def jfk() -> Samples:
    return read_audio(Path(__file__).parents[1] / "data" / "jfk.flac")


def tokens(words: Sequence[RecognizedWord]) -> tuple[int, ...]:
    return tuple(token for word in words for token in word.tokens)


def test_words_are_right(moonshine: Recognizer, jfk: Samples, sample_audio: Samples) -> None:
    assert moonshine.info.engine == "moonshine"
    assert moonshine.info.languages == ("en",)
    result = moonshine.recognize(jfk, PLAIN)
    assert word_errors(JFK, result.text).errors == 0
    assert result.language == "en"
    assert result.average_log_probability > -0.3
    assert result.no_speech_probability < 0.05
    assert not result.truncated
    assert "Chicago" in moonshine.recognize(cut(sample_audio, 12.5, 22.0), PLAIN).text


@pytest.mark.parametrize("part", ["jfk", "sample"])
def test_word_times_are_those_of_whisper(
    moonshine: Recognizer,
    resolver: WeightResolver,
    jfk: Samples,
    sample_audio: Samples,
    figure: Callable[[str], None],
    part: str,
) -> None:
    """tiny.en times words within 0.1 s of marks by hand (meetcore/benchmarks)."""
    window = jfk if part == "jfk" else cut(sample_audio, 12.5, 22.0)
    whisper = load_recognizer("tiny.en", resolver)
    ours, theirs = (each.recognize(window, PLAIN).words for each in (moonshine, whisper))
    texts = [[bare(word.text) for word in words] for words in (ours, theirs)]
    blocks = difflib.SequenceMatcher(None, *texts, autojunk=False).get_matching_blocks()
    pairs = [(ours[a + n], theirs[b + n]) for a, b, size in blocks for n in range(size)]
    assert len(pairs) > 0.7 * len(theirs)
    starts = np.array([abs(one.start - other.start) for one, other in pairs])
    ends = np.array([abs(one.end - other.end) for one, other in pairs])
    figure(
        f"{moonshine.info.weight}, {part}: words start {np.median(starts):.3f} s from tiny.en's"
        f" (90 %: {np.percentile(starts, 90):.2f} s), end {np.median(ends):.3f} s"
    )
    assert np.median(starts) < 0.12
    assert np.median(ends) < 0.12


def test_words_come_in_order_within_the_audio(moonshine: Recognizer, sample_audio: Samples) -> None:
    words = moonshine.recognize(cut(sample_audio, 12.5, 22.0), PLAIN).words
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] >= 0.0 and times[-1] <= 9.5
    assert all(0.0 < word.probability <= 1.0 and word.tokens for word in words)
    assert all(word.text.startswith(" ") for word in words)


def test_a_prefix_is_continued_with_right_times(base: Recognizer, sample_audio: Samples) -> None:
    window = cut(sample_audio, 12.5, 22.0)
    whole = base.recognize(window, PLAIN)
    for count in (1, 8, len(whole.words) - 1):
        prefix = tokens(whole.words[:count])
        rest = base.recognize(window, replace(PLAIN, prefix_tokens=prefix))
        assert [word.text for word in rest.words] == [word.text for word in whole.words[count:]]
        assert [word.start for word in rest.words] == pytest.approx(
            [word.start for word in whole.words[count:]], abs=0.06
        )
    nothing = base.recognize(window, replace(PLAIN, prefix_tokens=tokens(whole.words)))
    assert nothing.words == ()


def test_words_without_times_span_the_window(base: Recognizer, jfk: Samples) -> None:
    result = base.recognize(jfk, replace(PLAIN, word_times=False))
    assert {(word.start, word.end) for word in result.words} == {(0.0, 11.0)}


def test_a_reached_token_cap_is_reported_as_truncated(base: Recognizer, jfk: Samples) -> None:
    result = base.recognize(jfk, replace(PLAIN, max_new_tokens=5))
    assert result.truncated
    assert len(tokens(result.words)) == 5


@pytest.mark.parametrize("count", [0, 1, 894, 895, 1599, 1600, 4000])
def test_any_short_window_is_an_answer(moonshine: Recognizer, jfk: Samples, count: int) -> None:
    for samples in (np.zeros(count, dtype=np.float32), jfk[60_000 : 60_000 + count]):
        result = moonshine.recognize(samples, PLAIN)
        assert all(0.0 <= word.start <= word.end <= count / SAMPLE_RATE for word in result.words)


def test_a_batch_gives_what_single_windows_give(base: Recognizer, sample_audio: Samples) -> None:
    windows = [cut(sample_audio, 6.5, 14.0), cut(sample_audio, 14.3, 24.0)]
    singles = [base.recognize(window, PLAIN) for window in windows]
    assert base.recognize_batch(windows, PLAIN) == singles
    assert base.recognize_batch([], PLAIN) == []


def test_several_threads_get_the_same_words(base: Recognizer, sample_audio: Samples) -> None:
    window = cut(sample_audio, 12.5, 22.0)
    expected = base.recognize(window, PLAIN)
    results = recognized_in_threads(base, window, PLAIN)
    assert results == [expected] * 4


def test_a_retry_of_the_same_audio_is_not_encoded_again(
    base: Recognizer, jfk: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[int] = []
    encode = MoonshineModel.encode

    def counted(model: MoonshineModel, samples: Samples) -> object:
        encoded.append(len(samples))
        return encode(model, samples)

    monkeypatch.setattr(MoonshineModel, "encode", counted)
    first = base.recognize(jfk, PLAIN)
    assert base.recognize(jfk, replace(PLAIN, beam_size=3, timestamps=True)) == first
    assert len(encoded) == 1
    base.recognize(jfk.copy(), PLAIN)
    assert len(encoded) == 2


@pytest.mark.parametrize("seconds", [1.0, 4.0])
def test_sounds_without_speech_have_no_words_whatever_hears_them(
    moonshine: Recognizer, seconds: float
) -> None:
    """Without voice activity or gate: the model itself ends at once."""
    for kind in KINDS:
        samples = np.clip(sound(kind, seconds, -24.0), -1.0, 1.0).astype(np.float32)
        assert moonshine.recognize(samples, PLAIN).words == (), kind


@pytest.mark.parametrize("level", [-75.0, -36.0, -12.0])
def test_sounds_without_speech_have_no_words_in_a_meeting(base: Recognizer, level: float) -> None:
    for kind in ("white", "hum", "keyboard", "music", "melody"):
        samples = recorded(np.clip(sound(kind, 20.0, level), -1.0, 1.0), level)
        assert final_text(samples, base) == ""
        assert live_text(samples, base) == ""


@pytest.mark.parametrize("level", [-60.0, -30.0, 0.0])
def test_speech_has_its_words_at_any_level_and_in_noise(
    base: Recognizer, jfk: Samples, level: float
) -> None:
    noisy = at_level(jfk, 0.0) + sound("pink", len(jfk) / SAMPLE_RATE, -15.0)
    for audio, errors in ((jfk, 0.1), (noisy, 0.15)):
        samples = recorded(audio, level)
        assert word_errors(JFK, final_text(samples, base)).rate <= errors
        assert word_errors(JFK, live_text(samples, base)).rate <= errors


def test_live_words_are_right_and_do_not_depend_on_chunks(
    base: Recognizer, sample_audio: Samples
) -> None:
    window = cut(sample_audio, 6.0, 24.0)
    words = live_words(window, base, "en")
    text = "".join(word.text for word in words)
    assert "originally from Chicago" in text
    assert live_words(window, base, "en", 6_007) == words


def test_meetings_beside_each_other_do_not_change_each_others_words(
    base: Recognizer, jfk: Samples, sample_audio: Samples
) -> None:
    """Drafts are kept by meeting: one thread may serve many."""
    recordings = [jfk, cut(sample_audio, 6.0, 17.0)]
    alone = [live_words(samples, base, "en") for samples in recordings]
    lives = [base.open_live("en") for _ in recordings]
    together: list[list[Word]] = [[], []]
    for first in range(0, 11 * SAMPLE_RATE, 1_600):
        for live, samples, words in zip(lives, recordings, together, strict=True):
            words += live.push(samples[first : first + 1_600]).committed
    for live, words in zip(lives, together, strict=True):
        words += live.flush().committed
    assert [tuple(words) for words in together] == alone


def test_a_closed_recognizer_raises(resolver: WeightResolver, jfk: Samples) -> None:
    recognizer = load_recognizer("moonshine-tiny", resolver)
    recognizer.close()
    recognizer.close()
    with pytest.raises(InferenceError, match="closed"):
        recognizer.recognize(jfk, PLAIN)


def test_a_folder_is_loaded_by_its_path(
    resolver: WeightResolver, jfk: Samples, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(resolver.resolve("moonshine-tiny"), folder)
    recognizer = load_recognizer(str(folder), resolver)
    assert recognizer.info.engine == "moonshine"
    assert word_errors(JFK, recognizer.recognize(jfk, PLAIN).text).errors == 0


@pytest.mark.parametrize(
    "damaged", ["encoder_model.onnx", "decoder_model_merged.onnx", "tokenizer.json"]
)
@pytest.mark.parametrize("how", ["cut", "other", "missing"])
def test_a_damaged_folder_is_refused_with_the_next_step(
    resolver: WeightResolver, tmp_path: Path, damaged: str, how: str
) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(resolver.resolve("moonshine-tiny"), folder)
    content = (folder / damaged).read_bytes()
    (folder / damaged).unlink()
    if how != "missing":
        (folder / damaged).write_bytes(content[:1000] if how == "cut" else b"<html>sign in</html>")
    with pytest.raises(ModelUnavailableError, match=r"mine is not a Moonshine model .*; name a"):
        load_recognizer(str(folder), resolver, engine="moonshine")
