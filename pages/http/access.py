"""The access guard's rules: Streamlit's address, its page, the longest body of each route."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st
from streamlit import config

from meetcore.api.access.body_limits import BodyLimit
from meetcore.api.access.guard import AccessPolicy
from meetcore.api.access.hosts import AllowedHosts, allowed_hosts
from meetcore.api.access.security_headers import script_hashes
from meetcore.api.change_endpoints import LARGEST_BODY_BYTES
from meetcore.api.upload_requests import LARGEST_BYTES
from meetcore.errors import SettingsError
from meetcore.installation import CONFIRMED_ADDRESS
from meetcore.settings import load_settings
from pages.http.offers import LONGEST_OFFER

MEGABYTE = 2**20
INDEX = Path(st.__file__).parent / "static" / "index.html"
"""Streamlit's page, which holds inline scripts."""


def policy() -> AccessPolicy:
    """The guard's rules for the server that is about to start."""
    address = str(config.get_option("server.address") or "")
    hosts = allowed_hosts(address, named_hosts())
    limit_streamlit(hosts)
    scripts = script_hashes(INDEX.read_text(encoding="utf-8"))
    confirmed = os.environ.get(CONFIRMED_ADDRESS) == address
    return AccessPolicy(hosts, body_limits(), scripts, local_only=not confirmed)


def named_hosts() -> tuple[str, ...]:
    """The names in the settings; none where the settings cannot be read, which the pages say."""
    try:
        return load_settings().allowed_hosts
    except SettingsError:
        return ()


def limit_streamlit(hosts: AllowedHosts) -> None:
    """Give Streamlit's socket the same names, so that it refuses others by itself too.

    Its list has no form for "any IP address"; there, the guard alone decides.
    """
    if not hosts.any_ip_address and not config.get_option("server.allowedHosts"):
        config.set_option("server.allowedHosts", sorted(hosts.names))


def body_limits() -> tuple[BodyLimit, ...]:
    """The longest body of each route."""
    widget_upload = int(config.get_option("server.maxUploadSize")) * MEGABYTE
    return (
        BodyLimit("/uploads/", LARGEST_BYTES, most_at_once=32),
        BodyLimit("/_stcore/upload_file/", widget_upload + MEGABYTE, most_at_once=4),
        BodyLimit("/api/", LARGEST_BODY_BYTES),
        BodyLimit("/microphone/", LONGEST_OFFER),
        BodyLimit("/loopback", LONGEST_OFFER),
    )
