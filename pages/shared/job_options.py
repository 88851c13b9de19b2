"""The options of a job: recognizer, language, number of speakers, names and terms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from meetcore.api.asked_options import LONGEST_PROMPT, MOST_SPEAKERS, asked_options
from meetcore.records import JobOptions
from meetcore.text import languages
from pages.shared import recognizer_choice, style
from pages.shared.language_picker import language_picker, picked
from pages.shared.plain_text import plain
from pages.shared.recognizer_choice import Offers

LANGUAGE_KEY = "upload-language"
SPEAKERS_KEY = "upload-speakers"
COUNT_KEY = "upload-count"
PROMPT_KEY = "upload-prompt"

AUTO, EXACTLY, AT_MOST, NONE = "Find out", "Exactly", "At most", "Don't tell apart"


def options() -> tuple[JobOptions, str]:
    """Draw the choices in an expander; gives what is chosen, as a record and in one line."""
    offers = recognizer_choice.offers()
    with st.expander("Options", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            weight = recognizer_choice.choice(offers)
        with right:
            language = language_choice(weight, offers)
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
    chosen = options_from(weight, language, how, count, prompt)
    return chosen, summary(chosen, offers)


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


def language_choice(weight: str, offers: Offers) -> str | None:
    """Draw the choice of languages; gives their codes, "auto" or None to detect any."""
    offer = offers[weight]
    language_picker(LANGUAGE_KEY, offer.languages == ("en",))
    chosen = picked(LANGUAGE_KEY)
    asked = None if chosen == "auto" else chosen
    if problem := languages.why_unspoken(asked, offer.weights, offer.languages):
        other = offers[languages.MULTILINGUAL_WEIGHT]
        fetched = f" It is fetched first: {other.size_text}, once." if other.to_fetch else ""
        st.caption(plain(f"{problem} {other.weights} transcribes this instead.{fetched}"))
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


def summary(options: JobOptions, offers: Offers) -> str:
    """The options in one line; empty where all are the defaults."""
    said = [
        recognizer_choice.label(offers[options.recognizer]) if options.recognizer else "",
        languages.names_of(options.language) if options.language != "auto" else "",
        "" if options.speakers else "speakers not told apart",
        style.counted(options.n_speakers, "speaker") if options.n_speakers else "",
        f"at most {style.counted(options.max_speakers, 'speaker')}" if options.max_speakers else "",
        "with names and terms" if options.prompt else "",
    ]
    return ", ".join(filter(None, said))
