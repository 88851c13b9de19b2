"""Words while people talk: a short window, decoded again only when there is something new.

Every decode continues the words already committed (they are forced as the decoder's prefix), so
committed words cannot change and only the newest two or three seconds are decoded. The encoder is
given about 10 s instead of 30 (six times cheaper, measured), and nothing at all in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from meetcore.asr.hallucination import Evidence, judge
from meetcore.asr.recognizer import (
    MAX_CONTEXT,
    Recognition,
    RecognizedWord,
    RecognizeOptions,
    Recognizer,
)
from meetcore.asr.streaming.local_agreement import committable, cut_position, is_mark, plausible
from meetcore.asr.streaming.options import StreamingOptions, StreamUpdate
from meetcore.asr.vad.activity import Activity, frame_levels_db
from meetcore.asr.vad.speech_log import HeardSpeech
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, RejectedText, Samples, Word

__all__ = ["StreamUpdate", "StreamingOptions", "StreamingRecognizer"]


class StreamingRecognizer:
    """The words of one meeting as they are said; used by one thread at a time.

    Decodes happen at fixed counts of samples, so any chunking of the same audio gives the same
    words.

    Parameters
    ----------
    recognizer : shared with other meetings; holds nothing of this one
    activity : this meeting's own voice activity
    """

    def __init__(
        self, recognizer: Recognizer, activity: Activity, options: StreamingOptions | None = None
    ) -> None:
        self._recognizer = recognizer
        self._options = options or StreamingOptions()
        self._heard = HeardSpeech(activity, self._options.speech_threshold)
        self._audio: Samples = np.zeros(0, dtype=np.float32)
        self._origin = 0
        self._end = 0
        self._looked = 0
        self._step_samples = _samples(self._options.step)
        self._window: list[RecognizedWord] = []
        self._history: list[int] = []
        self._tentative: tuple[RecognizedWord, ...] = ()
        self._done = 0
        self._language = self._options.language
        self._committed: list[Word] = []
        self._rejected: list[RejectedText] = []

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, now in force."""
        return self._step_samples / SAMPLE_RATE

    def set_step(self, step: float) -> None:
        """Decode more seldom, or more often again; the worker asks when it falls behind."""
        self._step_samples = _samples(max(self._options.step, step))

    def push(self, samples: Samples) -> StreamUpdate:
        """Take the next samples and decode at every full step.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        InferenceError
            The recognizer failed at a step, the first of those that failed; the others were
            looked at, and the next push, or flush, tells their words.
        """
        self._audio = np.concatenate((self._audio, samples))
        self._end += samples.shape[0]
        failure: InferenceError | None = None
        while self._looked + self._step_samples <= self._end:
            try:
                self._look(self._looked + self._step_samples, last=False)
            except InferenceError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return self._update()

    def flush(self) -> StreamUpdate:
        """Commit everything that was said, at the end of the audio or at a break in it."""
        self._look(self._end, last=True)
        return self._update()

    def close(self) -> None:
        """Release the audio; idempotent."""
        self._audio = np.zeros(0, dtype=np.float32)

    def _update(self) -> StreamUpdate:
        update = StreamUpdate(
            tuple(self._committed),
            tuple(_as_word(word) for word in self._tentative),
            tuple(self._rejected),
            self._looked / SAMPLE_RATE,
        )
        self._committed.clear()
        self._rejected.clear()
        return update

    def _look(self, position: int, last: bool) -> None:
        """Hear the audio up to a position, and decode if it says something new."""
        begin = self._looked
        self._looked = position
        self._heard.push(self._between(begin, position))
        news = self._heard.amount_samples(self._done, position)
        latest = self._heard.last_sample(position)
        silence = position - min(position, latest if latest is not None else 0)
        paused = last or silence >= _samples(self._options.pause)
        least = self._options.least_word if paused else self._options.least_news
        if not self._tentative and news < (1 if last else _samples(least)):
            if paused or not news:
                self._rest(position, silence)
            return
        try:
            recognition = self._decode(position)
            if self._stalled(recognition, news):
                self._begin_window(self._heard.first_sample(self._done, position) or self._done)
                recognition = self._decode(position)
            self._take(recognition, position, paused)
        finally:
            # Also when every decode fails: the window must not grow until that is over.
            self._shrink(position)

    def _rest(self, position: int, silence: int) -> None:
        """Nothing new was said: let the window go once the pause is long enough."""
        if silence >= _samples(self._options.reset) or not self._window:
            self._begin_window(position)

    def _stalled(self, recognition: Recognition, news: int) -> bool:
        """Whether the decoder takes all for said though somebody went on talking."""
        silent = all(is_mark(word.text) for word in recognition.words)
        return silent and bool(self._window) and news >= _samples(self._options.stall)

    def _decode(self, position: int) -> Recognition:
        """Words after the committed ones of the window, on the meeting's clock."""
        samples = self._between(self._origin, position)
        samples = samples[-_samples(MAX_CONTEXT) :]
        offset = position - samples.shape[0]
        duration = samples.shape[0] / SAMPLE_RATE
        fresh = duration - (self._window[-1].end - offset / SAMPLE_RATE if self._window else 0.0)
        context = np.ceil(max(self._options.context, duration + self._options.slack))
        recognition = self._recognizer.recognize(
            samples,
            RecognizeOptions(
                language=self._language,
                prompt_tokens=tuple(self._history),
                prefix_tokens=tuple(token for word in self._window for token in word.tokens),
                context=min(MAX_CONTEXT, float(context)),
                max_new_tokens=6 + int(7 * max(fresh, 0.0)),
            ),
        )
        words = plausible(recognition.words, duration)
        moved = tuple(_moved(word, offset / SAMPLE_RATE) for word in words)
        return replace(recognition, words=moved)

    def _take(self, recognition: Recognition, position: int, paused: bool) -> None:
        """Commit what may stand; the rest is tentative until the next look."""
        words = recognition.words
        evidence = Evidence(self._level(position))
        verdict = judge(recognition, evidence, self._options.gate)
        if not verdict.accepted:
            if paused:
                self._reject(recognition, str(verdict.reason))
                self._done = position
            self._tentative = ()
            return
        trusted = position / SAMPLE_RATE - self._options.hold
        chosen = words if paused else committable(self._tentative, words, trusted)
        self._tentative = words[len(chosen) :]
        self._commit(chosen)
        if chosen:
            self._language = self._language or recognition.language
        if paused:
            self._done = position

    def _commit(self, words: Sequence[RecognizedWord]) -> None:
        for word in words:
            self._window.append(word)
            self._committed.append(_as_word(word))
        if words:
            self._done = max(self._done, round(words[-1].end * SAMPLE_RATE))

    def _reject(self, recognition: Recognition, reason: str) -> None:
        words = recognition.words
        self._rejected.append(
            RejectedText(words[0].start, words[-1].end, recognition.text.strip(), reason)
        )

    def _level(self, position: int) -> float:
        """Loudest 32 ms of the audio not yet settled, in dB of full scale."""
        levels = frame_levels_db(self._between(max(self._done, self._origin), position))
        return float(levels.max(initial=-100.0))

    def _shrink(self, position: int) -> None:
        """Cut a window that has grown too long; the words that leave become history."""
        options = self._options
        longest = _samples(options.longest_window)
        if position - self._origin <= longest:
            return
        end = position / SAMPLE_RATE
        count = cut_position(self._window, end - options.kept_window, end)
        if count is not None:
            word = self._window[count - 1]
            following = self._window[count].start if count < len(self._window) else None
            if following is None:
                following = self._tentative[0].start if self._tentative else word.end
            middle = min((word.end + following) / 2, word.end + 0.3)
            self._begin_window(_samples(middle), count)
        elif position - self._origin > 2 * longest:
            self._force(position - longest)

    def _force(self, position: int) -> None:
        """Give up waiting for agreement: the newest guess before a position stands as it is."""
        limit = position / SAMPLE_RATE
        forced = [word for word in self._tentative if word.end <= limit]
        self._commit(forced)
        self._begin_window(round(forced[-1].end * SAMPLE_RATE) if forced else position)

    def _begin_window(self, position: int, leaving: int | None = None) -> None:
        """Move the window's start; `leaving` words (all by default) become history."""
        count = len(self._window) if leaving is None else leaving
        for word in self._window[:count]:
            self._history.extend(word.tokens)
        self._history = self._history[-self._options.history_tokens :]
        self._window = self._window[count:]
        if leaving is None:
            # Never back into a committed word, or it would be said twice.
            position = max(self._done, position - _samples(self._options.lead))
            self._done = position
            self._tentative = ()
        self._origin = max(self._origin, position)
        surplus = self._origin - (self._end - self._audio.shape[0])
        if surplus > 0:
            self._audio = self._audio[surplus:].copy()

    def _between(self, start: int, stop: int) -> Samples:
        first = self._end - self._audio.shape[0]
        return self._audio[max(0, start - first) : max(0, stop - first)]


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _moved(word: RecognizedWord, offset: float) -> RecognizedWord:
    return replace(word, start=word.start + offset, end=word.end + offset)


def _as_word(word: RecognizedWord) -> Word:
    return Word(word.text, word.start, word.end, word.probability)
