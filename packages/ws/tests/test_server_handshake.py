"""The opening handshake (RFC 6455, 4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from falconws.ws.server._deflate import Agreement
from falconws.ws.server._handshake import (
    BadHandshake,
    Request,
    accept,
    agree,
    make_scope,
    parse_request,
)

# 1.3 has these.
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

HEADERS = {
    "host": "a.example",
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": KEY.decode(),
}


def head_of(
    *more: str, method: str = "GET", target: str = "/", **changes: str | None
) -> bytes:
    """Give the head of a request; a header that is changed to None is left out."""
    headers = HEADERS | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, *more]).encode()


def request_of(*more: str, **changes: Any) -> Request:
    return parse_request(head_of(*more, **changes))


def refused(*more: str, **changes: Any) -> BadHandshake:
    with pytest.raises(BadHandshake) as caught:
        request_of(*more, **changes)
    return caught.value


def test_a_request_is_read() -> None:
    request = parse_request(
        head_of("X-A:  b: c \t", target="/a%20b?c=d?e") + b"\r\n\r\n"
    )
    assert request.path == "/a b"
    assert request.raw_path == b"/a%20b"
    assert request.query_string == b"c=d?e"
    assert request.key == KEY
    assert request.headers[0] == (b"host", b"a.example")
    assert request.headers[-1] == (b"x-a", b"b: c")


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", b""),
        ("http://a.example/b?c", "/b", b"c"),
        ("wss://a.example", "/", b""),
        ("/%C3%BC", "/\u00fc", b""),
        ("//a/b", "//a/b", b""),
    ],
)
def test_a_target_may_be_absolute(target: str, path: str, query: bytes) -> None:
    request = parse_request(head_of(target=target))
    assert (request.path, request.query_string) == (path, query)


@pytest.mark.parametrize(
    "connection", ["upgrade", "keep-alive, UPGRADE", ", Upgrade ,"]
)
def test_a_connection_may_have_several_options(connection: str) -> None:
    assert request_of(connection=connection).key == KEY
    assert request_of("Connection: Upgrade", connection="keep-alive").key == KEY


@pytest.mark.parametrize("upgrade", ["WebSocket", "h2c, websocket"])
def test_an_upgrade_may_be_written_in_any_case(upgrade: str) -> None:
    assert request_of(upgrade=upgrade).key == KEY


@pytest.mark.parametrize(
    "name",
    ["host", "connection", "upgrade", "sec-websocket-version", "sec-websocket-key"],
)
def test_every_header_of_a_handshake_is_needed(name: str) -> None:
    assert refused(**{name: None}).status == 400


@pytest.mark.parametrize("name", ["host", "sec-websocket-version", "sec-websocket-key"])
def test_some_headers_come_once(name: str) -> None:
    assert refused(f"{name}: {HEADERS[name]}").status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "POST"},
        {"target": "/\u00fc"},
        {"target": "/?\u00fc"},
        {"connection": "keep-alive"},
        {"connection": "upgraded"},
        {"upgrade": "h2c"},
        {"sec_websocket_key": ""},
        {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ"},
        {"sec_websocket_key": "dGhlIHNhbXBsZSBub25j"},
        {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZXI="},
        {"sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==x"},
        {"sec_websocket_key": "dGhlIHNh\tbXBsZSBub25jZQ=="},
    ],
)
def test_what_is_no_handshake_is_refused(changes: dict[str, str]) -> None:
    error = refused(**changes)
    assert error.status == 400
    assert str(error).endswith(".")


@pytest.mark.parametrize("version", ["8", "14", "13, 8", ""])
def test_who_speaks_another_version_is_told_ours(version: str) -> None:
    error = refused(sec_websocket_version=version)
    assert error.status == 426
    assert dict(error.headers) == {
        b"sec-websocket-version": b"13",
        b"upgrade": b"websocket",
    }


def test_compression_is_agreed_on_if_it_is_offered() -> None:
    offer = "Sec-WebSocket-Extensions: x-other"
    agreement = agree(request_of(offer, sec_websocket_extensions="permessage-deflate"))
    assert agreement is not None
    assert agreement.header.startswith("permessage-deflate")
    assert agree(request_of(offer)) is None
    with pytest.raises(BadHandshake) as caught:
        agree(request_of(sec_websocket_extensions="permessage-deflate; \u00fc="))
    assert caught.value.status == 400


def test_a_scope_is_made_of_it() -> None:
    request = request_of(
        "Sec-WebSocket-Protocol: c",
        target="/b%20?d=e",
        sec_websocket_protocol="a,, b",
    )
    state = {"x": 1}
    assert make_scope(request, "/mounted", state=state, scheme="ws") == {
        "type": "websocket",
        "http_version": "1.1",
        "root_path": "/mounted",
        "path": "/mounted/b ",
        "raw_path": b"/mounted/b%20",
        "query_string": b"d=e",
        "headers": request.headers,
        "subprotocols": ["a", "b", "c"],
        "state": state,
        "scheme": "ws",
    }


def test_a_handshake_is_accepted() -> None:
    assert accept(KEY, None, None, []) == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"upgrade: websocket\r\n"
        b"connection: Upgrade\r\n"
        b"sec-websocket-accept: " + ACCEPT + b"\r\n\r\n"
    )


def test_what_was_agreed_on_is_told() -> None:
    agreement = Agreement("permessage-deflate", 15, 15, True, True)
    octets = accept(KEY, agreement, "chat", [(b"X-A", b"b")])
    assert octets.endswith(
        b"\r\nsec-websocket-extensions: permessage-deflate"
        b"\r\nsec-websocket-protocol: chat\r\nX-A: b\r\n\r\n"
    )


@pytest.mark.parametrize(
    "name",
    [b"Connection", b"upgrade", b"sec-websocket-accept", b"Sec-WebSocket-Extensions"],
)
def test_some_headers_are_not_the_applications(name: bytes) -> None:
    with pytest.raises(ValueError, match="The server writes"):
        accept(KEY, None, None, [(name, b"x")])


def test_a_subprotocol_is_told_once() -> None:
    header = (b"Sec-WebSocket-Protocol", b"chat")
    assert accept(KEY, None, None, [header]).endswith(b"Protocol: chat\r\n\r\n")
    with pytest.raises(ValueError, match="sec-websocket-protocol"):
        accept(KEY, None, "chat", [header])


def test_a_subprotocol_has_no_line_of_its_own() -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        accept(KEY, None, "chat\r\nx: y", [])
