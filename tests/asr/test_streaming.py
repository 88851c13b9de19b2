"""Live words: none doubled or lost, and nothing decoded again without new speech."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.asr.recognizer import (
    Recognition,
    RecognizedWord,
    RecognizeOptions,
    RecognizerInfo,
)
from meetcore.asr.streaming.local_agreement import (
    committable,
    cut_position,
    plausible,
    without_closing_marks,
)
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.streaming.streaming_recognizer import StreamingRecognizer
from meetcore.asr.vad.activity import FRAME_SAMPLES, Probabilities
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples, Word

SCALE = 2000.0


def spoken(lengths: list[tuple[float, float]]) -> Samples:
    """Audio in which word number k is a run of the value 0.1 + (k + 1) / 2000, gaps are zero."""
    parts = []
    for number, (word, gap) in enumerate(lengths):
        parts.append(np.full(round(word * SAMPLE_RATE), 0.1 + (number + 1) / SCALE, np.float32))
        parts.append(np.zeros(round(gap * SAMPLE_RATE), np.float32))
    return np.concatenate(parts)


def runs(samples: Samples) -> list[tuple[int, int, int]]:
    """(number, first, stop) of every word in the audio, cut ones included."""
    numbers = np.where(samples > 0, np.rint((samples - 0.1) * SCALE), 0).astype(int)
    edges = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1))
    return [
        (int(numbers[first]) - 1, int(first), int(stop))
        for first, stop in itertools.pairwise(edges)
        if numbers[first] > 0
    ]


@dataclass
class Perfect:
    """A recognizer that reads the numbers; the last word of a cut window is guessed wrong."""

    calls: list[tuple[int, RecognizeOptions]] = field(default_factory=list)
    fail: int = 0
    doubt: float = -0.1

    @property
    def info(self) -> RecognizerInfo:
        return RecognizerInfo("numbers", "fake", "cpu", "float32")

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        self.calls.append((samples.shape[0], options))
        if self.fail:
            self.fail -= 1
            raise InferenceError("out of luck")
        words = []
        for number, first, stop in runs(samples):
            token = 1000 + number
            cut = stop == samples.shape[0]
            text = f" word{number}" if not cut else f" wor{len(self.calls)}."
            marks = "." if cut else ""
            tokens = (token, 13) if cut else (token,)
            times = (first / SAMPLE_RATE, stop / SAMPLE_RATE)
            words.append(RecognizedWord(text, *times, 0.9, tokens, marks, len(marks)))
        known = set(options.prefix_tokens)
        fresh = tuple(word for word in words if word.tokens[0] not in known)
        return Recognition(fresh, self.doubt, 0.0, 1.0, "en")

    def recognize_batch(
        self, windows: list[Samples], options: RecognizeOptions
    ) -> list[Recognition]:
        return [self.recognize(window, options) for window in windows]

    def language_probabilities(self, samples: Samples, context: float = 30.0) -> dict[str, float]:
        return {"en": 1.0}

    def close(self) -> None:
        pass


class Loudness:
    """Speech is whatever is not zero."""

    def reset(self) -> None:
        pass

    def speech_probabilities(self, samples: Samples) -> Probabilities:
        frames = samples.reshape(-1, FRAME_SAMPLES)
        return (np.abs(frames).max(axis=1) > 0).astype(np.float32)


def stream(audio: Samples, chunks: list[int], recognizer: Perfect) -> list[Word]:
    """All committed words of audio pushed in chunks of the given sizes, over and over."""
    streaming = StreamingRecognizer(recognizer, Loudness())
    committed: list[Word] = []
    position = turn = 0
    while position < audio.shape[0]:
        size = chunks[turn % len(chunks)]
        committed += streaming.push(audio[position : position + size]).committed
        position, turn = position + size, turn + 1
    committed += streaming.flush().committed
    committed += streaming.flush().committed  # a second flush has nothing left
    streaming.close()
    return committed


talk = st.lists(
    st.tuples(
        st.floats(0.15, 0.7),
        st.one_of(st.floats(0.02, 0.3), st.floats(0.5, 3.0)),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(lengths=talk)
def test_every_word_is_committed_once_and_in_order(lengths: list[tuple[float, float]]) -> None:
    audio = spoken([*lengths[:-1], (lengths[-1][0], 0.5)])
    texts = [word.text for word in stream(audio, [1600], Perfect())]
    assert texts == [f" word{number}" for number in range(len(lengths))]


@settings(max_examples=25, deadline=None)
@given(lengths=talk, chunks=st.lists(st.integers(1, 40_000), min_size=1, max_size=5).map(sorted))
def test_any_chunking_gives_the_same_words(
    lengths: list[tuple[float, float]], chunks: list[int]
) -> None:
    audio = spoken(lengths)
    chunks = [max(chunk, 400) for chunk in chunks]
    assert stream(audio, chunks, Perfect()) == stream(audio, [audio.shape[0]], Perfect())


def test_silence_is_never_decoded() -> None:
    recognizer = Perfect()
    streaming = StreamingRecognizer(recognizer, Loudness())
    for _ in range(100):
        update = streaming.push(np.zeros(8000, np.float32))
    assert update == StreamUpdate()
    assert streaming.flush().committed == ()
    assert recognizer.calls == []


def test_after_a_pause_nothing_is_decoded_until_there_is_speech() -> None:
    recognizer = Perfect()
    streaming = StreamingRecognizer(recognizer, Loudness())
    streaming.push(spoken([(0.4, 0.1), (0.4, 1.5)]))
    spent = len(recognizer.calls)
    streaming.push(np.zeros(20 * SAMPLE_RATE, np.float32))
    assert len(recognizer.calls) == spent


def test_windows_stay_short_in_an_endless_monologue() -> None:
    recognizer = Perfect()
    audio = spoken([(0.4, 0.05)] * 300)
    assert len(stream(audio, [1600], recognizer)) == 300
    longest = max(samples for samples, _ in recognizer.calls)
    assert longest <= (StreamingOptions().longest_window + 1.0) * SAMPLE_RATE
    assert max(len(options.prompt_tokens) for _, options in recognizer.calls) <= 100


def test_a_wrong_guess_at_the_edge_stays_tentative() -> None:
    streaming = StreamingRecognizer(Perfect(), Loudness())
    update = streaming.push(spoken([(0.4, 0.05)] * 10)[: round(3.1 * SAMPLE_RATE)])
    assert all(word.text.startswith(" word") for word in update.committed)
    assert update.tentative


def test_a_failing_decode_costs_that_step_and_nothing_else() -> None:
    recognizer = Perfect(fail=2)
    streaming = StreamingRecognizer(recognizer, Loudness())
    audio = spoken([(0.3, 0.1)] * 20)
    committed: list[Word] = []
    failures = 0
    for first in range(0, audio.shape[0], 1600):
        try:
            committed += streaming.push(audio[first : first + 1600]).committed
        except InferenceError:
            failures += 1
    committed += streaming.flush().committed
    assert failures == 2
    assert [word.text for word in committed] == [f" word{number}" for number in range(20)]


class NeverAgreeing(Perfect):
    """Returns other words for the same audio in every decode."""

    def recognize(self, samples: Samples, options: RecognizeOptions) -> Recognition:
        recognition = super().recognize(samples, options)
        said = len(self.calls)
        words = (replace(word, text=f"{word.text}x{said}") for word in recognition.words)
        return replace(recognition, words=tuple(words))


def test_without_agreement_the_newest_guess_is_committed_in_the_end() -> None:
    recognizer = NeverAgreeing()
    words = stream(spoken([(0.4, 0.05)] * 120), [1600], recognizer)
    numbers = [int(word.text.split("x")[0].removeprefix(" word")) for word in words]
    assert numbers == list(range(120))
    longest = max(samples for samples, _ in recognizer.calls)
    assert longest <= (2 * StreamingOptions().longest_window + 1.0) * SAMPLE_RATE


def test_text_the_gate_rejects_is_kept_for_review() -> None:
    streaming = StreamingRecognizer(Perfect(doubt=-3.0), Loudness())
    update = streaming.push(spoken([(0.4, 0.1), (0.4, 1.5)]))
    assert update.committed == () and update.tentative == ()
    assert [text.text for text in update.rejected] == ["word0 word1"]


def test_a_wider_step_decodes_less_and_loses_nothing() -> None:
    slow, fast = Perfect(), Perfect()
    audio = spoken([(0.4, 0.1)] * 40)
    streaming = StreamingRecognizer(slow, Loudness())
    streaming.set_step(3.0)
    words = [*streaming.push(audio).committed, *streaming.flush().committed]
    texts = [item.text for item in words]
    assert texts == [item.text for item in stream(audio, [1600], fast)]
    assert len(slow.calls) < len(fast.calls) / 3


def word(text: str, start: float, end: float, marks: str = "") -> RecognizedWord:
    return RecognizedWord(text + marks, start, end, 0.9, (1,) * (1 + len(marks)), marks, len(marks))


def test_words_past_the_end_of_the_audio_are_dropped() -> None:
    real = [word(" one", 0.0, 0.5), word(" two", 0.5, 1.2)]
    synthetic = [word(" and", 1.98, 1.98), word(" so", 1.98, 1.98), word(" on", 2.0, 2.0)]
    assert plausible([*real, *synthetic], 2.0) == tuple(real)
    assert plausible(real, 2.0) == tuple(real)


def test_agreement_needs_the_same_words_and_enough_distance() -> None:
    before = [word(" one", 0.0, 0.5), word(" two", 0.5, 1.0), word(" tree", 1.0, 1.5)]
    now = [word(" One", 0.0, 0.5, ","), word(" two", 0.5, 1.0), word(" three", 1.0, 1.5)]
    assert [item.text for item in committable(before, now, 5.0)] == [" One,", " two"]
    assert [item.text for item in committable(before, now, 0.7)] == [" One,"]


def test_the_last_word_loses_its_full_stop() -> None:
    heard = [word(" one", 0.0, 0.5), word(" two", 0.5, 1.0, ".")]
    chosen = committable(heard, heard, 5.0)
    assert [item.text for item in chosen] == [" one", " two"]
    assert chosen[-1].tokens == (1,)
    assert without_closing_marks(heard[0]) == heard[0]


def test_a_cut_never_separates_a_word_from_its_pieces() -> None:
    words = [word(" ill", 0.0, 0.4), word("-disposed", 0.4, 1.0), word(" young", 1.0, 1.3)]
    assert cut_position(words, 0.4, 2.0) == 2
    assert cut_position([], 0.4, 2.0) is None
    sentence = [word(" yes", 0.0, 0.5, "."), word(" and", 1.4, 1.6), word(" no", 1.6, 1.8)]
    assert cut_position(sentence, 1.0, 2.0) == 1
