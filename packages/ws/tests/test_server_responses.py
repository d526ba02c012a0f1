"""Responses to handshakes that do not become WebSockets."""

from __future__ import annotations

from typing import Any

import h11
import pytest

from falconws.ws.server._responses import Denial, encode_headers, response


def read(octets: bytes) -> tuple[int, dict[bytes, bytes], bytes]:
    """Read a response by h11, which minds every rule."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(octets)
    client.receive_data(b"")
    head = client.next_event()
    assert isinstance(head, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert client.their_state is h11.MUST_CLOSE
    return head.status_code, dict(head.headers), body


def denial(status: int = 403, *headers: tuple[bytes, bytes]) -> Denial:
    event = {"status": status, "headers": list(headers)}
    return Denial(event, [(b"server", b"falconws")])


def part(body: bytes, more: bool = False) -> dict[str, Any]:
    return {"body": body, "more_body": more}


def test_a_response_is_whole_and_the_last() -> None:
    status, headers, body = read(response(400, [(b"server", b"x")], "Bad\n"))
    assert status == 400
    assert headers == {
        b"server": b"x",
        b"content-type": b"text/plain; charset=utf-8",
        b"content-length": b"4",
        b"connection": b"close",
    }
    assert body == b"Bad\n"
    assert response(400, []).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nconnection: Upgrade, close\r\n" in response(426, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [(b"a b", b""), (b"", b""), (b"a:", b""), (b"a", b"b\r\nc: d"), (b"a", b"b\0")],
)
def test_a_header_is_one_line(name: bytes, value: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be sent as a header"):
        encode_headers([(name, value)])
    with pytest.raises(ValueError, match="cannot be sent as a header"):
        denial(403, (name, value))


def test_a_body_in_one_part_has_a_length() -> None:
    found = denial(401, (b"WWW-Authenticate", b"Basic"))
    assert not found.has_begun
    status, headers, body = read(found.encode_body(part(b"no")))
    assert (status, body) == (401, b"no")
    assert headers == {
        b"server": b"falconws",
        b"www-authenticate": b"Basic",
        b"connection": b"close",
        b"content-length": b"2",
    }
    assert found.has_begun
    assert found.is_complete


def test_a_body_in_several_parts_is_chunked() -> None:
    found = denial()
    octets = found.encode_body(part(b"", more=True))
    octets += found.encode_body(part(b"a" * 20, more=True))
    assert not found.is_complete
    octets += found.encode_body(part(b"b"))
    status, headers, body = read(octets)
    assert (status, body) == (403, b"a" * 20 + b"b")
    assert headers[b"transfer-encoding"] == b"chunked"
    assert b"content-length" not in headers


def test_a_body_whose_length_is_told_is_sent_as_it_is() -> None:
    found = denial(403, (b"Content-Length", b"3"))
    octets = found.encode_body(part(b"ab", more=True)) + found.encode_body(part(b"c"))
    _, headers, body = read(octets)
    assert (headers[b"content-length"], body) == (b"3", b"abc")


def test_a_body_is_as_long_as_it_is_said_to_be() -> None:
    with pytest.raises(RuntimeError, match="not as long"):
        denial(403, (b"content-length", b"1")).encode_body(part(b"ab", more=True))
    found = denial(403, (b"content-length", b"3"))
    with pytest.raises(RuntimeError, match="not as long"):
        found.encode_body(part(b"ab"))
    assert not found.has_begun


@pytest.mark.parametrize("status", [204, 304])
def test_some_responses_have_no_body(status: int) -> None:
    found = denial(status, (b"content-length", b"0"))
    _, headers, body = read(found.encode_body({}))
    assert body == b""
    assert b"content-length" not in headers
    assert b"transfer-encoding" not in headers
    with pytest.raises(RuntimeError, match="not as long"):
        denial(status).encode_body(part(b"a"))


def test_how_a_response_is_framed_is_for_the_server_to_say() -> None:
    found = denial(403, (b"Connection", b"keep-alive"), (b"Transfer-Encoding", b"gzip"))
    _, headers, _ = read(found.encode_body(part(b"a")))
    assert headers[b"connection"] == b"close"
    assert b"transfer-encoding" not in headers


def test_a_status_need_not_have_a_phrase() -> None:
    assert denial(599).encode_body({}).startswith(b"HTTP/1.1 599 \r\n")
    assert denial(200).encode_body({}).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("status", [0, 101, 199, 600])
def test_a_status_ends_the_handshake(status: int) -> None:
    with pytest.raises(RuntimeError, match="200 to 599"):
        denial(status)
