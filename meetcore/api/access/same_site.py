"""Decides whether a request comes from Meetcore's own pages, another program, or another site.

Source: https://www.w3.org/TR/fetch-metadata/ and https://fetch.spec.whatwg.org/#origin-header
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import Scope

from meetcore.api.access.hosts import AllowedHosts, Authority, parse_authority, parse_origin
from meetcore.api.responses import RefusedError

READS = frozenset({"GET", "HEAD"})
OWN_SITE = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site of a page of ours, and of an address that a person typed."""
PAGE = re.compile(r"/[a-z0-9_-]*", re.ASCII)
"""Paths that a link on another site may open: pages, never data."""
SETTING = "MEETCORE_ALLOWED_HOSTS"


@dataclass(frozen=True, slots=True)
class RequestHeaders:
    """A request's headers; names in lower case, in their order."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, scope: Scope) -> RequestHeaders:
        """The headers of an ASGI request or socket."""
        raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
        return cls(
            tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)
        )

    def all(self, name: str) -> list[str]:
        """The values of each header of a name."""
        return [value.strip() for known, value in self.pairs if known == name]

    def one(self, name: str) -> str | None:
        """The value of a header, None where it is absent.

        Raises
        ------
        RefusedError
            It is there several times.
        """
        values = self.all(name)
        if len(values) > 1:
            raise RefusedError(f"This request has more than one {name} header.", 400)
        return values[0] if values else None


def check_request(scope: Scope, headers: RequestHeaders, allowed: AllowedHosts) -> Authority:
    """The host and port that the request is for.

    Raises
    ------
    RefusedError
        The request is malformed, is for another name, or comes from another site.
    """
    if not scope["path"].startswith("/"):
        raise RefusedError("This request's address is not a path.", 400)
    host = checked_host(scope, headers, allowed)
    check_origin(scope["scheme"], host, headers.one("origin"))
    check_fetch_site(scope, headers)
    return host


def checked_host(scope: Scope, headers: RequestHeaders, allowed: AllowedHosts) -> Authority:
    """The request's Host.

    Raises
    ------
    RefusedError
        It is absent or malformed (400), or is not a name of this server (403).
    """
    host = parse_authority(headers.one("host") or "", scope["scheme"])
    if host is None:
        raise RefusedError("This request's Host header is missing or malformed.", 400)
    if not allowed.accepts(host.host):
        raise RefusedError(
            f"Meetcore does not answer to the name {host.host}. Open it {allowed.advice},"
            f" or add the name to {SETTING} and start again.",
            403,
        )
    return host


def check_origin(scheme: str, host: Authority, text: str | None) -> None:
    """Refuse an Origin other than the request's own; programs other than browsers send none.

    Another port of the same host is another origin, and so is "null".

    Raises
    ------
    RefusedError
        The origin is another one.
    """
    own = (scheme.replace("ws", "http"), host)
    if text is not None and parse_origin(text) != own:
        raise RefusedError("Meetcore takes requests from its own pages only.", 403)


def check_fetch_site(scope: Scope, headers: RequestHeaders) -> None:
    """Refuse what a browser says comes from another site, except opening a page by a link.

    Browsers send these headers to https and to localhost; elsewhere Origin has to do.

    Raises
    ------
    RefusedError
        Another site, or another port of this machine, reads or embeds something.
    """
    site = headers.one("sec-fetch-site")
    if site is None or site in OWN_SITE:
        return
    opens_a_page = (
        scope["type"] == "http"
        and scope["method"] in READS
        and headers.one("sec-fetch-mode") == "navigate"
        and headers.one("sec-fetch-dest") == "document"
        and PAGE.fullmatch(scope["path"]) is not None
    )
    if not opens_a_page:
        raise RefusedError("Meetcore's data are read by its own pages only.", 403)
