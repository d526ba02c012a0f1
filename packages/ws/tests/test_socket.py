"""A connection, as a responder sees it; the server's side is a list of events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from falconws.core import Event, OperationNotAllowed
from falconws.media import (
    BinaryBaseHandlerWS,
    PayloadError,
    PayloadTypeError,
    TextBaseHandlerWS,
)
from falconws.testing import create_scope_ws
from falconws.ws import (
    WebSocket,
    WebSocketDisconnected,
    WebSocketOptions,
    WebSocketPayloadType,
)

TEXT, BINARY = WebSocketPayloadType.TEXT, WebSocketPayloadType.BINARY

Operation = Callable[[WebSocket], Awaitable[Any]]


class Server:
    """The server's side of one connection: what it delivers, and what it is sent."""

    def __init__(self, *deliveries: Event) -> None:
        self.deliveries = list(deliveries)
        self.sent: list[Event] = []
        self.broken: Exception | None = None

    async def receive(self) -> Event:
        return self.deliveries.pop(0)

    async def send(self, event: Event) -> None:
        if self.broken is not None:
            raise self.broken
        self.sent.append(event)

    def connect(
        self, options: WebSocketOptions | None = None, **scope_args: Any
    ) -> WebSocket:
        scope = create_scope_ws(**scope_args)
        return WebSocket(scope, self.receive, self.send, options)

    async def open(self, options: WebSocketOptions | None = None) -> WebSocket:
        ws = self.connect(options)
        await ws.accept()
        self.sent.clear()
        return ws


def text(payload: str) -> Event:
    return {"type": "websocket.receive", "text": payload}


def binary(payload: bytes) -> Event:
    return {"type": "websocket.receive", "bytes": payload}


# What servers raise from `send` when the connection is over.
broken = pytest.mark.parametrize(
    "error", [OSError("The client has left."), RuntimeError("Closed for a bad frame.")]
)


# How far it is.

STAGES = ("connecting", "open", "closed", "disconnected", "denied")


async def at(stage: str) -> tuple[WebSocket, Server]:
    """Give a WebSocket that is at a stage, and its server."""
    server = Server({"type": "websocket.disconnect", "code": 4001, "reason": "gone"})
    ws = server.connect()
    if stage == "denied":
        await ws.deny(401, [])
    elif stage != "connecting":
        await ws.accept()
    if stage == "closed":
        await ws.close(4000, "enough")
    elif stage == "disconnected":
        with pytest.raises(WebSocketDisconnected):
            await ws.receive_text()
    server.sent.clear()
    return ws, server


@pytest.mark.parametrize(
    ("stage", "ready_state", "unaccepted", "ready", "closed", "code", "reason"),
    [
        ("connecting", 0, True, False, False, None, ""),
        ("open", 1, False, True, False, None, ""),
        ("closed", 3, False, False, True, 4000, "enough"),
        ("disconnected", 3, False, False, True, 4001, "gone"),
        ("denied", 3, False, False, True, None, ""),
    ],
)
async def test_the_properties_tell_how_far_it_is(
    stage: str,
    ready_state: int,
    unaccepted: bool,
    ready: bool,
    closed: bool,
    code: int | None,
    reason: str,
) -> None:
    ws, _ = await at(stage)
    assert ws.ready_state == ready_state
    assert (ws.unaccepted, ws.ready, ws.closed) == (unaccepted, ready, closed)
    assert (ws.close_code, ws.close_reason) == (code, reason)


async def test_the_repr_shows_path_and_state() -> None:
    ws = Server().connect(path="/chat")
    assert repr(ws) == "<WebSocket: '/chat' CONNECTING>"
    await ws.accept()
    assert repr(ws) == "<WebSocket: '/chat' OPEN>"


MESSAGING: dict[str, Operation] = {
    "send_text": lambda ws: ws.send_text("x"),
    "send_data": lambda ws: ws.send_data(b"x"),
    "send_media": lambda ws: ws.send_media("x"),
    "send_json": lambda ws: ws.send_json("x"),
    "send_msgpack": lambda ws: ws.send_msgpack("x"),
    "receive_text": lambda ws: ws.receive_text(),
    "receive_data": lambda ws: ws.receive_data(),
    "receive_media": lambda ws: ws.receive_media(),
    "receive_json": lambda ws: ws.receive_json(),
    "receive_msgpack": lambda ws: ws.receive_msgpack(),
}
ANSWERING: dict[str, Operation] = {
    "accept": lambda ws: ws.accept(),
    "deny": lambda ws: ws.deny(403, []),
}
SENDING = {n: op for n, op in MESSAGING.items() if n.startswith("send")}


