"""The client's side of a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import (
    App,
    Event,
    HTTPForbidden,
    OperationNotAllowed,
    Receive,
    Request,
    Scope,
    Send,
)
from falconws.testing import ASGIWebSocketSimulator, create_scope_ws
from falconws.ws import (
    WebSocket,
    WebSocketDisconnected,
    WebSocketHandlerNotFound,
    WebSocketPathNotFound,
    WebSockets,
    WebSocketServerError,
)

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Simulator = ASGIWebSocketSimulator

ACCEPT: Event = {"type": "websocket.accept"}
DENY: Event = {"type": "websocket.http.response.start", "status": 401, "headers": []}
DENIED: Event = {"type": "websocket.http.response.body"}


def sending(*events: Event) -> ASGIApp:
    """Give an application that sends events when a client connects, and waits for its end."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "websocket.connect"
        for event in events:
            await send(event)
        while (await receive())["type"] != "websocket.disconnect":
            pass

    return app


def connect(app: Any, seconds: float = 5) -> Simulator:
    return ASGIWebSocketSimulator(app, create_scope_ws(), seconds)


async def denied(app: Any, kind: type[WebSocketDisconnected]) -> Simulator:
    """Connect to an application that does not accept."""
    client = connect(app)
    with pytest.raises(kind) as caught:
        async with client:
            raise AssertionError("The block must not begin.")
    assert caught.type is kind
    assert client.denial is not None
    assert caught.value.code == 3000 + client.denial.status_code
    return client


def message(payload: str | bytes) -> Event:
    kind = "text" if isinstance(payload, str) else "bytes"
    return {"type": "websocket.send", kind: payload}


# The handshake.


async def test_a_connection_that_is_accepted_is_open() -> None:
    accept = {**ACCEPT, "subprotocol": "v1", "headers": [(b"x-tag", b"1")]}
    async with connect(sending(accept)) as client:
        assert client.ready
        assert not client.closed
        assert client.close_code is None
        assert client.denial is None
        assert client.subprotocol == "v1"
        assert client.headers == [(b"x-tag", b"1")]
    assert not client.ready
    assert client.closed


async def test_an_accept_without_more_chose_nothing() -> None:
    async with connect(sending(ACCEPT)) as client:
        assert (client.subprotocol, client.headers) == (None, [])


async def test_a_connection_can_be_opened_and_closed_step_by_step() -> None:
    client = connect(sending(ACCEPT))
    client.connect()
    with pytest.raises(OperationNotAllowed, match="connected already"):
        client.connect()
    assert not client.ready
    await client.wait_ready()
    assert client.ready
    await client.close()
    assert client.closed


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, WebSocketDisconnected),
        (404, WebSocketPathNotFound),
        (405, WebSocketHandlerNotFound),
        (500, WebSocketServerError),
    ],
)
async def test_a_denial_is_a_response_and_an_exception_of_its_kind(
    status: int, kind: type[WebSocketDisconnected]
) -> None:
    start = {**DENY, "status": status, "headers": [(b"x-tag", b"1")]}
    pieces = (
        {**DENIED, "body": b"a", "more_body": True},
        {**DENIED, "more_body": True},
        {**DENIED, "body": b"b"},
    )
    client = await denied(sending(start, *pieces), kind)
    assert client.denial is not None
    assert client.denial.status_code == status
    assert client.denial.headers["x-tag"] == "1"
    assert client.denial.content == b"ab"
    assert client.closed
    assert not client.ready


async def test_a_close_before_accept_is_an_empty_403() -> None:
    close = {"type": "websocket.close", "code": 4000}
    client = await denied(sending(close), WebSocketDisconnected)
    assert client.denial is not None
    assert (client.denial.status_code, client.denial.content) == (403, b"")


async def test_the_denials_of_an_app_can_be_told_apart() -> None:
    async def forbidden(req: Request, ws: WebSocket) -> None:
        raise HTTPForbidden(title="No.")

    app = App(extensions=[WebSockets()])
    app.add_route("/", SimpleNamespace(on_websocket=forbidden))
    client = await denied(app, WebSocketDisconnected)
    assert client.denial is not None
    assert client.denial.json == {"title": "No."}


