"""Rules about a server that recordings may be sent to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, harmless, message_only

REMOTE = "remote"
"""As MEETCORE_RECOGNIZER; meetcore.weights.names has it too, which needs packages."""


def _destination(facts: Facts) -> Outcome | None:
    """Where audio goes; amber where it travels so that others can read it."""
    if facts.settings is None:
        return None
    url = facts.settings.remote_url
    if not url:
        if facts.settings.recognizer == REMOTE:
            return amber("MEETCORE_RECOGNIZER is remote, but MEETCORE_REMOTE_URL is not set.")
        return fine("Audio stays on this machine: no server is set.")
    host = urlsplit(url).netloc
    every = facts.settings.recognizer == REMOTE
    when = "Every recording is" if every else "Recordings for which “remote” is chosen are"
    sentence = f"{when} sent to {host} to be transcribed; live words are written here."
    if urlsplit(url).scheme == "http" and not _is_near(urlsplit(url).hostname or ""):
        return amber(f"{sentence} They travel unencrypted.")
    return harmless(sentence)


def _is_near(host: str) -> bool:
    """Whether a host is this machine or, by its address, on a private network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


REMOTE_SERVER_RULES = (
    Rule(
        id="audio-destination",
        area=Area.PRIVACY,
        title="Recordings are sent to a server",
        symptom="A server sees what was said.",
        cause="MEETCORE_REMOTE_URL names a server with OpenAI's interface. It gets the audio of a"
        " recording in pieces of half a minute, its names and terms, and the key; nothing else.",
        command="unset MEETCORE_REMOTE_URL",
        advice="Use https, or a server on this machine or network.",
        source="https://platform.openai.com/docs/api-reference/audio/createTranscription",
        check=_destination,
        title_if_fine="Where audio goes",
    ),
    Rule(
        id="remote-server",
        area=Area.WEIGHTS,
        title="The server transcribes nothing",
        symptom="… refuses the key (401).",
        cause="The server of MEETCORE_REMOTE_URL cannot be reached, refuses the request, or speaks"
        " another language than OpenAI's interface. A weight on this machine writes the transcript"
        " instead.",
        command="export MEETCORE_RECOGNIZER=base.en",
        advice="Check MEETCORE_REMOTE_URL (up to /v1), MEETCORE_REMOTE_MODEL and"
        " MEETCORE_REMOTE_KEY, then transcribe the recording again.",
        source="https://platform.openai.com/docs/guides/error-codes",
        check=message_only,
        message_patterns=(
            r"refuses the (key|request) \(",
            r"refuses audio of this size",
            r"has no transcriptions there",
            r"takes no more requests at present",
            r"failed \(it answered \d+",
            r"has moved \(\d+\)",
            r"answered something else than a transcript",
            r"did not answer within .* s\.",
            r"cannot be reached \(\w+\); check MEETCORE_REMOTE_URL",
            r"No server is set",
            r"A server transcribes recordings only",
        ),
    ),
)