@pytest.mark.parametrize("name", MESSAGING)
async def test_a_message_before_accept_is_refused(name: str) -> None:
    ws, server = await at("connecting")
    verb = name.partition("_")[0]
    with pytest.raises(OperationNotAllowed, match=rf"accept\(\) before you {verb}"):
        await MESSAGING[name](ws)
    assert server.sent == []
    assert ws.unaccepted


@pytest.mark.parametrize("name", ANSWERING)
async def test_a_handshake_is_answered_once(name: str) -> None:
    ws, server = await at("open")
    with pytest.raises(OperationNotAllowed, match="answered already"):
        await ANSWERING[name](ws)
    assert server.sent == []
    assert ws.ready


@pytest.mark.parametrize("stage", ["closed", "disconnected", "denied"])
@pytest.mark.parametrize("name", [*MESSAGING, *ANSWERING])
async def test_a_call_after_the_end_raises_websocket_disconnected(
    name: str, stage: str
) -> None:
    ws, server = await at(stage)
    with pytest.raises(WebSocketDisconnected):
        await {**MESSAGING, **ANSWERING}[name](ws)
    assert server.sent == []


@pytest.mark.parametrize(
    ("stage", "code", "reason", "initiator"),
    [
        ("closed", 4000, "enough", "server"),
        ("disconnected", 4001, "gone", "client"),
        ("denied", 1005, "", "server"),
    ],
)
async def test_every_later_disconnect_tells_how_the_connection_ended(
    stage: str, code: int, reason: str, initiator: str
) -> None:
    ws, _ = await at(stage)
    assert ws.close_initiator == initiator
    for operation in MESSAGING.values():
        with pytest.raises(WebSocketDisconnected) as caught:
            await operation(ws)
        exc = caught.value
        assert (exc.code, exc.reason, exc.initiator) == (code, reason, initiator)


# What is known of the connection.


def test_its_options_are_those_of_the_app_or_the_defaults() -> None:
    options = WebSocketOptions(max_message_size=17)
    assert Server().connect(options).options is options
    assert Server().connect().options.max_message_size == 1024 * 1024


def test_it_knows_what_the_client_asked_for() -> None:
    ws = Server().connect(
        path="/caf%C3%A9",
        query_string="room=1&name=%C3%A9",
        headers={"X-Token": "secret"},
        subprotocols=["chat.v2", "chat.v1"],
        remote_addr="203.0.113.9",
    )
    assert ws.path == "/café"
    assert ws.query_string == "room=1&name=%C3%A9"
    assert ws.headers["x-token"] == "secret"
    assert ws.headers["host"] == "falconws.test"
    assert ws.subprotocols == ("chat.v2", "chat.v1")
    assert ws.client_address is not None
    assert ws.client_address[0] == "203.0.113.9"


def test_a_header_that_is_repeated_is_joined_by_commas() -> None:
    ws = Server().connect(headers=[("X-Tag", "a"), ("X-Tag", "b")])
    assert ws.headers["x-tag"] == "a,b"


def test_what_a_server_leaves_out_has_a_default() -> None:
    server = Server()
    ws = WebSocket({"path": "", "headers": []}, server.receive, server.send)
    assert ws.path == "/"
    assert ws.query_string == ""
    assert ws.headers == {}
    assert ws.subprotocols == ()
    assert ws.client_address is None
    assert not ws.supports_accept_headers


def test_a_query_string_that_is_no_utf_8_can_still_be_read() -> None:
    server = Server()
    scope = {"path": "/", "headers": [], "query_string": b"a=\xff"}
    ws = WebSocket(scope, server.receive, server.send)
    assert ws.query_string == "a=\N{REPLACEMENT CHARACTER}"


def test_the_context_keeps_data_for_one_connection() -> None:
    ws, other = Server().connect(), Server().connect()
    ws.context.user = "ann"
    assert ws.context["user"] == "ann"
    assert "user" not in other.context


# accept().


