"""The arguments of a simulated request, and what is made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from falconws.testing.arguments import (
    HandshakeArguments,
    RequestArguments,
    check_arguments,
    prepare_handshake,
    prepare_request,
)
from falconws.testing.behavior import Behavior


def prepared(arguments: Any, **defaults: str) -> tuple[dict[bytes, bytes], Any]:
    request = prepare_request("post", "/", arguments, defaults)
    return dict(request.scope["headers"]), request


# Names.


def test_every_argument_that_is_known_is_taken() -> None:
    check_arguments("f", {"body": 1, "host": 2, "write_limit": 3}, RequestArguments)
    check_arguments("f", {"subprotocols": 1, "host": 2}, HandshakeArguments)
    check_arguments("f", {}, RequestArguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bdy": 1}, r"f() takes no argument 'bdy'. Is 'body' what you mean?"),
        ({"xyzzy": 1, "body": 2}, r"f() takes no argument 'xyzzy'."),
        ({"yyyyy": 1, "xxxxx": 2}, r"f() takes no argument 'xxxxx' and no 'yyyyy'."),
    ],
)
def test_an_argument_that_there_is_not_is_named(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as caught:
        check_arguments("f", arguments, RequestArguments)
    assert str(caught.value) == message


def test_a_handshake_has_no_body() -> None:
    with pytest.raises(TypeError, match="no argument 'body'"):
        check_arguments("f", {"body": b""}, HandshakeArguments)


# Bodies.


@pytest.mark.parametrize(
    ("arguments", "body", "length"),
    [
        ({}, b"", None),
        ({"body": None}, b"", None),
        ({"body": ""}, b"", b"0"),
        ({"body": b""}, b"", b"0"),
        ({"body": "é"}, b"\xc3\xa9", b"2"),
        ({"body": bytearray(b"ab")}, b"ab", b"2"),
        ({"body": memoryview(b"ab")}, b"ab", b"2"),
        ({"json": {}}, b"{}", b"2"),
        ({"msgpack": {}}, b"\x80", b"1"),
    ],
)
def test_a_whole_body_has_a_length(
    arguments: Any, body: bytes, length: bytes | None
) -> None:
    headers, request = prepared(arguments)
    assert request.body == body
    assert headers.get(b"content-length") == length
    assert b"transfer-encoding" not in headers


def test_a_length_that_is_not_true_can_be_told() -> None:
    headers, _ = prepared({"body": b"a", "headers": {"Content-Length": "5"}})
    assert headers[b"content-length"] == b"5"


async def pieces() -> AsyncIterator[bytes]:
    yield b"a"


@pytest.mark.parametrize("body", [[b"a"], (b"a",), iter([b"a"]), pieces()])
@pytest.mark.parametrize(
    ("version", "coding"), [("1.1", b"chunked"), ("2", None), ("3", None)]
)
def test_a_body_in_pieces_has_no_length(
    body: Any, version: str, coding: bytes | None
) -> None:
    headers, request = prepared({"body": body, "http_version": version})
    assert request.body is body
    assert b"content-length" not in headers
    assert headers.get(b"transfer-encoding") == coding


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_a_body_in_pieces_may_have_a_length_that_is_given(version: str) -> None:
    given: Any = {"headers": {"Content-Length": "1"}, "http_version": version}
    headers, _ = prepared({"body": [b"a"], **given})
    assert headers[b"content-length"] == b"1"
    assert b"transfer-encoding" not in headers


@pytest.mark.parametrize("body", [1, {"a": 1}, object()])
def test_a_body_that_is_an_object_is_refused(body: Any) -> None:
    with pytest.raises(TypeError, match="sent as json or msgpack"):
        prepared({"body": body})


@pytest.mark.parametrize(
    "arguments",
    [
        {"body": "", "json": 1},
        {"json": 1, "msgpack": 1},
        {"body": b"", "msgpack": 0},
        {"scheme": "http", "protocol": "http"},
        {"params": {}, "query_string": ""},
    ],
)
def test_what_is_given_twice_is_refused(arguments: Any) -> None:
    with pytest.raises(ValueError, match="Give "):
        prepared(arguments)


@pytest.mark.parametrize(
    ("arguments", "content_type"),
    [
        ({"body": "a"}, b"text/all"),
        ({"body": "a", "content_type": "text/x"}, b"text/x"),
        ({"json": 1}, b"application/json"),
        ({"json": 1, "content_type": "text/x"}, b"text/x"),
        ({"msgpack": 1}, b"application/msgpack"),
        ({"msgpack": 1, "content_type": "text/x"}, b"text/x"),
        ({"json": 1, "headers": [("CONTENT-TYPE", "text/own")]}, b"text/own"),
    ],
)
def test_the_content_type_is_the_nearest_that_is_given(
    arguments: Any, content_type: bytes
) -> None:
    headers, _ = prepared(arguments, **{"Content-Type": "text/all"})
    assert headers[b"content-type"] == content_type


# Scopes.


@pytest.mark.parametrize(
    ("arguments", "key", "value"),
    [
        ({"scheme": "https"}, "scheme", "https"),
        ({"protocol": "https"}, "scheme", "https"),
        ({}, "scheme", "http"),
        ({"host": "a.test"}, "server", ("a.test", 80)),
        ({"port": 8000}, "server", ("falconws.test", 8000)),
        ({"remote_addr": "::1"}, "client", ("::1", 51234)),
        ({"remote_addr": None}, "client", None),
        ({"include_server": False}, "server", None),
        ({"root_path": "/m"}, "root_path", "/m"),
        ({"root_path": None}, "root_path", ""),
        ({"http_version": "2"}, "http_version", "2"),
        ({"spec_version": "2.0"}, "asgi", {"version": "3.0", "spec_version": "2.0"}),
        ({"query_string": "a=1"}, "query_string", b"a=1"),
        ({"params": {"a": [1, 2]}}, "query_string", b"a=1&a=2"),
        ({"params": {"a": [1, 2]}, "params_csv": True}, "query_string", b"a=1,2"),
        ({"extras": {"method": "X"}}, "method", "X"),
        ({"extras": {"extensions": {"a": {}}}}, "extensions", {"a": {}}),
        ({"extras": None}, "method", "POST"),
    ],
)
def test_an_argument_is_seen_in_the_scope(
    arguments: Any, key: str, value: object
) -> None:
    _, request = prepared(arguments)
    assert request.scope.get(key) == value


def test_cookies_become_a_header() -> None:
    headers, _ = prepared({"cookies": {"a": "1"}})
    assert headers[b"cookie"] == b"a=1"


def test_a_handshake_takes_the_same_and_subprotocols() -> None:
    arguments: HandshakeArguments = {
        "headers": {"X-A": "own"},
        "params": {"a": [1, 2]},
        "params_csv": True,
        "protocol": "wss",
        "spec_version": "2.0",
        "subprotocols": ["v1"],
        "extras": {"extensions": {}},
    }
    scope = prepare_handshake("/p", arguments, {"x-a": "all", "X-B": "all"})
    headers = dict(scope["headers"])
    assert (headers[b"x-a"], headers[b"x-b"]) == (b"own", b"all")
    assert (scope["type"], scope["scheme"], scope["path"]) == ("websocket", "wss", "/p")
    assert scope["query_string"] == b"a=1,2"
    assert scope["asgi"]["spec_version"] == "2.0"
    assert scope["subprotocols"] == ["v1"]
    assert scope["extensions"] == {}
    assert prepare_handshake("/", {}, {})["scheme"] == "ws"


# Behavior.


def test_the_behavior_is_what_was_asked_for() -> None:
    _, request = prepared(
        {
            "asgi_chunk_size": 1,
            "asgi_disconnect_ttl": 2,
            "empty_chunks": True,
            "leave_after_bytes": 3,
            "write_limit": 4,
            "send_error": KeyError,
        }
    )
    assert request.behavior == Behavior(
        chunk_size=1,
        leave_after=2,
        empty_chunks=True,
        leave_after_bytes=3,
        write_limit=4,
        send_error=KeyError,
    )


def test_a_client_behaves_well_by_default() -> None:
    assert prepared({})[1].behavior == Behavior()
    request = prepare_request("GET", "/", {}, {}, 300)
    assert request.behavior == Behavior(leave_after=300)
    request = prepare_request("GET", "/", {"asgi_disconnect_ttl": None}, {}, 300)
    assert request.behavior == Behavior()
