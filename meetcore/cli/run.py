"""`meetcore run`: fetch missing weights, then serve the app until Ctrl-C."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import os
import runpy
import signal
import socket
import sys
import threading
import time
import webbrowser
from types import FrameType

from meetcore.cli.server_address import (
    DEFAULT_PORT,
    ServerStartError,
    check_free,
    chosen_address,
    host,
    port,
)
from meetcore.cli.weights import pull
from meetcore.diagnostics.rules.browser import is_loopback
from meetcore.errors import MeetcoreError
from meetcore.installation import APP_SCRIPT, CONFIRMED_ADDRESS, REINSTALL
from meetcore.settings import load_settings
from meetcore.supervised import guarded
from meetcore.weights.resolver import WeightResolver

logger = logging.getLogger(__name__)

BROWSER_WAIT_S = 60.0
POLL_S = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the app is served."""
    parser.add_argument(
        "--host",
        type=host,
        metavar="ADDRESS",
        help="address to listen on (default: 127.0.0.1, which only this machine can reach)",
    )
    parser.add_argument(
        "--port", type=port, default=DEFAULT_PORT, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--browser",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="open the page in a browser once it is there",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve the app until a signal ends it.

    Raises
    ------
    ServerStartError
        The address or port cannot be used, or Streamlit is missing; the message says what to do.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise ServerStartError(f"Streamlit is not installed; run: {REINSTALL}")
    address = chosen_address(arguments.host)
    check_free(address, arguments.port)
    if not is_loopback(address):
        print(
            f"Whoever reaches {address} reads every meeting: Meetcore asks for no password.",
            file=sys.stderr,
        )
    fetch_missing_weights()
    if arguments.browser:
        threading.Thread(
            target=_open_browser, args=(address, arguments.port), name="open-browser", daemon=True
        ).start()
    serve(address, arguments.port)
    return 0


def fetch_missing_weights() -> None:
    """Fetch the default weights that are not cached; a failure is printed, the app starts anyway.

    Settings that do not fit are left to the app, whose pages say what is wrong.
    """
    try:
        settings = load_settings()
    except MeetcoreError as error:
        print(error, file=sys.stderr)
        return
    resolver = WeightResolver(settings.cache_dir, offline=settings.offline)
    missing = [name for name in resolver.catalogue.default_names if not resolver.cached(name)]
    if missing and pull(resolver, missing):
        print("The app starts in the best mode it can without them.", file=sys.stderr)


def serve(address: str, number: int) -> None:
    """Run `streamlit run` in this process; returns or raises SystemExit when it has ended.

    Streamlit reads all other options from .streamlit/config.toml beside app.py, which overrides
    the user's and the current folder's files, and puts app.py's folder first on `sys.path`.
    """
    os.environ[CONFIRMED_ADDRESS] = address
    signal.signal(signal.SIGINT, _end)
    sys.argv = [
        "streamlit",
        "run",
        str(APP_SCRIPT),
        f"--server.address={address}",
        f"--server.port={number}",
    ]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)


def _end(_number: int, _frame: FrameType | None) -> None:
    """End with status 0 on Ctrl-C.

    uvicorn handles the signal while it serves and calls this when the app has shut down; without
    it, Streamlit's command line prints "Aborted!" and exits with 1.
    """
    raise SystemExit(0)


def _open_browser(address: str, number: int) -> None:
    """Open the page as soon as the port answers; a thread of its own."""
    with guarded("browser start"):
        _open_when_ready(address, number)


def _open_when_ready(address: str, number: int) -> None:
    name = "localhost" if is_loopback(address) or address in ("0.0.0.0", "::") else address
    deadline = time.monotonic() + BROWSER_WAIT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection((name, number), timeout=1.0).close()
        except OSError:
            time.sleep(POLL_S)
        else:
            webbrowser.open(f"http://{f'[{name}]' if ':' in name else name}:{number}")
            return
    logger.warning("the server did not answer within %.0f s", BROWSER_WAIT_S)