async def test_accept_tells_the_server_and_nothing_else() -> None:
    server = Server()
    await server.connect(subprotocols=["chat"]).accept()
    assert server.sent == [{"type": "websocket.accept"}]


async def test_a_subprotocol_that_the_client_offers_is_chosen() -> None:
    server = Server()
    await server.connect(subprotocols=["v2", "v1"]).accept(subprotocol="v1")
    assert server.sent == [{"type": "websocket.accept", "subprotocol": "v1"}]


async def test_a_subprotocol_that_the_client_does_not_offer_is_refused() -> None:
    server = Server()
    ws = server.connect(subprotocols=["v2"])
    with pytest.raises(ValueError, match=r"'v1', but \['v2'\]"):
        await ws.accept(subprotocol="v1")
    assert server.sent == []
    await ws.accept(subprotocol="v2")
    assert ws.ready


@pytest.mark.parametrize(
    ("chosen", "answer"), [(None, "bearer"), ("bearer", "bearer"), ("v1", "v1")]
)
async def test_a_subprotocol_that_is_a_secret_is_found_nowhere_any_more(
    chosen: str | None, answer: str
) -> None:
    server = Server()
    ws = server.connect(subprotocols=["bearer", "s3cret", "v1"])
    assert "s3cret" in ws.headers["sec-websocket-protocol"]
    ws.hide_subprotocol("s3cret", "bearer")
    assert ws.subprotocols == ("bearer", "v1")
    assert ws.headers["sec-websocket-protocol"] == "bearer, v1"
    assert ws.headers["host"] == "falconws.test"
    assert "s3cret" not in str(ws.scope)
    with pytest.raises(ValueError, match="does not offer"):
        await ws.accept(subprotocol="s3cret")
    await ws.accept(chosen)
    assert server.sent == [{"type": "websocket.accept", "subprotocol": answer}]


async def test_a_secret_that_was_all_that_was_offered_leaves_no_header() -> None:
    ws = Server().connect(subprotocols=["s3cret"])
    ws.hide_subprotocol("s3cret", "bearer")
    assert ws.subprotocols == ()
    assert "sec-websocket-protocol" not in ws.headers


@pytest.mark.parametrize(
    "headers",
    [{"X-Room": "1", "Set-Cookie": "a=b"}, [("X-Room", "1"), ("Set-Cookie", "a=b")]],
)
async def test_headers_are_sent_with_lower_case_names(headers: Any) -> None:
    server = Server()
    await server.connect().accept(headers=headers)
    assert server.sent == [
        {
            "type": "websocket.accept",
            "headers": [(b"x-room", b"1"), (b"set-cookie", b"a=b")],
        }
    ]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("bad name", "x", "bad name"),
        ("", "x", "header name"),
        ("x-evil", "a\r\nset-cookie: b", "x-evil"),
        ("x-evil", "a\nb", "x-evil"),
        ("x-evil", "a\rb", "x-evil"),
        ("x-evil", "a\0b", "x-evil"),
        ("x-name", "鷹", "x-name"),
        ("Sec-WebSocket-Protocol", "chat", "subprotocol="),
    ],
)
async def test_a_header_that_is_not_valid_is_refused(
    name: str, value: str, complaint: str
) -> None:
    server = Server()
    ws = server.connect(subprotocols=["chat"])
    with pytest.raises(ValueError, match=complaint):
        await ws.accept(headers={name: value})
    assert server.sent == []
    assert ws.unaccepted


async def test_an_accept_that_the_server_refuses_leaves_the_handshake_to_be_answered() -> (
    None
):
    server = Server()
    ws = server.connect()
    server.broken = ValueError("That is not a header.")
    with pytest.raises(ValueError, match="not a header"):
        await ws.accept()
    assert ws.unaccepted
    server.broken = None
    await ws.accept()
    assert ws.ready


@pytest.mark.parametrize("headers", [{}, (), iter(())])
async def test_no_headers_are_fine_with_every_server(headers: Any) -> None:
    server = Server()
    await server.connect(spec_version="2.0").accept(headers=headers)
    assert server.sent == [{"type": "websocket.accept"}]


async def test_a_server_of_asgi_2_0_takes_no_headers() -> None:
    server = Server()
    ws = server.connect(spec_version="2.0")
    assert not ws.supports_accept_headers
    with pytest.raises(OperationNotAllowed, match="supports_accept_headers"):
        await ws.accept(headers={"x-room": "1"})
    assert server.sent == []
    await ws.accept()
    assert ws.ready


