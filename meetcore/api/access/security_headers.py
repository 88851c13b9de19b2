"""The headers of every answer: what its page may load, who may frame it, what is kept.

Source: https://www.w3.org/TR/CSP3/ and
https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html
"""

from __future__ import annotations

import base64
import hashlib
import re

from meetcore.api.access.hosts import Authority

PERMISSIONS = (
    "microphone=(self), display-capture=(self), screen-wake-lock=(self), clipboard-write=(self),"
    " autoplay=(self), camera=(), geolocation=(), payment=(), usb=(), serial=(), hid=(),"
    " midi=(), browsing-topics=()"
)
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NOT_KEPT = ("/api/", "/recordings/", "/uploads/", "/microphone/", "/loopback", "/media/")
"""Paths of meetings' data; a browser keeps no copy, except where the route sets other rules."""
_INLINE_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)


def script_hashes(page: str) -> tuple[str, ...]:
    """CSP sources that allow exactly the inline scripts of an HTML page.

    >>> script_hashes('<script src="a.js"></script><script>1</script>')
    ("'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='",)
    """
    texts = [
        found["text"]
        for found in _INLINE_SCRIPT.finditer(page)
        if "src=" not in found["attributes"]
    ]
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in texts)
    return tuple(f"'sha256-{digest.decode()}'" for digest in digests)


def content_policy(host: Authority, scripts: tuple[str, ...]) -> str:
    """The Content-Security-Policy of one answer.

    Streamlit imports page scripts from blob: addresses and writes styles into the page. Safari
    before 15.4 does not count a socket of the same host as 'self'.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: {' '.join(scripts)}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "media-src 'self' data: blob:",
            "worker-src 'self' blob:",
            f"connect-src 'self' data: blob: ws://{host} wss://{host}",
            "manifest-src 'self'",
            "frame-src 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
        )
    )


def added_headers(
    path: str, policy: str, present: list[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """An answer's headers with ours; permissions for other origins (CORS) are taken out."""
    wanted = {**ALWAYS, "content-security-policy": policy}
    kept = [
        (name, value)
        for name, value in present
        if not name.lower().startswith(b"access-control-")
        and name.lower().decode("latin-1") not in wanted
    ]
    names = {name.lower() for name, _ in kept}
    if path.startswith(NOT_KEPT) and b"cache-control" not in names:
        wanted["cache-control"] = "no-store"
    return [*kept, *((name.encode(), value.encode()) for name, value in wanted.items())]
