"""Host and Origin values: parsed strictly, and which names this server answers to.

A page of another site can point its own name at 127.0.0.1 (DNS rebinding); the browser then sends
that name as Host. So only names on a list are answered.
Source: RFC 9110 7.2 (Host), RFC 6454 7 (Origin).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})
"""Bind addresses at which a server answers on all addresses of its machine."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HIGHEST_PORT = 65_535
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_AUTHORITY = re.compile(
    rf"(?:\[(?P<ipv6>[0-9A-Fa-f:.]{{2,45}})\]|(?P<name>{_LABEL}(?:\.{_LABEL})*)\.?)"
    r"(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII,
)
_ORIGIN = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Authority:
    """A host and a port, in the one form that can be compared.

    Parameters
    ----------
    host : lower case, without brackets and without a final dot
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_authority(text: str, scheme: str) -> Authority | None:
    """A Host header; None where it is not exactly a name or an IP address, and maybe a port.

    >>> str(parse_authority("LocalHost.:8501", "http")), str(parse_authority("[0::1]", "https"))
    ('localhost:8501', '[::1]:443')
    >>> parse_authority("me@localhost", "http"), parse_authority("localhost:", "http")
    (None, None)
    """
    found = _AUTHORITY.fullmatch(text)
    if not found or len(text) > 262:
        return None
    port = int(found["port"] or DEFAULT_PORTS.get(scheme, 0))
    host = _ipv6(found["ipv6"]) if found["ipv6"] else found["name"].lower()
    return Authority(host, port) if host and 0 < port <= HIGHEST_PORT else None


def parse_origin(text: str) -> tuple[str, Authority] | None:
    """Scheme and authority of an Origin header; None for "null" and everything malformed.

    >>> parse_origin("https://meet.example")
    ('https', Authority(host='meet.example', port=443))
    >>> parse_origin("null"), parse_origin("file://x"), parse_origin("http://x/")
    (None, None, None)
    """
    found = _ORIGIN.fullmatch(text)
    authority = parse_authority(found["authority"], found["scheme"]) if found else None
    return (found["scheme"], authority) if found and authority else None


def _ipv6(text: str) -> str:
    """The address in its shortest form, an IPv4 address inside it as such; "" where it is none."""
    try:
        address = IPv6Address(text)
    except ValueError:
        return ""
    return str(address.ipv4_mapped or address)


def is_ip_address(host: str) -> bool:
    """Whether a host is an IP address, which no foreign name server can point elsewhere."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The names that this server answers to.

    Parameters
    ----------
    names : lower case; `*.example.org` stands for all names under example.org
    any_ip_address : the server listens on every address of its machine, and may be reached by any
    bound : the name or address that the server listens at
    """

    names: frozenset[str]
    any_ip_address: bool = False
    bound: str = "localhost"

    @property
    def advice(self) -> str:
        """How the server is opened, to go on after "Open it".

        >>> allowed_hosts("2001:DB8::0001", []).advice, allowed_hosts("0.0.0.0", []).advice
        ('as [2001:db8::1]', 'as localhost or by its IP address')
        """
        bound = f"[{self.bound}]" if ":" in self.bound else self.bound
        return f"as {bound}{' or by its IP address' if self.any_ip_address else ''}"

    def accepts(self, host: str) -> bool:
        """Whether the host of a request is one of this server's.

        >>> allowed = allowed_hosts("127.0.0.1", ["*.example.org"])
        >>> [allowed.accepts(host) for host in ("localhost", "a.example.org", "example.org")]
        [True, True, False]
        """
        if host in self.names or (self.any_ip_address and is_ip_address(host)):
            return True
        parents = (host[place:] for place, letter in enumerate(host) if letter == ".")
        return any(f"*{parent}" in self.names for parent in parents)


def allowed_hosts(address: str, named: Iterable[str]) -> AllowedHosts:
    """The names for a server.

    Parameters
    ----------
    address : where the server listens; "" for every address
    named : further names, of MEETCORE_ALLOWED_HOSTS
    """
    address = canonical(address)
    everywhere = address in EVERY_ADDRESS
    names = LOOPBACK_NAMES | {canonical(name) for name in named}
    if everywhere or address in LOOPBACK_NAMES:
        return AllowedHosts(names, any_ip_address=everywhere)
    return AllowedHosts(names | {address}, bound=address)


def canonical(name: str) -> str:
    """A name as `parse_authority` gives it; an IPv6 address without its zone, as in Host."""
    name = name.lower().rstrip(".").strip("[]")
    return _ipv6(name.partition("%")[0]) or name
