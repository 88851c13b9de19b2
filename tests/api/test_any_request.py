"""Any request to any route, over a real store and disk, gets an answer that is no failure."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.testclient import TestClient

from meetcore.api import uploads
from meetcore.api.access.guard import AccessGuard, AccessPolicy
from meetcore.api.access.hosts import allowed_hosts
from meetcore.api.routes import api_routes
from meetcore.service.meeting_service import MeetingService
from meetcore.text.log_lines import OneLineFormatter
from tests.api.access.conftest import LIMITS
from tests.store.test_library import meeting
from tests.support.service_fixtures import identifier, open_service, quick, service, store

__all__ = ["identifier", "open_service", "quick", "service", "store"]

SECRET = "Hohenstein"
KINDS = ["rename", "merge", "assign", "split", "correct", "correct_word", "undo", "redo"]
FIELDS = [
    "kind", "label", "name", "remember", "into", "position", "word", "text", "expected", "title",
    "action", "name", "options", "extra",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, 2, "S1", "S2", "S9", "retry", "cancel", "finish", *KINDS]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=40),
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner)
)
PLAUSIBLE = st.fixed_dictionaries(
    {"kind": st.sampled_from(KINDS)},
    optional={
        "label": st.sampled_from(["S1", "S2", "S77", ""]),
        "into": st.sampled_from(["S1", "S2", "x"]),
        "name": st.text(max_size=70),
        "position": st.integers(0, 3) | LEAVES,
        "word": st.integers(0, 5) | LEAVES,
        "text": st.text(max_size=60),
        "expected": st.text(max_size=60) | st.none(),
        "remember": st.booleans(),
    },
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6).map(as_json := json.dumps),
    PLAUSIBLE.map(as_json),
    st.sampled_from(["retry", "cancel", "finish"]).map(lambda act: json.dumps({"action": act})),
    st.text(max_size=130).map(lambda title: json.dumps({"title": title})),
    VALUES.map(as_json),
    st.just(b"[" * 6_000),
)
IDS = st.one_of(
    st.just("MEETING"), st.text(min_size=1, max_size=80), st.sampled_from(["..", "%00", "a" * 2000])
)
HEADERS = st.fixed_dictionaries(
    {"content-type": st.sampled_from(["application/json"] * 6 + ["text/plain", "", "x/y;z"])},
    optional={
        "idempotency-key": st.text(alphabet="abc123 -\x7f", max_size=70),
        "range": st.sampled_from(["bytes=0-", "bytes=5-1", "bytes=a", "bytes=0-1,2-3", "x" * 900]),
        "if-none-match": st.text(alphabet='"abc*', max_size=20),
        uploads.HEADER: VALUES.map(lambda value: quote(json.dumps(value))),
    },
)
ROUTES = [
    (route.path, method)
    for route in api_routes(lambda: None)  # type: ignore[arg-type, return-value]
    if isinstance(route, Route)
    for method in sorted(route.methods or ())
]


@pytest.fixture
def known(service: MeetingService) -> str:
    """A stored meeting."""
    return meeting(service.store, f"About {SECRET}", f"{SECRET} said this", "and that")  # type: ignore[arg-type]


@pytest.fixture
def client(service: MeetingService) -> Iterator[TestClient]:
    """A client of all routes behind the guard."""
    policy = AccessPolicy(allowed_hosts("127.0.0.1", []), LIMITS)
    app = Starlette(
        routes=api_routes(lambda: service),  # type: ignore[arg-type, return-value]
        middleware=[Middleware(AccessGuard, policy=policy)],
    )
    with TestClient(app, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(("path", "method"), ROUTES)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(about=IDS, body=BODIES, headers=HEADERS, query=st.dictionaries(st.text(max_size=9), LEAVES))
def test_every_request_gets_an_answer(
    client: TestClient,
    known: str,
    path: str,
    method: str,
    about: str,
    body: bytes | str,
    headers: dict[str, str],
    query: dict[str, object],
) -> None:
    name = path[path.index("{") : path.index("}") + 1] if "{" in path else ""
    address = path.replace(name, quote(known if about == "MEETING" else about)) if name else path
    content = None if method in ("GET", "HEAD") else body
    asked = {name: str(value) for name, value in query.items()}
    answer = client.request(
        method, address, content=content, headers=headers, params=asked, follow_redirects=False
    )
    assert answer.status_code < 500 or answer.status_code == 507, answer.text
    if answer.status_code >= 400:
        assert len(answer.content) < 1000 and "Traceback" not in answer.text
    assert "content-security-policy" in answer.headers
    if answer.status_code not in (200, 206, 304):
        assert SECRET not in answer.text


def test_no_request_writes_words_into_the_log(
    client: TestClient, known: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    edits = f"/api/meetings/{known}/edits"
    said = {"kind": "correct", "position": 0, "text": "a secret word", "expected": "other"}
    for asked in (said, {**said, "expected": None}, {**said, "position": 99}, {"text": "a secret"}):
        client.post(edits, json=asked)
    client.patch(f"/api/meetings/{known}", json={"title": "a secret title\r\nINFO forged"})
    formatter = OneLineFormatter(logging.Formatter())
    ours = [formatter.format(each) for each in caplog.records if each.name.startswith("meetcore")]
    assert ours
    assert not [line for line in ours if "secret" in line or SECRET in line or "forged" in line]
