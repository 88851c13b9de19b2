"""Rules about the browser, its microphone, the way of the sound, and what might leave here."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from meetcore.diagnostics.facts.records import Facts
from meetcore.diagnostics.findings import Area
from meetcore.diagnostics.rules.rule import Rule, Seen, amber, fine, harmless, red, unseen

SWITCHED_OFF = frozenset({"", "0", "false", "no"})


def _origin(facts: Facts) -> Seen | None:
    if not facts.origin:
        return None
    address = urlsplit(facts.origin)
    if address.scheme == "https" or is_loopback(address.hostname or ""):
        return fine("This page may use the microphone.")
    return red(f"This page came over http from {address.hostname}.")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address: a loopback IP, or a name under localhost.

    >>> is_loopback("127.0.0.2"), is_loopback("::1"), is_loopback("127.0.0.1.example.org")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _open_address(facts: Facts) -> Seen | None:
    address = facts.server.address
    if is_loopback(address):
        return fine("Only this machine can open the pages.")
    return amber(f"The pages are served at {address or 'every address of this machine'}.")


def _telemetry(facts: Facts) -> Seen | None:
    asked = facts.environment.get("PYANNOTE_METRICS_ENABLED", "0")
    if facts.server.usage_stats:
        return amber("Streamlit's usage statistics are switched on.")
    if asked.lower() not in SWITCHED_OFF:
        return amber(
            f"PYANNOTE_METRICS_ENABLED={asked} asks for pyannote.audio's reports; Meetcore"
            " switches them off all the same."
        )
    return fine("Nothing reports its usage.")


def _ice(facts: Facts) -> Seen | None:
    if not facts.hub.has_token or facts.settings is None:
        return None
    if facts.settings.ice_servers:
        return fine(f"{len(facts.settings.ice_servers)} ICE servers are set.")
    return harmless("HF_TOKEN is set and MEETCORE_ICE_SERVERS is not.")


BROWSER_RULES = (
    Rule(
        "insecure-origin",
        Area.BROWSER,
        "No microphone for pages served over http",
        symptom="The Start button says that the browser gives no microphone.",
        cause="Browsers give it only to pages of the machine itself, or served over https.",
        command="ssh -N -L 8501:localhost:8501 THAT_MACHINE",
        advice="Then open http://localhost:8501 here; or put a server with https in front.",
        source="https://developer.mozilla.org/en-US/docs/Web/Security/Secure_Contexts",
        look=_origin,
        fine="Microphone allowed",
        signs=(r"only to pages on localhost or https", r"mediaDevices is undefined"),
    ),
    Rule(
        "microphone-refused",
        Area.BROWSER,
        "The browser refuses the microphone",
        symptom="NotAllowedError",
        cause="This page was refused the microphone once, and the browser remembers it.",
        advice="Press the icon beside the address, allow the microphone, and try again.",
        source="https://developer.mozilla.org/en-US/docs/Web/API/MediaDevices/getUserMedia",
        look=unseen,
        signs=(r"does not let this page use the microphone", r"NotAllowedError"),
    ),
    Rule(
        "microphone-missing",
        Area.BROWSER,
        "No microphone",
        symptom="NotFoundError, NotReadableError",
        cause="None is connected, or another program holds it.",
        advice="Connect one, or close the program that uses it, and try again.",
        source="https://developer.mozilla.org/en-US/docs/Web/API/MediaDevices/getUserMedia",
        look=unseen,
        signs=(
            r"No microphone was found",
            r"holds the microphone",
            r"microphone is no longer connected",
            r"could not open the microphone",
            r"\bNotFoundError",
            r"NotReadableError",
        ),
    ),
    Rule(
        "no-connection",
        Area.BROWSER,
        "The sound does not reach Meetcore",
        symptom="The clock stands still although the microphone is open.",
        cause="Between browser and server something blocks WebRTC's UDP: a firewall, a container"
        " without host network, or a way that needs a TURN server.",
        advice="Run the connection test on the Diagnostics page: it names the path that failed."
        " From another network, set MEETCORE_ICE_SERVERS to a TURN server of yours.",
        source="https://github.com/whitphx/streamlit-webrtc#network-connectivity",
        look=unseen,
        signs=(r"sound does not reach Meetcore", r"connection to the microphone was lost"),
    ),
    Rule(
        "no-webrtc",
        Area.BROWSER,
        "This browser has no live sound",
        symptom="Start is missing, a recorder is offered instead.",
        cause="It has no WebRTC, or it is switched off.",
        advice="Open the page in a current Firefox, Chrome, Edge or Safari.",
        source="https://developer.mozilla.org/en-US/docs/Web/API/RTCPeerConnection",
        look=unseen,
        signs=(r"has no WebRTC", r"offers pages no microphone"),
    ),
    Rule(
        "open-address",
        Area.PRIVACY,
        "Others on the network can open the pages",
        symptom="None.",
        cause="Whoever reaches this address reads every meeting: Meetcore asks for no password.",
        advice="Serve it on 127.0.0.1, or behind something that asks who is there.",
        source="https://docs.streamlit.io/develop/api-reference/configuration/config.toml#server",
        look=_open_address,
        fine="Address",
    ),
    Rule(
        "telemetry",
        Area.PRIVACY,
        "A library would report its usage",
        symptom="None.",
        cause="pyannote.audio 4 and Streamlit report usage unless told not to.",
        command="unset PYANNOTE_METRICS_ENABLED; export STREAMLIT_BROWSER_GATHER_USAGE_STATS=false",
        source="https://github.com/pyannote/pyannote-audio#telemetry",
        look=_telemetry,
        fine="Reports of usage",
    ),
    Rule(
        "ice-token",
        Area.PRIVACY,
        "streamlit-webrtc alone would use the token",
        symptom="None.",
        cause="Without ICE servers streamlit-webrtc asks a TURN service for them, with HF_TOKEN."
        " Meetcore always passes its own list, even an empty one, so nothing is sent.",
        source="https://github.com/whitphx/streamlit-webrtc/pull/1939",
        look=_ice,
        fine="ICE servers",
    ),
)
