from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws.core import Request
from falconws.core.request._forwarded import Forwarded
from falconws.testing import create_scope

PEER = "192.0.2.1"


async def receive() -> Any:
    raise AssertionError("A way is read without the body.")


def request(*headers: tuple[str, str], **scope: Any) -> Request:
    scope = create_scope(headers=headers, remote_addr=PEER, **scope)
    return Request(scope, receive)


def forwarded(*values: str) -> list[Forwarded] | None:
    return request(*(("Forwarded", value) for value in values)).forwarded


@pytest.mark.parametrize(
    ("values", "hops"),
    [
        ([], None),
        (
            ['For="[2001:db8::17]:47";proto=HTTPS;by=192.0.2.4; host="a.example:80"'],
            [Forwarded("[2001:db8::17]:47", "192.0.2.4", "a.example:80", "https")],
        ),
        (["for=unknown", "for=_a"], [Forwarded("unknown"), Forwarded("_a")]),
        (["for=a;by=b,for=c"], [Forwarded("a", "b"), Forwarded("c")]),
        (['for="a\\"\\\\,;b"'], [Forwarded('a"\\,;b')]),
        (["secret=1"], [Forwarded()]),
        # Without the quotes that RFC 7239, 4 demands.
        (
            ["for=192.0.2.4:80;host=[::1]:80"],
            [Forwarded("192.0.2.4:80", None, "[::1]:80")],
        ),
        (["for=a,garbage,;,for=b"], [Forwarded("a"), Forwarded("b")]),
        (["for=a b;proto=http"], [Forwarded("a", scheme="http")]),
        (['for="a, for=b'], [Forwarded("b")]),
        (["for=", "for = a", "=a", ""], []),
        (["a" * 50_000], []),
    ],
)
def test_each_proxy_says_what_it_knows(
    values: list[str], hops: list[Forwarded] | None
) -> None:
    assert forwarded(*values) == hops


@given(st.text(st.sampled_from('for=by",;\\ [:]')))
def test_whatever_is_malformed_is_left_out(value: str) -> None:
    req = request(("Forwarded", value))
    assert req.forwarded is not None
    assert req.access_route[-1] == PEER
    assert req.forwarded_uri


FORWARDED = ("Forwarded", "for=a;host=f.example;proto=https, for=b;host=g;proto=h")
X_PROTO = ("X-Forwarded-Proto", "WSS, http")
X_HOST = ("X-Forwarded-Host", "x.example:81, y")


@pytest.mark.parametrize(
    ("headers", "prefix"),
    [
        ([], "http://falconws.test"),
        ([X_PROTO, X_HOST], "wss://x.example:81"),
        ([X_PROTO], "wss://falconws.test"),
        ([X_HOST], "http://x.example:81"),
        ([FORWARDED, X_PROTO, X_HOST], "https://f.example"),
        ([("Forwarded", "for=a"), X_PROTO, X_HOST], "http://falconws.test"),
        ([("Forwarded", ""), X_PROTO, X_HOST], "http://falconws.test"),
        ([("X-Forwarded-Proto", ""), ("X-Forwarded-Host", "")], "http://falconws.test"),
    ],
)
def test_the_clients_address_is_that_of_the_first_proxy(
    headers: list[tuple[str, str]], prefix: str
) -> None:
    req = request(*headers, path="/b", root_path="/a", query_string="x=1")
    assert f"{req.forwarded_scheme}://{req.forwarded_host}" == prefix
    assert req.forwarded_prefix == f"{prefix}/a"
    assert req.forwarded_uri == f"{prefix}/a/b?x=1"


X_FOR = ("X-Forwarded-For", "a, b")
X_REAL = ("X-Real-IP", "c")


@pytest.mark.parametrize(
    ("headers", "route"),
    [
        ([], []),
        ([FORWARDED, X_FOR, X_REAL], ["a", "b"]),
        ([X_FOR, X_REAL], ["a", "b"]),
        ([X_REAL], ["c"]),
        ([("Forwarded", "by=a,for=unknown"), X_FOR], ["unknown"]),
        ([("Forwarded", 'for="_a:_b",for="[::1]:80"')], ["_a", "::1"]),
        (
            [("X-Forwarded-For", "192.0.2.7:80,,::1, [::1]")],
            ["192.0.2.7", "::1", "::1"],
        ),
        ([("X-Forwarded-For", f"{PEER}, a, {PEER}")], [PEER, "a"]),
    ],
)
def test_the_way_leads_from_the_client_to_the_peer(
    headers: list[tuple[str, str]], route: list[str]
) -> None:
    req = request(*headers)
    assert req.access_route == [*route, PEER]
    assert req.remote_addr == PEER


@pytest.mark.parametrize("client", [None, ("", 0)])
def test_a_peer_without_an_address_is_on_this_machine(client: object) -> None:
    req = Request(create_scope() | {"client": client}, receive)
    assert req.access_route == [req.remote_addr] == ["127.0.0.1"]
