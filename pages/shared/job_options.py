"""The options of a job: recognizer, language, number of speakers, names and terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from meetcore.api.asked_options import LONGEST_PROMPT, MOST_SPEAKERS, asked_options
from meetcore.records import JobOptions
from meetcore.text import languages
from meetcore.text.sizes import size_text
from meetcore.weights.resolver import WeightResolver
from pages.shared import process, style
from pages.shared.language_picker import language_picker, picked
from pages.shared.plain_text import plain

WEIGHT_KEY = "upload-weight"
LANGUAGE_KEY = "upload-language"
SPEAKERS_KEY = "upload-speakers"
COUNT_KEY = "upload-count"
PROMPT_KEY = "upload-prompt"

AUTO, EXACTLY, AT_MOST, NONE = "Find out", "Exactly", "At most", "Don't tell apart"
WORDS = {
    "tiny.en": "fastest, English only",
    "base.en": "more accurate, English only",
    "base": "99 languages",
}
"""The recognizers that can be chosen, each with a few words on it."""


def options() -> JobOptions:
    """Draw the choices in an expander; gives what is chosen."""
    with st.expander("Options", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            weight = recognizer()
        with right:
            language = language_choice(weight)
        with left:
            how = st.segmented_control(
                "Speakers", (AUTO, EXACTLY, AT_MOST, NONE), default=AUTO, key=SPEAKERS_KEY
            )
        with right:
            count = speaker_count(how)
        prompt = st.text_area(
            "Names and terms in the recording",
            key=PROMPT_KEY,
            placeholder="Ada Lovelace, Hohenstein, Kubernetes, SegLST",
            help="The recognizer spells them as they are written here.",
            max_chars=LONGEST_PROMPT,
            height=80,
        )
    return options_from(weight, language, how, count, prompt)


def options_from(
    weight: str, language: str | None, how: str | None, count: int, prompt: str
) -> JobOptions:
    """The choices as a record."""
    return asked_options(
        language=language,
        recognizer=weight,
        speakers=how != NONE,
        n_speakers=count if how == EXACTLY else None,
        max_speakers=count if how == AT_MOST else None,
        prompt=prompt.strip(),
    )


def recognizer() -> str:
    """Draw the choice of recognizer; gives a weight's name, empty for the one in the settings."""
    mine = process.settings().recognizer
    resolver = process.resolver()
    others = [name for name in WORDS if name != mine and name in resolver.catalogue.weights]
    weight = st.selectbox(
        "Recognizer",
        ("", *others),
        key=WEIGHT_KEY,
        format_func=lambda name: recognizer_label(name or mine),
    )
    if weight and (to_fetch := fetch_bytes(resolver, weight)):
        st.caption(f":material/download: It is fetched first: {plain(size_text(to_fetch))}, once.")
    return weight


def recognizer_label(name: str) -> str:
    """A weight's name with a few words on it; of a path, only the last part.

    >>> recognizer_label("base"), recognizer_label("/models/my.pt")
    ('base (99 languages)', 'my.pt')
    """
    words = WORDS.get(name)
    return f"{name} ({words})" if words else name.rstrip("/").rpartition("/")[2]


def fetch_bytes(resolver: WeightResolver, name: str) -> int:
    """The size in bytes of a weight that must be downloaded first; 0 for one that is cached."""
    return 0 if resolver.cached(name) else resolver.catalogue.weights[name].size


def language_choice(weight: str) -> str | None:
    """Draw the choice of languages; gives their codes, "auto" or None to detect any."""
    name = weight or process.settings().recognizer
    language_picker(LANGUAGE_KEY, languages.is_english_only(name))
    chosen = picked(LANGUAGE_KEY)
    if problem := languages.why_unspoken(None if chosen == "auto" else chosen, name):
        other = languages.MULTILINGUAL_WEIGHT
        to_fetch = fetch_bytes(process.resolver(), other)
        fetched = f" It is fetched first: {size_text(to_fetch)}, once." if to_fetch else ""
        st.caption(plain(f"{problem} {other} transcribes this instead.{fetched}"))
    return chosen


def speaker_count(how: str | None) -> int:
    """Draw the number of speakers where `how` needs one; gives 2 where it does not."""
    if how not in (EXACTLY, AT_MOST):
        return 2
    return int(
        st.number_input(
            f"{plain(how)} so many people",
            1,
            MOST_SPEAKERS,
            2 if how == EXACTLY else 6,
            key=COUNT_KEY,
        )
    )


def payload(options: JobOptions) -> dict[str, Any]:
    """The options that differ from the defaults, as JSON for the upload's header."""
    default = asdict(JobOptions())
    return {name: value for name, value in asdict(options).items() if value != default[name]}


def summary(options: JobOptions) -> str:
    """The options in one line; empty where all are the defaults."""
    said = [
        recognizer_label(options.recognizer) if options.recognizer else "",
        languages.names_of(options.language) if options.language != "auto" else "",
        "" if options.speakers else "speakers not told apart",
        style.counted(options.n_speakers, "speaker") if options.n_speakers else "",
        f"at most {style.counted(options.max_speakers, 'speaker')}" if options.max_speakers else "",
        "with names and terms" if options.prompt else "",
    ]
    return ", ".join(filter(None, said))
