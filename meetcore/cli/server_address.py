"""The address and port that `meetcore run` serves the app at, checked before anything is loaded."""

from __future__ import annotations

import argparse
import errno
import os
import socket

from meetcore.diagnostics.facts.machine import server
from meetcore.diagnostics.rules.browser import is_loopback
from meetcore.errors import MeetcoreError
from meetcore.installation import command

LOOPBACK = "127.0.0.1"
DEFAULT_PORT, HIGHEST_PORT = 8501, 65_535


class ServerStartError(MeetcoreError):
    """The app cannot be served at the address asked for, or Streamlit is not installed."""


def host(text: str) -> str:
    """A host name or IP address, for argparse.

    >>> host("::1")
    '::1'

    Raises
    ------
    argparse.ArgumentTypeError
        It is empty or a URL; argparse prints the usage.
    """
    if not text.strip() or "/" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no address such as 127.0.0.1")
    return text.strip()


def port(text: str) -> int:
    """A TCP port, for argparse.

    Raises
    ------
    argparse.ArgumentTypeError, ValueError
        It is no number between 1 and 65535; argparse prints the usage.
    """
    number = int(text)
    if not 1 <= number <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{number} is not between 1 and {HIGHEST_PORT}")
    return number


def chosen_address(asked: str | None) -> str:
    """The address to listen on: the one asked for, else the one configured.

    Raises
    ------
    ServerStartError
        STREAMLIT_SERVER_ADDRESS, or the app's own config.toml, names an address that other
        machines may reach, and --host does not confirm it.
    """
    if asked is not None:
        return asked
    address = server().address or LOOPBACK
    if not is_loopback(address):
        raise ServerStartError(
            f"Streamlit is configured to listen on {address}, which other machines may reach;"
            " remove that (STREAMLIT_SERVER_ADDRESS, or .streamlit/config.toml beside app.py), or"
            f" start with `{command(f'run --host {address}')}` if that is what you want."
        )
    return address


def check_free(address: str, number: int) -> None:
    """Bind the port for a moment, so that a conflict is reported before anything is loaded.

    Raises
    ------
    ServerStartError
        Another program listens there, the port is reserved, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            if os.name != "nt":
                # As Streamlit binds: a connection of the last run that lingers is no conflict.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, number))
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            other = command(f"run --port {number + 1 if number < HIGHEST_PORT else DEFAULT_PORT}")
            raise ServerStartError(
                f"Port {number} is not free ({error.strerror}), perhaps because Meetcore is already"
                f" running; open http://localhost:{number}, or start with `{other}`."
            ) from error
        raise ServerStartError(
            f"{address!r} is no address of this machine ({error.strerror or error});"
            " choose another --host."
        ) from error
