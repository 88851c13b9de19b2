"""`StreamingRecognizer`: decodes a short window of live audio again and commits words.

Each decode continues the committed words (given to the decoder as its prefix), so committed words
never change and only the newest two or three seconds are decoded. The encoder gets about 9 s
instead of 30 (nine times cheaper, measured), and nothing is decoded in silence. Speech that a
decode steps over is decoded again, without the words before it, which may have misled the decoder.
"""

from __future__ import annotations

from collections.abc import Sequence

from meetcore.asr.hallucination import gate_decision
from meetcore.asr.live_recognizer import StreamUpdate
from meetcore.asr.recognizer import Recognition, RecognizedWord, Recognizer
from meetcore.asr.streaming.decode import decode
from meetcore.asr.streaming.decode_times import TICK_SAMPLES, DecodeTimes
from meetcore.asr.streaming.evidence import evidence_of
from meetcore.asr.streaming.holes import begins_with_hole, first_hole
from meetcore.asr.streaming.language import StreamLanguage
from meetcore.asr.streaming.local_agreement import Look, committable, cut_position
from meetcore.asr.streaming.options import StreamingOptions
from meetcore.asr.streaming.pending_update import PendingUpdate
from meetcore.asr.streaming.utterances import Utterances
from meetcore.asr.streaming.window import DecodeWindow
from meetcore.asr.vad.activity import Activity
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.errors import InferenceError
from meetcore.records import SAMPLE_RATE, Samples


class StreamingRecognizer:
    """The words of one meeting while it goes on; used by one thread at a time.

    What is decided depends on counts of samples only, so any chunking gives the same words.

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
        self._is_plain = False
        """Whether the window is decoded without the tokens before it, as they led to a hole."""
        self._times = DecodeTimes(self._options, self._speech)
        self._tentative: tuple[RecognizedWord, ...] = ()
        self._language = StreamLanguage(recognizer, self._options.language)
        self._utterances = Utterances(
            self._language, self._window, self._speech, _samples(self._options.lead)
        )
        self._update = PendingUpdate()

    @property
    def step(self) -> float:
        """Seconds of new audio between two decodes, in force now."""
        return self._times.step

    def set_step(self, step: float) -> None:
        """Set the seconds between two decodes; never below those of the options."""
        self._times.set_step(step)

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
        while self._position + TICK_SAMPLES <= self._window.end:
            try:
                self._advance(self._position + TICK_SAMPLES, last=False)
            except InferenceError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return self._update.take(self._tentative)

    def flush(self) -> StreamUpdate:
        """Commit all words of the audio so far, at its end or at a break in it.

        Raises
        ------
        InferenceError
            The recognizer failed on the rest.
        """
        self._advance(self._window.end, last=True)
        return self._update.take(self._tentative)

    def close(self) -> None:
        """Release the audio; idempotent."""
        self._window.release_audio()

    def _advance(self, position: int, last: bool) -> None:
        """Look at the audio up to a position, and decode if there is something to decide."""
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
        is_tentative = bool(self._tentative)
        if not last and not self._times.is_due(position, silence, self._transcribed, is_tentative):
            return
        self._times.decoded(position)
        try:
            self._look(position, paused)
        finally:
            # Also after a failed decode: the window must not grow while decodes keep failing.
            self._shrink(position)

    def _look(self, position: int, paused: bool) -> None:
        """Decode the window up to a position, and commit what is certain."""
        changed_at = self._utterances.find_language(position, paused)
        if changed_at is not None:
            self._restart(changed_at)
            # A prompt in another language would mislead the decoder.
            self._window.forget_history()
        recognition = self._decode(position, paused)
        was_plain = self._is_plain and not self._window.words
        if not was_plain and self._leaves_hole(recognition, position):
            first = self._speech.first_sample(self._transcribed, position)
            self._restart(first or self._transcribed)
            self._is_plain = True
            recognition = self._decode(position, paused)
        self._commit_or_hold(recognition, position, paused)
        if paused:
            self._utterances.end(position)

    def _leaves_hole(self, recognition: Recognition, position: int) -> bool:
        """Whether the speech that follows the committed words has no words."""
        stall = _samples(self._options.stall) if self._window.words else None
        start = max(self._transcribed, self._window.start)
        return begins_with_hole(recognition.words, self._speech, start, position, stall)

    def _decode(self, position: int, paused: bool) -> Recognition:
        age = position / SAMPLE_RATE - self._tentative[0].end if self._tentative else 0.0
        stuck = age > self._options.patience
        return decode(
            self._recognizer,
            self._window,
            self._speech,
            self._language.current,
            self._options,
            position,
            with_history=not self._is_plain,
            beam_size=self._options.beam if paused or stuck else 1,
        )

    def _commit_or_hold(self, recognition: Recognition, position: int, paused: bool) -> None:
        """Commit the words that are certain; the rest is tentative until the next decode."""
        words = recognition.words
        evidence = evidence_of(self._window, self._speech, self._transcribed, position)
        decision = gate_decision(recognition, evidence, self._gate)
        if not decision.accepted:
            if paused:
                self._update.reject(words, decision)
                self._transcribed = position
            self._tentative = ()
            return
        chosen = words if paused else self._certain(words, position)
        self._tentative = words[len(chosen) :]
        self._commit(chosen)
        if paused:
            self._transcribed = position

    def _certain(
        self, words: Sequence[RecognizedWord], position: int
    ) -> tuple[RecognizedWord, ...]:
        if not self._language.decided:
            return ()
        look = Look(
            position / SAMPLE_RATE,
            first_hole(words, self._speech, max(self._transcribed, self._window.start)),
            self._utterances.silence(position) >= _samples(self._options.dip),
        )
        return committable(self._tentative, words, look, self._options)

    def _commit(self, words: Sequence[RecognizedWord]) -> None:
        self._window.words.extend(words)
        self._update.commit(words, self._language.current if self._language.detects else None)
        if words:
            self._is_plain = False
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
