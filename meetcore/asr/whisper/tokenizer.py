"""Whisper's vocabulary, by way of openai-whisper's tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from meetcore.asr.recognizer import RecognizeOptions


class WhisperTokens:
    """The vocabulary of one weight: token ids to text and back, and the special ids.

    Parameters
    ----------
    multilingual : False for the ``.en`` weights.
    language_count : language tokens in the vocabulary: 99, or 100 since large-v3.
    """

    def __init__(self, multilingual: bool, language_count: int = 99) -> None:
        self.multilingual = multilingual
        self.language_count = language_count

    @cache  # noqa: B019 -- one object per weight, kept as long as the weight
    def tokenizer(self, language: str | None = None) -> Any:
        """openai-whisper's own Tokenizer for transcribing `language`."""
        from whisper.tokenizer import get_tokenizer

        return get_tokenizer(
            self.multilingual,
            num_languages=self.language_count,
            language=(language or "en") if self.multilingual else None,
            task="transcribe" if self.multilingual else None,
        )

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """ISO codes that this weight can transcribe."""
        if not self.multilingual:
            return ("en",)
        return tuple(self.tokenizer().all_language_codes)

    @property
    def end_of_text(self) -> int:
        """Id of ``<|endoftext|>``; every text token is below it."""
        return int(self.tokenizer().eot)

    def start_sequence(self, language: str | None) -> list[int]:
        """``<|startoftranscript|>`` and, for multilingual weights, language and task."""
        return list(self.tokenizer(language).sot_sequence)

    def prompt(self, language: str | None, options: RecognizeOptions) -> list[int]:
        """All tokens given to the decoder: history, start sequence, prefix of the options."""
        tokenizer = self.tokenizer(language)
        before = options.prompt_tokens
        # Whisper uses at most half of its 448 positions for history.
        history = [tokenizer.sot_prev, *before[-223:]] if before else []
        mode = [] if options.timestamps else [tokenizer.no_timestamps]
        return [*history, *tokenizer.sot_sequence, *mode, *options.prefix_tokens]

    def split(
        self, tokens: Sequence[int], language: str | None
    ) -> tuple[list[str], list[list[int]]]:
        """Text tokens as words: their texts, and the tokens of each."""
        if not tokens:
            return [], []
        texts, groups = self.tokenizer(language).split_to_word_tokens(list(tokens))
        return list(texts), [list(group) for group in groups]

    def encode(self, text: str) -> tuple[int, ...]:
        """Text as tokens, for prompts; special tokens in it are encoded as plain text."""
        return tuple(self.tokenizer().encode(text, disallowed_special=()))

    def decode(self, tokens: Sequence[int]) -> str:
        """Tokens as text."""
        return str(self.tokenizer().decode(list(tokens)))
