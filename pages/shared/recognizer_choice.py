"""The choice of a recognizer: by how good it is and what it speaks; its weights in small print."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from meetcore.service.recognizer_menu import Offer, languages_text, recognizer_menu, usual_offer
from pages.shared import process
from pages.shared.plain_text import plain

WEIGHT_KEY = "upload-weight"


Offers = Mapping[str, Offer]
"""All offers by name; "" is the one in the settings."""


def offers() -> Offers:
    """All that can be chosen now; made once a run of the page, as it reads files."""
    settings, resolver = process.settings(), process.resolver()
    menu = recognizer_menu(settings, resolver)
    return {"": usual_offer(menu, settings, resolver)} | {each.name: each for each in menu}


def choice(offers: Offers) -> str:
    """Draw the menu; gives the recognizer's name, empty for the one in the settings."""
    name = st.selectbox(
        "Accuracy",
        tuple(name for name in offers if name != offers[""].name),
        key=WEIGHT_KEY,
        format_func=lambda name: label(offers[name]),
        help="Better ones take longer. What is not on this machine yet is fetched once.",
    )
    st.caption(plain(small_print(offers[name])))
    return name


def label(offer: Offer) -> str:
    """An offer as a line of the menu.

    >>> label(Offer("turbo", "Best", ("en", "de"), "turbo", 1_600_000_000, False, 0.7))
    'Best · 2 languages · about 1.6 GB to fetch, needs a GPU'
    >>> label(Offer("/models/my.pt", "", (), "my.pt"))
    'my.pt'
    """
    fetched = f"{offer.size_text} to fetch" if offer.to_fetch else ""
    gpu = "needs a GPU" if offer.needs_gpu else ""
    cost = ", ".join(filter(None, (fetched, gpu)))
    where = f"{offer.quality}, {offer.host}" if offer.host else offer.quality or offer.weights
    return " · ".join(filter(None, (where, languages_text(offer.languages), cost)))


def small_print(offer: Offer) -> str:
    """What it is made of, how fast it is here, what is fetched, and where audio goes.

    >>> small_print(Offer("base.en", "Good", ("en",), "base.en", speed=12.2, is_measured=True))
    'base.en, about 12 × real time here.'
    >>> small_print(Offer("remote", "On a server", ("en",), "whisper-1", host="asr.example.com"))
    'whisper-1. The recording is sent to asr.example.com.'
    """
    parts = [f"{', '.join(filter(None, (offer.weights, offer.speed_text)))}."]
    if offer.to_fetch:
        parts.append(f"It is fetched first: {offer.size_text}, once.")
    if offer.host:
        parts.append(f"The recording is sent to {offer.host}.")
    return " ".join(parts)