@pytest.mark.parametrize(
    "events",
    [
        [message("x")],
        [DENIED],
        [DENY, DENY],
        [DENY, ACCEPT, DENIED],
        [ACCEPT, ACCEPT],
        [ACCEPT, DENY],
        [ACCEPT, {"type": "http.response.start"}],
    ],
)
async def test_an_answer_that_no_server_would_take_fails(events: list[Event]) -> None:
    wrong = next(e for i, e in enumerate(events) if i or len(events) == 1)
    with pytest.raises(AssertionError, match=f"'{wrong['type']}'"):
        async with connect(sending(*events)):
            pass


# Messages.


async def test_messages_go_to_the_application_as_it_expects_them() -> None:
    received: list[Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        while (event := await receive())["type"] == "websocket.receive":
            received.append(event)

    async with connect(app) as client:
        await client.send_text("é")
        await client.send_data(b"\xff")
        await client.send_json({"a": 1})
        await client.send_msgpack({"a": 1})
    assert received == [
        {"type": "websocket.receive", "text": "é"},
        {"type": "websocket.receive", "bytes": b"\xff"},
        {"type": "websocket.receive", "text": '{"a": 1}'},
        {"type": "websocket.receive", "bytes": b"\x81\xa1a\x01"},
    ]


@pytest.mark.parametrize(
    ("receive", "payload", "received"),
    [
        (Simulator.receive_text, "é", "é"),
        (Simulator.receive_text, "", ""),
        (Simulator.receive_data, b"\xff", b"\xff"),
        (Simulator.receive_json, '{"a": 1}', {"a": 1}),
        (Simulator.receive_msgpack, b"\x81\xa1a\x01", {"a": 1}),
    ],
)
async def test_messages_of_the_application_are_received(
    receive: Callable[[Simulator], Awaitable[Any]],
    payload: str | bytes,
    received: object,
) -> None:
    async with connect(sending(ACCEPT, message(payload))) as client:
        assert await receive(client) == received


@pytest.mark.parametrize(
    ("receive", "payload", "complaint"),
    [
        (Simulator.receive_text, b"x", "Expected a text message, and got b'x'"),
        (Simulator.receive_json, b"x", "Expected a text message, and got b'x'"),
        (Simulator.receive_data, "x", "Expected a binary message, and got 'x'"),
        (Simulator.receive_msgpack, "x", "Expected a binary message, and got 'x'"),
    ],
)
async def test_a_message_of_the_wrong_kind_fails_and_is_shown(
    receive: Callable[[Simulator], Awaitable[Any]],
    payload: str | bytes,
    complaint: str,
) -> None:
    async with connect(sending(ACCEPT, message(payload))) as client:
        with pytest.raises(AssertionError, match=complaint):
            await receive(client)


async def test_nothing_can_be_sent_before_the_application_accepts() -> None:
    client = connect(sending(ACCEPT))
    client.connect()
    with pytest.raises(OperationNotAllowed, match="not accepted"):
        await client.send_text("x")
    await client.close()


@pytest.mark.parametrize("wait", [Simulator.wait_ready, Simulator.receive_text])
async def test_a_wait_without_a_connection_says_what_to_call(
    wait: Callable[[Simulator], Awaitable[Any]],
) -> None:
    with pytest.raises(OperationNotAllowed, match=r"connect\(\)"):
        await wait(connect(sending(ACCEPT)))


# The end.


@pytest.mark.parametrize(
    ("close", "code", "reason", "kind"),
    [
        ({}, 1000, "", WebSocketDisconnected),
        ({"code": 4000, "reason": "bye"}, 4000, "bye", WebSocketDisconnected),
        ({"code": 1001, "reason": None}, 1001, "", WebSocketDisconnected),
        ({"code": 1011}, 1011, "", WebSocketServerError),
        ({"code": 3404}, 3404, "", WebSocketPathNotFound),
        ({"code": 3405}, 3405, "", WebSocketHandlerNotFound),
        ({"code": 3500}, 3500, "", WebSocketServerError),
    ],
)
async def test_a_close_comes_behind_the_messages_that_were_sent_before_it(
    close: Event, code: int, reason: str, kind: type[WebSocketDisconnected]
) -> None:
    app = sending(ACCEPT, message("a"), {"type": "websocket.close", **close})
    async with connect(app) as client:
        assert await client.receive_text() == "a"
        for _ in range(4):  # however often somebody asks
            with pytest.raises(kind) as caught:
                await client.receive_text()
            assert caught.type is kind
            assert (caught.value.code, caught.value.reason) == (code, reason)
            assert caught.value.initiator == "server"
        with pytest.raises(kind):
            await client.send_text("x")
    assert (client.close_code, client.close_reason) == (code, reason)


async def test_an_application_that_returns_without_a_close_breaks_the_connection() -> (
    None
):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)

    async with connect(app) as client:
        with pytest.raises(WebSocketDisconnected) as caught:
            await client.receive_text()
        assert caught.value.code == 1006
    assert client.close_code == 1006


