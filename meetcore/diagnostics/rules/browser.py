"""Rules about the browser's microphone and connection, and about data that could be sent out."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from meetcore.diagnostics.facts.fact_types import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Outcome, Rule, amber, fine, harmless, message_only, red

FALSE_VALUES = frozenset({"", "0", "false", "no"})
"""Values of an environment variable that switch it off, in lower case."""


def _insecure_origin(facts: Facts) -> Outcome | None:
    if not facts.origin:
        return None
    address = urlsplit(facts.origin)
    if address.scheme == "https" or is_loopback(address.hostname or ""):
        return fine("The browser lets this page use the microphone.")
    return red(f"This page was loaded over http from {address.hostname}.")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address: a loopback IP, or a name under localhost.

    >>> is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("127.0.0.1.example.org")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _open_address(facts: Facts) -> Outcome | None:
    address = facts.server.address
    if is_loopback(address):
        return fine("Only this machine can open Meetcore's pages.")
    return amber(f"Meetcore's pages are served at {address or 'every address of this machine'}.")


def _telemetry(facts: Facts) -> Outcome | None:
    asked = facts.environment.get("PYANNOTE_METRICS_ENABLED", "0")
    if facts.server.usage_stats:
        return amber("Streamlit's usage statistics are switched on.")
    if asked.lower() not in FALSE_VALUES:
        return amber(
            f"PYANNOTE_METRICS_ENABLED={asked} asks pyannote.audio to report its usage; Meetcore"
            " switches that off nevertheless."
        )
    return fine("No library reports its usage.")


def _ice(facts: Facts) -> Outcome | None:
    if not facts.hub.has_token or facts.settings is None:
        return None
    if facts.settings.ice_servers:
        return fine(f"{len(facts.settings.ice_servers)} ICE servers are set.")
    return harmless("HF_TOKEN is set and MEETCORE_ICE_SERVERS is not.")


BROWSER_RULES = (
    Rule(
        id="insecure-origin",
        area=Area.BROWSER,
        title="The browser blocks the microphone on pages served over http",
        symptom="The Start button says that the browser gives no microphone.",
        cause="Browsers allow the microphone only on pages of the same machine or served over"
        " https.",
        command="ssh -N -L 8501:localhost:8501 THAT_MACHINE",
        advice="Then open http://localhost:8501 on this machine; or serve Meetcore over https.",
        source="https://developer.mozilla.org/en-US/docs/Web/Security/Secure_Contexts",
        check=_insecure_origin,
        title_if_fine="Microphone allowed",
        message_patterns=(r"only to pages on localhost or https", r"mediaDevices is undefined"),
    ),
    Rule(
        id="microphone-refused",
        area=Area.BROWSER,
        title="The browser blocks the microphone",
        symptom="NotAllowedError",
        cause="The microphone was blocked for this page once, and the browser remembers it.",
        advice="Click the icon beside the address, allow the microphone, and try again.",
        source="https://developer.mozilla.org/en-US/docs/Web/API/MediaDevices/getUserMedia",
        check=message_only,
        message_patterns=(r"does not let this page use the microphone", r"NotAllowedError"),
    ),
    Rule(
        id="microphone-missing",
        area=Area.BROWSER,
        title="No microphone can be opened",
        symptom="NotFoundError, NotReadableError",
        cause="No microphone is connected, or another program uses it.",
        advice="Connect a microphone, or close the program that uses it, and try again.",
        source="https://developer.mozilla.org/en-US/docs/Web/API/MediaDevices/getUserMedia",
        check=message_only,
        message_patterns=(
            r"No microphone was found",
            r"holds the microphone",
            r"microphone is no longer connected",
            r"could not open the microphone",
            r"\bNotFoundError",
            r"NotReadableError",
        ),
    ),
    Rule(
        id="no-connection",
        area=Area.BROWSER,
        title="The microphone's sound does not reach Meetcore",
        symptom="The meeting's clock does not advance although the microphone is open.",
        cause="Something between browser and server blocks WebRTC's UDP packets: a firewall, a"
        " container without host network, or a network that needs a TURN server.",
        advice="Run the connection test on the Diagnostics page: it shows which path fails. From"
        " another network, set MEETCORE_ICE_SERVERS to your TURN server.",
        source="https://github.com/whitphx/streamlit-webrtc#network-connectivity",
        check=message_only,
        message_patterns=(
            r"sound does not reach Meetcore",
            r"connection to the microphone was lost",
        ),
    ),
    Rule(
        id="no-webrtc",
        area=Area.BROWSER,
        title="This browser cannot send live sound",
        symptom="There is no Start button; a recorder is offered instead.",
        cause="The browser does not support WebRTC, or it is switched off.",
        advice="Open the page in a current Firefox, Chrome, Edge or Safari.",
        source="https://developer.mozilla.org/en-US/docs/Web/API/RTCPeerConnection",
        check=message_only,
        message_patterns=(r"has no WebRTC", r"offers pages no microphone"),
    ),
    Rule(
        id="foreign-name",
        area=Area.BROWSER,
        title="The page was opened by a name that Meetcore does not answer to",
        symptom="A page with the one sentence that Meetcore does not answer to the name.",
        cause="Any site can point a name of its own at this machine, so Meetcore answers to"
        " localhost, to its own address, and to the names in MEETCORE_ALLOWED_HOSTS only.",
        advice="Open http://localhost:8501; or, for a proxy or a name on your network, add the name"
        " to MEETCORE_ALLOWED_HOSTS and start Meetcore again.",
        source="https://en.wikipedia.org/wiki/DNS_rebinding",
        check=message_only,
        message_patterns=(r"does not answer to the name",),
    ),
    Rule(
        id="open-address",
        area=Area.PRIVACY,
        title="Others on the network can open the pages",
        symptom="None.",
        cause="Anyone who can reach this address can read every meeting: Meetcore asks for no"
        " password.",
        advice="Serve it on 127.0.0.1, or behind a proxy that asks for a password.",
        source="https://docs.streamlit.io/develop/api-reference/configuration/config.toml#server",
        check=_open_address,
        title_if_fine="Address",
    ),
    Rule(
        id="telemetry",
        area=Area.PRIVACY,
        title="A library may report its usage",
        symptom="None.",
        cause="pyannote.audio 4 and Streamlit report their usage unless that is switched off.",
        command="unset PYANNOTE_METRICS_ENABLED; export STREAMLIT_BROWSER_GATHER_USAGE_STATS=false",
        source="https://github.com/pyannote/pyannote-audio#telemetry",
        check=_telemetry,
        title_if_fine="Usage reports",
    ),
    Rule(
        id="ice-token",
        area=Area.PRIVACY,
        title="HF_TOKEN is not sent to a TURN service",
        symptom="None.",
        cause="Without a list of ICE servers streamlit-webrtc would send HF_TOKEN to a TURN"
        " service. Meetcore always passes a list, even an empty one, so nothing is sent.",
        source="https://github.com/whitphx/streamlit-webrtc/pull/1939",
        check=_ice,
        title_if_fine="ICE servers",
    ),
)