@pytest.mark.parametrize("spec_version", ["2.1", "2.4", "2.10"])
def test_a_server_of_asgi_2_1_and_later_takes_headers(spec_version: str) -> None:
    assert Server().connect(spec_version=spec_version).supports_accept_headers


@broken
async def test_accept_for_a_client_that_did_not_wait_raises_a_disconnect(
    error: Exception,
) -> None:
    server = Server()
    ws = server.connect()
    server.broken = error
    with pytest.raises(WebSocketDisconnected) as caught:
        await ws.accept()
    assert caught.value.code == 1006
    assert ws.closed


# close().


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ((), 1000, "Normal Closure"),
        ((None,), 1000, "Normal Closure"),
        ((1001,), 1001, "Going Away"),
        ((3404,), 3404, "Not Found"),
        ((4000,), 4000, ""),
        ((4000, "kicked"), 4000, "kicked"),
        ((1000, "bye"), 1000, "bye"),
        ((1000, ""), 1000, "Normal Closure"),
    ],
)
async def test_close_sends_the_code_and_its_reason(
    arguments: tuple[Any, ...], code: int, reason: str
) -> None:
    server = Server()
    ws = await server.open()
    await ws.close(*arguments)
    assert server.sent == [{"type": "websocket.close", "code": code, "reason": reason}]
    assert (ws.close_code, ws.close_reason) == (code, reason)


@pytest.mark.parametrize(
    ("spec_version", "has_reason"),
    [
        ("2.0", False),
        ("2.1", False),
        ("2.2", False),
        ("2.3", True),
        ("2.4", True),
        ("2.10", True),
        ("3.0", True),
    ],
)
async def test_a_reason_is_sent_to_servers_of_asgi_2_3_and_later(
    spec_version: str, has_reason: bool
) -> None:
    server = Server()
    ws = server.connect(spec_version=spec_version)
    await ws.accept()
    await ws.close(4000, "kicked")
    assert ("reason" in server.sent[-1]) is has_reason


async def test_the_reasons_are_those_of_the_options() -> None:
    options = WebSocketOptions()
    options.default_close_reasons[4000] = "Kicked out"
    server = Server()
    await (await server.open(options)).close(4000)
    assert server.sent[-1]["reason"] == "Kicked out"


async def test_closing_before_accept_answers_the_handshake() -> None:
    server = Server()
    ws = server.connect()
    await ws.close()
    assert [event["type"] for event in server.sent] == ["websocket.close"]
    assert ws.closed
    assert not ws.unaccepted


@pytest.mark.parametrize("stage", ["closed", "disconnected", "denied"])
async def test_closing_what_is_closed_does_nothing(stage: str) -> None:
    ws, server = await at(stage)
    code = ws.close_code
    await ws.close(4999)
    assert server.sent == []
    assert ws.close_code == code


@pytest.mark.parametrize(("code", "reason"), [(1005, ""), (999, ""), (1000, "x" * 124)])
@pytest.mark.parametrize("stage", ["connecting", "open", "closed"])
async def test_a_close_that_must_not_be_sent_is_refused_at_every_stage(
    stage: str, code: int, reason: str
) -> None:
    ws, server = await at(stage)
    before = ws.ready_state
    with pytest.raises(ValueError, match="close"):
        await ws.close(code, reason)
    assert server.sent == []
    assert ws.ready_state == before


@broken
async def test_closing_for_a_client_that_was_faster_is_no_error(
    error: Exception,
) -> None:
    server = Server()
    ws = await server.open()
    server.broken = error
    await ws.close(4000)
    assert ws.closed
    assert ws.close_code == 4000


# deny().


async def test_deny_sends_an_http_response() -> None:
    server = Server()
    ws = server.connect()
    await ws.deny(401, [(b"www-authenticate", b"Basic")], b"who?")
    assert server.sent == [
        {
            "type": "websocket.http.response.start",
            "status": 401,
            "headers": [(b"www-authenticate", b"Basic")],
        },
        {"type": "websocket.http.response.body", "body": b"who?"},
    ]