class Listener:
    """An application that accepts, and writes down how its client leaves."""

    def __init__(self) -> None:
        self.ends: list[Event] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        self.ends.append(await receive())
        with pytest.raises(OSError, match="left"):
            await send(message("too late"))


async def test_leaving_the_block_closes_with_1000_and_waits() -> None:
    listener = Listener()
    async with connect(listener):
        assert listener.ends == []
    assert listener.ends == [
        {"type": "websocket.disconnect", "code": 1000, "reason": ""}
    ]


async def test_leaving_the_block_by_an_exception_closes_as_well() -> None:
    listener = Listener()
    with pytest.raises(ZeroDivisionError):
        async with connect(listener):
            raise ZeroDivisionError
    assert len(listener.ends) == 1


async def test_a_client_may_close_with_a_code_once() -> None:
    listener = Listener()
    async with connect(listener) as client:
        await client.close(4001, "page closed")
        await client.close(4999)
        assert (client.close_code, client.close_reason) == (4001, "page closed")
        with pytest.raises(WebSocketDisconnected) as caught:
            await client.receive_text()
        assert caught.value.initiator == "client"
        with pytest.raises(WebSocketDisconnected):
            await client.send_text("x")
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert listener.ends == [
        {"type": "websocket.disconnect", "code": 4001, "reason": "page closed"}
    ]


@pytest.mark.parametrize("events", [[], [ACCEPT], [ACCEPT, message("x")]])
async def test_what_an_application_raises_comes_out_at_every_point(
    events: list[Event],
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for event in events:
            await send(event)
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        async with connect(app):
            pass


async def test_an_application_that_is_cancelled_does_not_cancel_the_test() -> None:
    cancel = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await cancel.wait()
        raise asyncio.CancelledError

    async with connect(app) as client:
        cancel.set()
        with pytest.raises(WebSocketDisconnected) as caught:
            await client.receive_text()
        assert caught.value.code == 1006


# What would hang.


async def hanging_application(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def test_a_handshake_that_is_not_answered_fails_with_the_stack() -> None:
    client = connect(hanging_application, 60)
    client.connect()
    with pytest.raises(TimeoutError) as caught:
        await client.wait_ready(0.05)
    message = str(caught.value)
    assert "did not answer the handshake within 0.05 s" in message
    assert "in hanging_application" in message


async def test_a_block_that_is_not_accepted_says_so_and_cancels() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await hanging_application(scope, receive, send)
        finally:
            ended.append("finally")

    with pytest.raises(TimeoutError, match="did not answer the handshake"):
        async with connect(app, 0.05):
            raise AssertionError("The block must not begin.")
    assert ended == ["finally"]


async def test_a_message_that_does_not_come_fails_with_the_stack() -> None:
    async def silent_application(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(ACCEPT)(scope, receive, send)

    async with connect(silent_application, 0.05) as client:
        with pytest.raises(TimeoutError) as caught:
            await client.receive_text()
    assert "did not send a message within 0.05 s" in str(caught.value)
    assert "in silent_application" in str(caught.value)


async def test_an_application_that_stays_when_its_client_leaves_fails() -> None:
    async def staying_application(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await hanging_application(scope, receive, send)

    with pytest.raises(TimeoutError, match="after its client had left") as caught:
        async with connect(staying_application, 0.05):
            pass
    assert "in staying_application" in str(caught.value)
