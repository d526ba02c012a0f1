"""Scopes as a server would make them."""

from __future__ import annotations

from typing import Any

import pytest

from falconws.testing import create_scope, create_scope_ws
from falconws.testing.scope import check_spec_version, split_path


def test_a_scope_is_that_of_a_plain_get() -> None:
    assert create_scope() == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"falconws.test"), (b"user-agent", b"falconws-testing")],
        "client": ("127.0.0.1", 51234),
        "server": ("falconws.test", 80),
        "extensions": {},
    }


def test_a_path_is_decoded_and_kept_as_it_came() -> None:
    scope = create_scope("/caf%C3%A9/a%2Fb")
    assert scope["path"] == "/café/a/b"
    assert scope["raw_path"] == b"/caf%C3%A9/a%2Fb"


@pytest.mark.parametrize("path", ["", "rooms", "/rooms?a=1"])
@pytest.mark.parametrize("create", [create_scope, create_scope_ws])
def test_a_path_that_no_request_line_has_is_refused(create: Any, path: str) -> None:
    with pytest.raises(ValueError, match="must begin with a slash"):
        create(path)


@pytest.mark.parametrize("create", [create_scope, create_scope_ws])
def test_a_scheme_that_no_server_has_is_refused(create: Any) -> None:
    with pytest.raises(ValueError, match=r"scheme is one of http, https, .*'ftp'"):
        create("/", scheme="ftp")


@pytest.mark.parametrize(
    ("arguments", "host", "server"),
    [
        ({}, b"falconws.test", ("falconws.test", 80)),
        ({"host": "a.test", "port": 8000}, b"a.test:8000", ("a.test", 8000)),
        ({"scheme": "https"}, b"falconws.test", ("falconws.test", 443)),
        ({"scheme": "https", "port": 80}, b"falconws.test:80", ("falconws.test", 80)),
    ],
)
def test_the_host_header_has_the_port_where_it_is_not_the_usual_one(
    arguments: dict[str, Any], host: bytes, server: tuple[str, int]
) -> None:
    scope = create_scope(**arguments)
    assert dict(scope["headers"])[b"host"] == host
    assert scope["server"] == server


@pytest.mark.parametrize(
    "headers", [{"X-Tag": "é", "HOST": "b.test"}, [("X-Tag", "é"), ("HOST", "b.test")]]
)
def test_headers_are_bytes_with_lower_case_names_and_go_before_defaults(
    headers: Any,
) -> None:
    assert create_scope(headers=headers)["headers"] == [
        (b"x-tag", b"\xe9"),
        (b"host", b"b.test"),
        (b"user-agent", b"falconws-testing"),
    ]


def test_a_header_may_be_repeated() -> None:
    headers = create_scope(headers=[("X-Tag", "a"), ("X-Tag", "b")])["headers"]
    assert headers[:2] == [(b"x-tag", b"a"), (b"x-tag", b"b")]


def test_cookies_and_the_length_become_headers() -> None:
    scope = create_scope(cookies={"a": "1", "b": "2"}, content_length=0)
    assert dict(scope["headers"])[b"cookie"] == b"a=1; b=2"
    assert dict(scope["headers"])[b"content-length"] == b"0"


def test_a_length_that_the_headers_tell_is_not_told_again() -> None:
    scope = create_scope(headers={"Content-Length": "5"}, content_length=3)
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    assert lengths == [b"5"]


@pytest.mark.parametrize("create", [create_scope, create_scope_ws])
@pytest.mark.parametrize("pair", [("X-A", 1), (b"x-a", "1")])
def test_a_header_that_is_no_string_is_refused(create: Any, pair: Any) -> None:
    with pytest.raises(TypeError, match="A header is two strings"):
        create("/", headers=[pair])


@pytest.mark.parametrize("create", [create_scope, create_scope_ws])
def test_what_asgi_makes_optional_may_be_left_out(create: Any) -> None:
    scope = create("/", remote_addr=None, include_server=False)
    assert "client" not in scope
    assert "server" not in scope
    scope = create("/", remote_addr="::1", root_path="/mount")
    assert scope["client"] == ("::1", 51234)
    assert scope["root_path"] == "/mount"


@pytest.mark.parametrize(
    ("given", "version"),
    [
        ("1", "1.0"),
        ("1.0", "1.0"),
        ("1.1", "1.1"),
        ("2", "2"),
        ("2.0", "2"),
        ("3", "3"),
    ],
)
def test_a_version_of_http_is_written_as_asgi_does(given: str, version: str) -> None:
    scope = create_scope(http_version=given)
    assert scope["http_version"] == version
    assert (b"host" in dict(scope["headers"])) == (version != "1.0")


