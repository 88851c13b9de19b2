"""What `bench languages` measures: how soon a language is found, and the errors of both passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from meetcore.asr.language import SHORT_CONTEXT, LanguageEvidence, among
from meetcore.asr.recognizer import Recognizer
from meetcore.asr.streaming.language import StreamLanguage
from meetcore.asr.vad.silero import load_activity
from meetcore.asr.vad.speech_log import SpeechLog
from meetcore.audio.media_files import read_audio
from meetcore.benchmarks.whole_clip import (
    CHUNK_SAMPLES,
    final_words,
    live_words,
    loaded_recognizer,
    text_of,
)
from meetcore.errors import FormatError
from meetcore.metrics.wer import WordErrors, word_errors
from meetcore.records import SAMPLE_RATE, Samples
from meetcore.text.languages import NAMES

LENGTHS_S = (0.6, 1.2, 2.0, 3.0, 5.0, 8.0)
"""Seconds of speech after which the language is asked for."""
LEAD_SAMPLES = SAMPLE_RATE // 5


@dataclass(frozen=True, slots=True)
class Clip:
    """A file in one language."""

    file: Path
    language: str

    @property
    def text(self) -> str:
        """The words that are said."""
        return self.file.with_suffix(".txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Look:
    """What is found after some seconds of speech: in all languages, in a few, and if decided."""

    speech_s: float
    any_language: str
    of_all_files: str
    one_of_two: str
    """Of the clip's language and English (for an English clip: German)."""
    decided: str | None
    """As live decides it; None while it waits for more."""


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What a clip gave."""

    clip: Clip
    seconds: float
    looks: tuple[Look, ...]
    final: WordErrors
    live: WordErrors
    elsewhere: int
    """Words of both passes that were taken for another language."""
    words: int
    """All words of both passes."""


@dataclass(frozen=True, slots=True)
class LanguagesConfig:
    """What is measured."""

    clips: tuple[Clip, ...]
    weight: str


def clip_of(file: Path) -> Clip:
    """The clip of a file that is named after its language.

    Raises
    ------
    FormatError
        Its name begins with no code of a language, or there is no text beside it.
    """
    code = file.stem.split("-")[0]
    if code not in NAMES:
        raise FormatError(f"{file.name} does not begin with a language's code, as de-1.ogg does.")
    if not file.with_suffix(".txt").is_file():
        raise FormatError(f"{file.name} has no words beside it: {file.stem}.txt is missing.")
    return Clip(file, code)


def measure(config: LanguagesConfig) -> list[ClipResult]:
    """Load the weight and measure each clip. Runs in a process of its own.

    Raises
    ------
    ModelUnavailableError, WeightUnavailableError
        The weight can't be loaded.
    """
    languages = tuple(dict.fromkeys(clip.language for clip in config.clips))
    with loaded_recognizer(config.weight) as recognizer:
        return [_measured(clip, recognizer, languages) for clip in config.clips]


def _measured(clip: Clip, recognizer: Recognizer, languages: Sequence[str]) -> ClipResult:
    samples = read_audio(clip.file)
    final, live = final_words(samples, recognizer), live_words(samples, recognizer)
    errors = partial(word_errors, clip.text, language=clip.language)
    return ClipResult(
        clip,
        samples.shape[0] / SAMPLE_RATE,
        tuple(looks(samples, recognizer, clip.language, languages)),
        errors(text_of(final)),
        errors(text_of(live)),
        sum(word.language != clip.language for word in (*final, *live)),
        len(final) + len(live),
    )


def looks(
    samples: Samples, recognizer: Recognizer, spoken: str, languages: Sequence[str]
) -> Iterator[Look]:
    """What is found in the beginning of samples, at each length that they have."""
    two = (spoken, "de" if spoken == "en" else "en")
    for seconds, heard in _beginnings(samples):
        context = max(SHORT_CONTEXT, heard.shape[0] / SAMPLE_RATE)
        found = recognizer.language_probabilities(heard, context)
        stream = StreamLanguage(recognizer, None)
        stream.look(heard, seconds, ended=False)
        of_all, of_files, of_two = (
            LanguageEvidence(seconds, among(found, few)).likeliest for few in ((), languages, two)
        )
        decided = stream.current if stream.decided else None
        yield Look(seconds, of_all, of_files, of_two, decided)


def _beginnings(samples: Samples) -> Iterator[tuple[float, Samples]]:
    log = SpeechLog(load_activity(), 0.5)
    log.push(samples)
    first = log.first_sample(0, samples.shape[0])
    begin = max(0, (first or 0) - LEAD_SAMPLES)
    wanted = list(LENGTHS_S)
    for end in range(begin, samples.shape[0], CHUNK_SAMPLES):
        if wanted and log.count_samples(begin, end) >= wanted[0] * SAMPLE_RATE:
            yield wanted.pop(0), samples[begin:end][-30 * SAMPLE_RATE :]