@pytest.mark.parametrize("extensions", [{}, None, {"tls": {}}])
async def test_deny_closes_where_the_server_sends_no_http_response(
    extensions: dict[str, Any] | None,
) -> None:
    server = Server()
    scope = {**create_scope_ws(), "extensions": extensions}
    ws = WebSocket(scope, server.receive, server.send)
    await ws.deny(401, [], b"who?")
    assert [event["type"] for event in server.sent] == ["websocket.close"]
    assert ws.closed


async def test_the_ready_state_is_2_while_the_handshake_is_denied() -> None:
    seen = []

    async def send(event: Event) -> None:
        seen.append((event["type"], ws.ready_state))
        with pytest.raises(WebSocketDisconnected):
            await ws.send_text("too late")
        await ws.close()  # nothing happens, as it is being closed

    ws = WebSocket(create_scope_ws(), Server().receive, send)
    await ws.deny(403, [])
    assert seen == [
        ("websocket.http.response.start", 2),
        ("websocket.http.response.body", 2),
    ]
    assert ws.ready_state == 3


@broken
async def test_denying_a_client_that_was_faster_is_no_error(error: Exception) -> None:
    server = Server()
    ws = server.connect()
    server.broken = error
    await ws.deny(403, [])
    assert ws.closed


# Sending.


@pytest.mark.parametrize(
    ("send", "event"),
    [
        (lambda ws: ws.send_text("hé"), {"text": "hé"}),
        (lambda ws: ws.send_text(""), {"text": ""}),
        (lambda ws: ws.send_data(b"\x00\xff"), {"bytes": b"\x00\xff"}),
        (lambda ws: ws.send_data(bytearray(b"ab")), {"bytes": b"ab"}),
        (lambda ws: ws.send_data(memoryview(b"abc")[1:]), {"bytes": b"bc"}),
        (lambda ws: ws.send_media({"a": [1]}), {"text": '{"a":[1]}'}),
        (lambda ws: ws.send_media(1, TEXT), {"text": "1"}),
        (lambda ws: ws.send_media({"a": 1}, BINARY), {"bytes": b"\x81\xa1a\x01"}),
        (lambda ws: ws.send_json(None), {"text": "null"}),
        (lambda ws: ws.send_json("é"), {"text": '"é"'}),
        (lambda ws: ws.send_msgpack([1, 2]), {"bytes": b"\x92\x01\x02"}),
    ],
)
async def test_a_message_goes_out_as_text_or_as_bytes(
    send: Operation, event: Event
) -> None:
    server = Server()
    await send(await server.open())
    assert server.sent == [{"type": "websocket.send", **event}]
    assert type(server.sent[0].get("bytes", b"")) is bytes  # as ASGI wants it


@pytest.mark.parametrize(
    ("send", "complaint"),
    [
        (lambda ws: ws.send_text(b"x"), "takes a string, not bytes"),
        (lambda ws: ws.send_text(None), "takes a string, not NoneType"),
        (lambda ws: ws.send_text({"a": 1}), "takes a string, not dict"),
        (lambda ws: ws.send_data("x"), "takes bytes, not str"),
        (lambda ws: ws.send_data([1, 2]), "takes bytes, not list"),
        (lambda ws: ws.send_json(object()), "object"),
        (lambda ws: ws.send_msgpack(object()), "object"),
        (lambda ws: ws.send_media(object(), BINARY), "object"),
    ],
)
async def test_what_cannot_be_sent_raises_type_error_and_the_socket_stays_open(
    send: Operation, complaint: str
) -> None:
    server = Server()
    ws = await server.open()
    with pytest.raises(TypeError, match=complaint):
        await send(ws)
    assert server.sent == []
    assert ws.ready


@pytest.mark.parametrize("name", SENDING)
@broken
async def test_a_send_that_fails_is_a_disconnect_with_1006(
    name: str, error: Exception
) -> None:
    server = Server()
    ws = await server.open()
    server.broken = error
    with pytest.raises(WebSocketDisconnected) as caught:
        await SENDING[name](ws)
    assert (caught.value.code, caught.value.reason) == (1006, "")
    assert caught.value.initiator is None
    assert caught.value.__cause__ is error
    assert ws.closed
    assert ws.close_code == 1006