@pytest.mark.parametrize("create", [create_scope, create_scope_ws])
@pytest.mark.parametrize(
    "arguments",
    [{"http_version": "1.2"}, {"spec_version": "2"}, {"spec_version": "2.x"}],
)
def test_a_version_that_there_is_not_is_refused(
    create: Any, arguments: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="_version is"):
        create("/", **arguments)


@pytest.mark.parametrize("create", [create_scope, create_scope_ws])
def test_the_version_of_asgi_can_be_chosen(create: Any) -> None:
    scope = create("/", spec_version="2.10")
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.10"}
    assert check_spec_version("2.10") == (2, 10) > check_spec_version("2.4")


def test_what_a_scope_has_can_be_looked_at_more_than_once() -> None:
    scope = create_scope(headers={"X-A": "1"})
    for _ in range(2):
        assert (b"x-a", b"1") in scope["headers"]
        assert list(scope["client"]) == ["127.0.0.1", 51234]
        assert list(scope["server"]) == ["falconws.test", 80]


def test_a_websocket_scope_is_that_of_a_handshake() -> None:
    assert create_scope_ws() == {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"falconws.test"), (b"user-agent", b"falconws-testing")],
        "client": ("127.0.0.1", 51234),
        "server": ("falconws.test", 80),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }


def test_subprotocols_are_offered_in_the_scope_and_by_a_header() -> None:
    scope = create_scope_ws(subprotocols=["v2", "v1"], scheme="wss")
    assert scope["subprotocols"] == ["v2", "v1"]
    assert dict(scope["headers"])[b"sec-websocket-protocol"] == b"v2, v1"
    assert scope["server"] == ("falconws.test", 443)


@pytest.mark.parametrize(
    "offered", ["v2,v1", "v2, v1", "v2, ,v1,", ["v2", "v1"], iter(["v2", "v1"])]
)
def test_subprotocols_may_be_written_as_in_the_header(offered: Any) -> None:
    scope = create_scope_ws(subprotocols=offered)
    assert scope["subprotocols"] == ["v2", "v1"]
    assert dict(scope["headers"])[b"sec-websocket-protocol"] == b"v2, v1"


def test_a_handshake_may_be_for_another_port() -> None:
    scope = create_scope_ws(port=8000)
    assert scope["server"] == ("falconws.test", 8000)
    assert dict(scope["headers"])[b"host"] == b"falconws.test:8000"


@pytest.mark.parametrize("nothing", [None, "", " , ", []])
def test_no_subprotocols_are_no_header(nothing: Any) -> None:
    scope = create_scope_ws(subprotocols=nothing)
    assert scope["subprotocols"] == []
    assert b"sec-websocket-protocol" not in dict(scope["headers"])


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"a": ["x y", 2], "b": "1,2"}, "a=x+y,2&b=1%2C2"),
        ({"a": [True, "é,"]}, "a=true,%C3%A9%2C"),
        ({"a": [], "b": (1,)}, "b=1"),
    ],
)
def test_a_list_may_be_one_value_with_commas(
    params: dict[str, Any], query: str
) -> None:
    assert split_path("/a", None, params, csv=True) == ("/a", query)


@pytest.mark.parametrize(
    ("given", "query"),
    [
        (("/a", None, None), ""),
        (("/a?b=1", None, None), "b=1"),
        (("/a", "b=1", None), "b=1"),
        (("/a", None, {"b": 1, "c": "é &"}), "b=1&c=%C3%A9+%26"),
        (("/a", None, {"b": [1, 2], "c": ("x",)}), "b=1&b=2&c=x"),
        (("/a", None, {"on": True, "off": [False]}), "on=true&off=false"),
        (("/a", None, {}), ""),
    ],
)
def test_a_query_is_in_the_path_or_a_string_or_a_mapping(
    given: tuple[Any, Any, Any], query: str
) -> None:
    assert split_path(*given) == ("/a", query)


@pytest.mark.parametrize(
    "given", [("/a?b=1", "c=1", None), ("/a?b=1", None, {}), ("/a", "", {"b": 1})]
)
def test_a_query_that_is_given_twice_is_refused(given: tuple[Any, Any, Any]) -> None:
    with pytest.raises(ValueError, match="one of them"):
        split_path(*given)
