"""`StreamingRecognizer`: decodes a short window of live audio again and commits words.

Each decode continues the committed words (given to the decoder as its prefix), so committed words
never change and only the newest two or three seconds are decoded. The encoder gets about 10 s
instead of 30 (six times cheaper, measured), and nothing is decoded in silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from meetcore.asr.hallucination import gate_decision
from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.asr.recognizer import (
    Recognition,
    RecognizedWord,
    Recognizer,
)
from meetcore.asr.streaming.decode import decode
from meetcore.asr.streaming.evidence import evidence_of
from meetcore.asr.streaming.language import StreamLanguage
from meetcore.asr.streaming.local_agreement import committable, cut_position, is_mark
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.streaming.utterances import Utterances
from meetcore.asr.streaming.window import DecodeWindow
from meetcore.asr.vad.activity import Activity
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, RejectedText, Samples, Word


class StreamingRecognizer:
    """The words of one meeting while it goes on; used by one thread at a time.

    Decodes happen at fixed counts of samples, so any chunking gives the same words.

    Parameters
    ----------
    recognizer : shared with other meetings; keeps no state of this one
    activity : this meeting's own voice activity detector
    """

    def __init__(
        self, recognizer: Recognizer, activity: Activity, options: StreamingOptions | None = None
    ) -> None:
        self._recognizer = recognizer
        self._options = options or StreamingOptions()
        self._gate = self._options.gate or recognizer.info.gate
        self._speech = SpeechLog(activity, self._options.speech_threshold)
        self._window = DecodeWindow(self._options.history_tokens)
        self._position = 0
        """End of the audio looked at, in samples."""
        self._transcribed = 0
        """Sample before which all speech is either committed or rejected."""
        self._step_samples = _samples(self._options.step)
        self._tentative: tuple[RecognizedWord, ...] = ()
        self._language = StreamLanguage(recognizer, self._options.language)
        self._utterances = Utterances(
            self._language, self._window, self._speech, _samples(self._options.lead)
        )
        self._committed: list[Word] = []
        self._rejected: list[RejectedText] = []

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, in force now."""
        return self._step_samples / SAMPLE_RATE

    def set_step(self, step: float) -> None:
        """Set the seconds between two decodes; never below those of the options."""
        self._step_samples = _samples(max(self._options.step, step))

    def push(self, samples: Samples) -> StreamUpdate:
        """Take the next samples and decode at every full step.

        Parameters
        ----------
        samples : np.ndarray, shape (n_samples,), float32, 16 kHz

        Raises
        ------
        InferenceError
            The recognizer failed at a step (the first that failed). The other steps were done;
            the next push or flush returns their words.
        """
        self._window.append(samples)
        failure: InferenceError | None = None
        while self._position + self._step_samples <= self._window.end:
            try:
                self._advance(self._position + self._step_samples, last=False)
            except InferenceError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return self._take_update()

    def flush(self) -> StreamUpdate:
        """Commit all words of the audio so far, at its end or at a break in it.

        Raises
        ------
        InferenceError
            The recognizer failed on the rest.
        """
        self._advance(self._window.end, last=True)
        return self._take_update()

    def close(self) -> None:
        """Release the audio; idempotent."""
        self._window.release_audio()

    def _take_update(self) -> StreamUpdate:
        update = StreamUpdate(
            tuple(self._committed),
            tuple(_as_word(word) for word in self._tentative),
            tuple(self._rejected),
        )
        self._committed.clear()
        self._rejected.clear()
        return update

    def _advance(self, position: int, last: bool) -> None:
        """Look at the audio up to a position, and decode if it holds new speech."""
        begin = self._position
        self._position = position
        self._speech.push(self._window.audio(begin, position))
        new_speech = self._speech.count_samples(self._transcribed, position)
        silence = self._utterances.silence(position)
        waits = self._language.waits(silence / SAMPLE_RATE)
        paused = last or (silence >= _samples(self._options.pause) and not waits)
        minimum = self._options.min_word if paused else self._options.min_new_speech
        if not self._tentative and new_speech < (1 if last else _samples(minimum)):
            over = silence >= _samples(self._options.reset) or not self._window.words
            if over and (paused or not new_speech):
                self._restart(position)
            if paused:
                # The last word may have been committed before the pause was long enough.
                self._utterances.end(position)
            return
        try:
            changed_at = self._utterances.find_language(position, paused)
            if changed_at is not None:
                self._restart(changed_at)
                # A prompt in another language would mislead the decoder.
                self._window.forget_history()
            recognition = self._decode(position)
            if self._skips_speech(recognition, new_speech):
                first = self._speech.first_sample(self._transcribed, position)
                self._restart(first or self._transcribed)
                recognition = self._decode(position)
            self._commit_or_hold(recognition, position, paused)
            if paused:
                self._utterances.end(position)
        finally:
            # Also after a failed decode: the window must not grow while decodes keep failing.
            self._shrink(position)

    def _skips_speech(self, recognition: Recognition, new_speech: int) -> bool:
        """Whether the decoder returned no words for a stretch of speech after the prefix."""
        silent = all(is_mark(word.text) for word in recognition.words)
        stall = _samples(self._options.stall)
        return silent and bool(self._window.words) and new_speech >= stall

    def _decode(self, position: int) -> Recognition:
        current = self._language.current
        return decode(
            self._recognizer, self._window, self._speech, current, self._options, position
        )

    def _commit_or_hold(self, recognition: Recognition, position: int, paused: bool) -> None:
        """Commit the words that are certain; the rest is tentative until the next decode."""
        words = recognition.words
        evidence = evidence_of(self._window, self._speech, self._transcribed, position)
        decision = gate_decision(recognition, evidence, self._gate)
        if not decision.accepted:
            if paused:
                text = recognition.text.strip()
                self._rejected.append(
                    RejectedText(words[0].start, words[-1].end, text, str(decision.reason))
                )
                self._transcribed = position
            self._tentative = ()
            return
        trusted = position / SAMPLE_RATE - self._options.hold
        chosen = words if paused else self._certain(words, trusted)
        self._tentative = words[len(chosen) :]
        self._commit(chosen)
        if paused:
            self._transcribed = position

    def _certain(
        self, words: Sequence[RecognizedWord], trusted: float
    ) -> tuple[RecognizedWord, ...]:
        """The words that two decodes agree on; none while the language is undecided."""
        return committable(self._tentative, words, trusted) if self._language.decided else ()

    def _commit(self, words: Sequence[RecognizedWord]) -> None:
        self._window.words.extend(words)
        language = self._language.current if self._language.detects else None
        self._committed.extend(replace(_as_word(word), language=language) for word in words)
        if words:
            self._transcribed = max(self._transcribed, round(words[-1].end * SAMPLE_RATE))

    def _shrink(self, position: int) -> None:
        """Cut a window that has grown too long; the words that leave it become history."""
        options, words = self._options, self._window.words
        longest = _samples(options.longest_window)
        if position - self._window.start <= longest:
            return
        end = position / SAMPLE_RATE
        count = cut_position(words, end - options.kept_window, end)
        if count is not None:
            word = words[count - 1]
            following = [*words[count:], *self._tentative]
            next_start = following[0].start if following else word.end
            middle = min((word.end + next_start) / 2, word.end + 0.3)
            self._window.move_words_to_history(count)
            self._window.move_start(_samples(middle))
        elif position - self._window.start > 2 * longest:
            self._commit_without_agreement(position - longest)

    def _commit_without_agreement(self, position: int) -> None:
        """Commit the tentative words before a position, as two decodes never agreed on them."""
        limit = position / SAMPLE_RATE
        forced = [word for word in self._tentative if word.end <= limit]
        self._commit(forced)
        self._restart(round(forced[-1].end * SAMPLE_RATE) if forced else position)

    def _restart(self, position: int) -> None:
        """Start an empty window a little before a position; all its words become history."""
        self._window.move_words_to_history(len(self._window.words))
        # Never back into a committed word, or it would be recognized a second time.
        position = max(self._transcribed, position - _samples(self._options.lead))
        self._transcribed = position
        self._tentative = ()
        self._window.move_start(position)


def _samples(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def _as_word(word: RecognizedWord) -> Word:
    return Word(word.text, word.start, word.end, word.probability)