async def test_messages_that_came_before_a_failed_send_can_still_be_received() -> None:
    bye = {"type": "websocket.disconnect", "code": 4001, "reason": "bye"}
    server = Server(text("a"), binary(b"b"), bye)
    ws = await server.open()
    server.broken = OSError("The client has left.")
    for send in (ws.send_text("x"), ws.send_text("y")):
        with pytest.raises(WebSocketDisconnected) as caught:
            await send
        assert (caught.value.code, caught.value.initiator) == (1006, None)
    assert await ws.receive_text() == "a"
    assert await ws.receive_data() == b"b"
    for _ in range(2):
        with pytest.raises(WebSocketDisconnected) as caught:
            await ws.receive_text()
        assert (caught.value.code, caught.value.reason) == (4001, "bye")
        assert caught.value.initiator == "client"
    assert ws.close_code == 4001


async def test_a_send_that_fails_behind_a_close_tells_of_that_close() -> None:
    blocked, closed = asyncio.Event(), asyncio.Event()

    async def send(event: Event) -> None:
        if event["type"] == "websocket.send":
            blocked.set()
            await closed.wait()
            raise OSError("The connection is closed.")

    async def close_when_blocked() -> None:
        await blocked.wait()
        await ws.close(4000, "enough")
        closed.set()

    ws = WebSocket(create_scope_ws(), Server().receive, send)
    await ws.accept()
    results = await asyncio.gather(
        ws.send_text("x"), close_when_blocked(), return_exceptions=True
    )
    assert isinstance(results[0], WebSocketDisconnected)
    assert (results[0].code, results[0].reason) == (4000, "enough")


# Receiving.


@pytest.mark.parametrize(
    ("receive", "event", "received"),
    [
        (WebSocket.receive_text, text("hé"), "hé"),
        (WebSocket.receive_text, text(""), ""),
        (WebSocket.receive_text, {**text("x"), "bytes": None}, "x"),
        (WebSocket.receive_data, binary(b"\x00\xff"), b"\x00\xff"),
        (WebSocket.receive_data, binary(b""), b""),
        (WebSocket.receive_data, {**binary(b"x"), "text": None}, b"x"),
        (WebSocket.receive_media, text('{"a": 1}'), {"a": 1}),
        (WebSocket.receive_media, binary(b"\x81\xa1a\x01"), {"a": 1}),
        (WebSocket.receive_media, {**binary(b"\x01"), "text": None}, 1),
        (WebSocket.receive_json, text("[1, null]"), [1, None]),
        (WebSocket.receive_msgpack, binary(b"\x92\x01\xc0"), [1, None]),
    ],
)
async def test_a_message_comes_in_as_what_was_asked_for(
    receive: Operation, event: Event, received: object
) -> None:
    ws = await Server(event).open()
    assert await receive(ws) == received


@pytest.mark.parametrize(
    ("receive", "event", "expected"),
    [
        (WebSocket.receive_text, binary(b"x"), "a text message"),
        (WebSocket.receive_json, binary(b"1"), "a text message"),
        (WebSocket.receive_data, text("x"), "a binary message"),
        (WebSocket.receive_msgpack, text("x"), "a binary message"),
    ],
)
async def test_a_message_of_the_wrong_kind_is_lost_and_the_next_one_is_not(
    receive: Operation, event: Event, expected: str
) -> None:
    ws = await Server(event, event, text("next")).open()
    for _ in range(2):
        with pytest.raises(PayloadTypeError, match=f"Expected {expected}"):
            await receive(ws)
    assert await ws.receive_text() == "next"


@pytest.mark.parametrize(
    ("receive", "event"),
    [
        (WebSocket.receive_json, text("{")),
        (WebSocket.receive_json, text("")),
        (WebSocket.receive_media, text("{")),
        (WebSocket.receive_media, binary(b"\xc1")),
        (WebSocket.receive_msgpack, binary(b"\x92\x01")),
        (WebSocket.receive_msgpack, binary(b"")),
    ],
)
async def test_a_message_that_cannot_be_read_is_a_value_error_and_the_socket_stays_open(
    receive: Operation, event: Event
) -> None:
    ws = await Server(event, text("next")).open()
    with pytest.raises(PayloadError) as caught:
        await receive(ws)
    assert isinstance(caught.value, ValueError)
    assert await ws.receive_text() == "next"


