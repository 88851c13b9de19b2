"""Host and Origin values, and the names a server answers to."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetcore.api.access.hosts import allowed_hosts, parse_authority, parse_origin
from meetcore.errors import SettingsError
from meetcore.settings import load_settings

LOCAL = allowed_hosts("127.0.0.1", [])


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    found = parse_authority(text, "http")
    if found is not None:
        assert parse_authority(str(found), "http") == found
        assert not set(found.host) & set("/?#@%[] \t\r\n\x00,")
    parse_origin(text)


@given(st.text(alphabet="localhst.127[]:0@/", max_size=24))
def test_what_is_accepted_is_a_loopback_name(text: str) -> None:
    found = parse_authority(text, "http")
    if found is not None and LOCAL.accepts(found.host):
        assert found.host in {"localhost", "127.0.0.1", "::1"}


@given(st.integers(1, 65535), st.sampled_from(["http", "https"]))
def test_an_origin_is_equal_to_its_own_host_only(port: int, scheme: str) -> None:
    own = parse_authority(f"localhost:{port}", scheme)
    assert parse_origin(f"{scheme}://localhost:{port}") == (scheme, own)
    assert parse_origin(f"{scheme}://localhost:{port % 65535 + 1}") != (scheme, own)


@pytest.mark.parametrize(
    ("address", "host", "accepted"),
    [
        ("127.0.0.1", "192.168.1.7", False),
        ("192.168.1.7", "192.168.1.7", True),
        ("192.168.1.7", "192.168.1.8", False),
        ("::1", "::1", True),
        ("0.0.0.0", "192.168.1.7", True),
        ("0.0.0.0", "fe80::1", True),
        ("", "10.0.0.1", True),
        ("::", "evil.example", False),
        ("mybox", "mybox", True),
        ("mybox.local", "192.168.1.7", False),
        ("2001:DB8::0001", "2001:db8::1", True),
        ("0:0:0:0:0:0:0:0", "192.168.1.7", True),
        ("0:0:0:0:0:0:0:1", "::1", True),
        ("::ffff:192.168.1.7", "192.168.1.7", True),
        ("fe80::1%eth0", "fe80::1", True),
        ("127.0.0.1", "a.team.example", True),
        ("127.0.0.1", "team.example", False),
        ("127.0.0.1", "ateam.example", False),
    ],
)
def test_the_bound_address_is_one_of_the_names(address: str, host: str, accepted: bool) -> None:
    assert allowed_hosts(address, ["*.team.example"]).accepts(host) is accepted


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("Meet.example, [fd00::7] ,", ("meet.example", "fd00::7")),
        ("*.team.example", ("*.team.example",)),
    ],
)
def test_names_are_set_with_commas(
    monkeypatch: pytest.MonkeyPatch, text: str, names: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MEETCORE_ALLOWED_HOSTS", text)
    assert load_settings().allowed_hosts == names


@given(st.ip_addresses(v=6), st.booleans())
def test_an_ipv6_address_is_accepted_however_it_is_written(
    address: IPv6Address, named: bool
) -> None:
    written = address.exploded.upper()
    allowed = allowed_hosts("127.0.0.1", [written]) if named else allowed_hosts(written, [])
    host = parse_authority(f"[{written}]:8501", "http")
    assert host is not None and allowed.accepts(host.host)


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("127.0.0.1", "as localhost"),
        ("", "as localhost or by its IP address"),
        ("mypc.local", "as mypc.local"),
        ("2001:DB8::0001", "as [2001:db8::1]"),
    ],
)
def test_the_advice_of_a_refusal_is_accepted(address: str, advice: str) -> None:
    allowed = allowed_hosts(address, [])
    assert allowed.advice == advice
    host = parse_authority(advice.split()[1], "http")
    assert host is not None and allowed.accepts(host.host)
    assert allowed.accepts("192.168.1.7") == ("IP address" in advice)


@pytest.mark.parametrize("text", ["meet.example:8443", "ok.example, 192.168.1.7:80"])
def test_a_port_in_the_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MEETCORE_ALLOWED_HOSTS", text)
    with pytest.raises(
        SettingsError, match=r"MEETCORE_ALLOWED_HOSTS.*a port is not part of a name"
    ):
        load_settings()


@pytest.mark.parametrize("text", ["*", "http://meet.example", "a b", "meet.example/x", "*.", "é"])
def test_what_is_no_name_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("MEETCORE_ALLOWED_HOSTS", text)
    with pytest.raises(SettingsError, match="MEETCORE_ALLOWED_HOSTS"):
        load_settings()