@pytest.mark.parametrize(
    ("event", "code", "reason"),
    [
        ({"code": 1000}, 1000, ""),
        ({"code": 1001, "reason": "page closed"}, 1001, "page closed"),
        ({"code": 1006, "reason": None}, 1006, ""),
        ({"code": 1012}, 1012, ""),
        ({}, 1005, ""),
    ],
)
@pytest.mark.parametrize("name", [n for n in MESSAGING if n.startswith("receive")])
async def test_a_client_that_leaves_is_a_disconnect_with_its_code_and_reason(
    name: str, event: Event, code: int, reason: str
) -> None:
    ws = await Server({"type": "websocket.disconnect", **event}).open()
    with pytest.raises(WebSocketDisconnected) as caught:
        await MESSAGING[name](ws)
    assert (caught.value.code, caught.value.reason) == (code, reason)
    assert (ws.close_code, ws.close_reason) == (code, reason)
    assert ws.closed


async def test_a_receive_that_a_close_ends_tells_of_that_close() -> None:
    waiting, closed = asyncio.Event(), asyncio.Event()

    async def receive() -> Event:
        waiting.set()
        await closed.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def close_when_waiting() -> None:
        await waiting.wait()
        await ws.close(4000, "enough")
        closed.set()

    ws = WebSocket(create_scope_ws(), receive, Server().send)
    await ws.accept()
    results = await asyncio.gather(
        ws.receive_text(), close_when_waiting(), return_exceptions=True
    )
    assert isinstance(results[0], WebSocketDisconnected)
    assert (results[0].code, results[0].reason) == (4000, "enough")
    assert ws.close_code == 4000


async def test_an_event_that_a_server_must_not_send_is_named() -> None:
    ws = await Server({"type": "websocket.connect"}).open()
    with pytest.raises(OperationNotAllowed, match=r"'websocket\.connect'"):
        await ws.receive_text()


# async for.


async def test_async_for_gives_every_message_and_ends_with_the_connection() -> None:
    server = Server(
        text("a"),
        binary(b"b"),
        {**text(""), "bytes": None},
        {**binary(b""), "text": None},
        {"type": "websocket.disconnect", "code": 1001},
    )
    ws = await server.open()
    assert [message async for message in ws] == ["a", b"b", "", b""]
    assert ws.close_code == 1001


async def test_async_for_ends_when_the_loop_closes_the_socket() -> None:
    ws = await Server(text("a"), text("b")).open()
    seen = []
    async for message in ws:
        seen.append(message)
        await ws.close()
    assert seen == ["a"]


async def test_async_for_goes_on_where_another_one_stopped() -> None:
    ws = await Server(text("a"), text("b"), {"type": "websocket.disconnect"}).open()
    async for message in ws:
        assert message == "a"
        break
    assert [message async for message in ws] == ["b"]


async def test_async_for_before_accept_is_refused() -> None:
    with pytest.raises(OperationNotAllowed, match=r"accept\(\)"):
        [message async for message in Server().connect()]


# While events are received ahead; `test_ahead` has the rest.


class SlowServer(Server):
    """A server whose events come when a test lets them."""

    def __init__(self) -> None:
        super().__init__()
        self.coming: asyncio.Queue[Event | Exception] = asyncio.Queue()
        self.asked = asyncio.Event()
        self.receiving = self.most_receiving = 0

    async def receive(self) -> Event:
        self.asked.set()
        self.receiving += 1
        self.most_receiving = max(self.most_receiving, self.receiving)
        try:
            event = await self.coming.get()
        finally:
            self.receiving -= 1
        if isinstance(event, Exception):
            raise event
        return event

    async def open_ahead(self) -> WebSocket:
        """Give an open WebSocket that is received ahead on."""
        ws = await self.open()
        ws.sweep()
        ws.sweep()
        async with asyncio.timeout(5):
            await self.asked.wait()
        return ws


async def test_a_server_is_never_asked_twice_at_a_time() -> None:
    server = SlowServer()
    ws = await server.open_ahead()
    for _ in range(5):
        ws.sweep()
    for payload in ("a", "b", "c"):
        server.coming.put_nowait(text(payload))
        assert await ws.receive_text() == payload
    assert server.most_receiving == 1


async def test_a_receive_that_is_cancelled_in_the_last_moment_loses_no_message() -> (
    None
):
    server = SlowServer()
    ws = await server.open_ahead()
    receiving = asyncio.ensure_future(ws.receive_text())
    await asyncio.sleep(0)  # one turn of the loop, in which it begins to wait
    server.coming.put_nowait(text("a"))
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert await ws.receive_text() == "a"


async def test_a_message_before_accept_is_refused_even_if_it_came_already() -> None:
    server = SlowServer()
    ws = server.connect()
    ws.sweep()
    ws.sweep()
    await server.asked.wait()
    with pytest.raises(OperationNotAllowed, match=r"accept\(\)"):
        await ws.receive_text()
    await ws.accept()
    server.coming.put_nowait(text("a"))
    assert await ws.receive_text() == "a"


async def test_a_receive_behind_a_close_does_not_wait_for_the_client() -> None:
    ws = await SlowServer().open_ahead()
    await ws.close(4000)
    async with asyncio.timeout(1):
        with pytest.raises(WebSocketDisconnected) as caught:
            await ws.receive_text()
    assert caught.value.code == 4000


async def test_a_receive_behind_the_end_of_receiving_ahead_asks_the_server() -> None:
    server = SlowServer()
    ws = await server.open_ahead()
    ws.stop()
    server.coming.put_nowait(text("a"))
    async with asyncio.timeout(1):
        assert await ws.receive_text() == "a"


async def test_what_the_server_raises_comes_out_of_the_next_receive() -> None:
    server = SlowServer()
    ws = await server.open_ahead()
    server.coming.put_nowait(RuntimeError("The server is broken."))
    async with asyncio.timeout(1):
        with pytest.raises(RuntimeError, match="broken"):
            await ws.receive_text()
        server.coming.put_nowait(text("a"))
        assert await ws.receive_text() == "a"


@pytest.mark.parametrize("name", ["receive_text", "send_text"])
async def test_whoever_watches_is_told_once_that_the_client_left(name: str) -> None:
    error = OSError("The client has left.")
    told: list[str] = []
    server = Server({"type": "websocket.disconnect", "code": 1001})
    ws = await server.open()
    ws.on_disconnect = lambda: told.append("left")
    server.broken = error
    for _ in range(2):
        with pytest.raises(WebSocketDisconnected):
            await MESSAGING[name](ws)
    assert told == ["left"]


async def test_whoever_watches_is_not_told_of_a_close_of_our_own() -> None:
    told: list[str] = []
    ws = await Server().open()
    ws.on_disconnect = lambda: told.append("left")
    await ws.close()
    assert told == []


# Media handlers.


class Shouting(TextBaseHandlerWS):
    """A text format that is not JSON."""

    def serialize(self, media: Any) -> str:
        return f"{media}!"

    def deserialize(self, payload: str) -> Any:
        return payload.removesuffix("!")


class Reversed(BinaryBaseHandlerWS):
    """A binary format that is not MessagePack."""

    def serialize(self, media: Any) -> bytearray:
        return bytearray(media[::-1])

    def deserialize(self, payload: bytes) -> Any:
        return payload[::-1]


def other_formats() -> WebSocketOptions:
    return WebSocketOptions({TEXT: Shouting(), BINARY: Reversed()})


async def test_media_goes_through_the_handlers_of_the_options() -> None:
    server = Server(text("hey!"), binary(b"cba"))
    ws = await server.open(other_formats())
    assert await ws.receive_media() == "hey"
    assert await ws.receive_media() == b"abc"
    await ws.send_media("ho")
    await ws.send_media(b"abc", BINARY)
    assert server.sent == [
        {"type": "websocket.send", "text": "ho!"},
        {"type": "websocket.send", "bytes": b"cba"},
    ]


async def test_json_and_messagepack_stay_what_they_are_beside_other_handlers() -> None:
    server = Server(text('{"a": 1}'), binary(b"\x91\x01"))
    ws = await server.open(other_formats())
    assert await ws.receive_json() == {"a": 1}
    assert await ws.receive_msgpack() == [1]
    await ws.send_json({"a": 1})
    await ws.send_msgpack([1])
    assert json.loads(server.sent[0]["text"]) == {"a": 1}
    assert server.sent[1]["bytes"] == b"\x91\x01"


async def test_a_handler_that_is_replaced_later_is_used_from_then_on() -> None:
    options = WebSocketOptions()
    server = Server()
    ws = await server.open(options)
    options.media_handlers[TEXT] = Shouting()
    await ws.send_media("hey")
    assert server.sent == [{"type": "websocket.send", "text": "hey!"}]
