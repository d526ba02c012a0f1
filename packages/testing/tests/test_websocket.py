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
from falconws.testing.protocol import ASGIProtocolError
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
CLOSE: Event = {"type": "websocket.close"}
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


def connect(app: Any, seconds: float = 5, **settings: Any) -> Simulator:
    names = ("write_limit", "send_error")
    faults = {name: settings.pop(name) for name in names if name in settings}
    return ASGIWebSocketSimulator(app, create_scope_ws(**settings), seconds, **faults)


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


class Echo:
    """An application that sends back what it receives, and writes down all events.

    What its send raises is written down as well.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.raised: list[Exception] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        while (event := await receive())["type"] == "websocket.receive":
            self.events.append(event)
            try:
                await send({**event, "type": "websocket.send"})
            except Exception as exc:
                self.raised.append(exc)
        self.events.append(event)


def message(payload: str | bytes) -> Event:
    kind = "text" if isinstance(payload, str) else "bytes"
    return {"type": "websocket.send", kind: payload}


# The handshake.


async def test_a_connection_that_is_accepted_is_open() -> None:
    accept = {**ACCEPT, "subprotocol": "v1", "headers": [(b"x-tag", b"1")]}
    async with connect(sending(accept), subprotocols=["v1"]) as client:
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


async def test_messages_of_both_kinds_go_to_the_application_and_back() -> None:
    async with connect(Echo()) as client:
        await client.send_text("é")
        await client.send_data(b"x")
        await client.send_json({"a": 1})
        await client.send_msgpack({"a": 1})
        assert await client.receive() == "é"
        assert await client.receive() == b"x"
        assert await client.receive_json() == {"a": 1}
        assert await client.receive_msgpack() == {"a": 1}


async def test_messages_can_be_iterated_over() -> None:
    app = sending(ACCEPT, message("a"), message(b"b"), {"type": "websocket.close"})
    async with connect(app) as client:
        assert [received async for received in client] == ["a", b"b"]
        assert [received async for received in client] == []


async def test_nothing_can_be_sent_before_the_application_accepts() -> None:
    client = connect(sending(ACCEPT))
    client.connect()
    with pytest.raises(OperationNotAllowed, match="not accepted"):
        await client.send_text("x")
    await client.close()


@pytest.mark.parametrize(
    "wait",
    [
        Simulator.wait_ready,
        Simulator.wait_closed,
        Simulator.receive,
        Simulator.finish,
    ],
)
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


async def test_the_application_that_broke_the_connection_is_shown() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        raise ZeroDivisionError("a bug")

    client = connect(app)
    client.connect()
    await client.wait_ready()
    with pytest.raises(WebSocketDisconnected) as caught:
        await client.receive_text()
    assert "ZeroDivisionError('a bug')" in "".join(caught.value.__notes__)
    with pytest.raises(ZeroDivisionError):
        await client.finish()


async def test_the_response_of_a_denial_is_shown() -> None:
    start = {**DENY, "headers": [(b"content-type", b"text/plain")]}
    client = connect(sending(start, {**DENIED, "body": b"Log in."}))
    client.connect()
    with pytest.raises(WebSocketDisconnected) as caught:
        await client.wait_ready()
    assert "401 Unauthorized" in "".join(caught.value.__notes__)
    assert "Log in." in "".join(caught.value.__notes__)
    with pytest.raises(WebSocketDisconnected):
        await client.send_text("x")
    assert client.headers == []
    assert client.close_code == 3401
    await client.disconnect()
    await client.finish()


async def test_a_denial_without_the_extension_is_an_empty_403() -> None:
    async def forbidden(req: Request, ws: WebSocket) -> None:
        raise HTTPForbidden(title="No.")

    app = App(extensions=[WebSockets()])
    app.add_route("/", SimpleNamespace(on_websocket=forbidden))
    scope = {**create_scope_ws(), "extensions": {}}
    client = ASGIWebSocketSimulator(app, scope)
    with pytest.raises(WebSocketDisconnected):
        async with client:
            raise AssertionError("The block must not begin.")
    assert client.denial is not None
    assert (client.denial.status_code, client.denial.content) == (403, b"")


async def test_waiting_for_the_end_does_not_need_the_messages_to_be_read() -> None:
    close = {"type": "websocket.close", "code": 4000}
    async with connect(sending(ACCEPT, message("a"), close)) as client:
        await client.wait_closed()
        assert client.close_code == 4000
        assert await client.receive_text() == "a"


async def test_waiting_for_the_end_ends_when_the_application_returns() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await receive()

    async with connect(app) as client:
        await client.wait_closed()
        assert client.close_code == 1006


# Faults.


@pytest.mark.parametrize(
    ("code", "reason"), [(1005, ""), (1006, ""), (999, ""), (1000, "x" * 124)]
)
async def test_what_a_client_cannot_close_with_is_refused(
    code: int, reason: str
) -> None:
    echo = Echo()
    async with connect(echo) as client:
        with pytest.raises(ValueError, match=r"A client does not close with .*disconn"):
            await client.close(code, reason)
        assert client.ready
        await client.close(4999, "x" * 123)
    assert echo.events[-1]["reason"] == "x" * 123


async def test_a_close_without_a_code_is_1000() -> None:
    echo = Echo()
    async with connect(echo) as client:
        await client.close(None, None)
    assert echo.events == [{"type": "websocket.disconnect", "code": 1000, "reason": ""}]


@pytest.mark.parametrize("leave", [Simulator.close, Simulator.disconnect])
async def test_a_client_may_leave_before_it_is_accepted(
    leave: Callable[[Simulator], Awaitable[None]],
) -> None:
    events: list[Event] = []
    raised: list[Exception] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        events.extend([await receive(), await receive()])
        try:
            await send(ACCEPT)
        except OSError as exc:
            raised.append(exc)

    client = connect(app)
    client.connect()
    await leave(client)
    with pytest.raises(WebSocketDisconnected):
        await client.wait_ready()
    await client.finish()
    assert [event["type"] for event in events] == [
        "websocket.connect",
        "websocket.disconnect",
    ]
    assert (client.close_code, events[1]["code"]) == (1006, 1006)
    assert len(raised) == 1
    assert not client.ready


async def test_a_connection_can_break_off_while_the_application_receives() -> None:
    echo = Echo()
    async with connect(echo) as client:
        await client.send_text("a")
        await client.disconnect()
        await client.disconnect(1001)  # which is too late
        assert client.closed
        with pytest.raises(WebSocketDisconnected) as caught:
            await client.receive()
        assert (caught.value.code, caught.value.initiator) == (1006, None)
    assert echo.events[0]["text"] == "a"
    assert echo.events[1:] == [
        {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    ]


async def test_a_server_may_report_another_code_for_it() -> None:
    echo = Echo()
    async with connect(echo) as client:
        await client.disconnect(1005, "lost")
    assert [(e["code"], e["reason"]) for e in echo.events] == [(1005, "lost")]


@pytest.mark.parametrize(("version", "raised"), [("2.3", []), ("2.4", ["OSError"])])
async def test_a_connection_can_break_off_while_the_application_sends(
    version: str, raised: list[str]
) -> None:
    echo = Echo()
    async with connect(echo, spec_version=version, write_limit=0) as client:
        await client.send_text("a")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(echo.events) == 1
        await client.disconnect()
        with pytest.raises(WebSocketDisconnected):  # What was not read is lost.
            await client.receive()
    assert [type(exc).__name__ for exc in echo.raised] == raised
    assert echo.events[-1]["code"] == 1006


async def test_a_send_to_a_client_that_has_left_raises_what_the_test_wants() -> None:
    echo = Echo()
    async with connect(echo, send_error=RuntimeError("Unexpected ASGI message")) as ws:
        await ws.send_text("a")
        await ws.close()
    assert [str(exc) for exc in echo.raised] == ["Unexpected ASGI message"]


async def test_an_application_may_let_out_what_a_send_raises_then() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        while True:
            await send(message("x"))

    for settings in ({}, {"send_error": RuntimeError}, {"spec_version": "2.4"}):
        async with connect(app, **settings) as client:
            assert await client.receive_text() == "x"


async def test_an_error_of_its_own_does_not_pass_for_that() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await receive()
        await receive()
        raise OSError("The disk is full.")

    with pytest.raises(OSError, match="The disk is full"):
        async with connect(app):
            pass


async def test_a_client_that_has_vanished_is_told_nothing_and_tells_nothing() -> None:
    echo = Echo()
    async with connect(echo) as client:
        await client.send_text("a")
        await client.vanish()
        for action in (
            client.send_text("b"),
            client.receive(),
            client.close(),
            client.receive_text(),
        ):
            with pytest.raises(OperationNotAllowed, match="vanished"):
                await action
        await asyncio.sleep(0)
        assert client.ready
        assert [event.get("text") for event in echo.events] == ["a"]
    assert echo.events[-1]["code"] == 1006


async def test_a_client_that_has_vanished_lets_sends_wait_until_it_is_noticed() -> None:
    gave_up = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        try:
            while True:
                await send(message(b"x" * 1000))
        finally:
            gave_up.set()

    async with connect(app) as client:
        await client.vanish()
        for _ in range(200):
            await asyncio.sleep(0)
        assert not gave_up.is_set()
        await client.disconnect()
        async with asyncio.timeout(5):
            await gave_up.wait()


async def test_an_application_that_gives_up_a_client_that_has_vanished_is_seen() -> (
    None
):
    vanished = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await vanished.wait()
        sending = asyncio.ensure_future(send(message("x")))
        await asyncio.sleep(0)
        sending.cancel()
        await send({"type": "websocket.close", "code": 1013})

    async with connect(app, write_limit=0) as client:
        await client.vanish()
        vanished.set()
        await client.wait_closed()
        assert client.close_code == 1013


# What ASGI does not allow.


@pytest.mark.parametrize("catches", [False, True])
@pytest.mark.parametrize("events", [[message("x")], [ACCEPT, ACCEPT]])
async def test_what_asgi_does_not_allow_fails_the_test_even_if_it_is_caught(
    events: list[Event], catches: bool
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await sending(*events)(scope, receive, send)
        except AssertionError:
            if not catches:
                raise
            while (await receive())["type"] != "websocket.disconnect":
                pass

    with pytest.raises(ASGIProtocolError, match="ASGI, ") as caught:
        async with asyncio.timeout(5), connect(app, 60) as client:
            await client.receive_text()
    assert caught.value.kind == events[-1]["type"]


async def test_what_asgi_does_not_allow_fails_a_test_that_does_not_look() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await receive()
        await receive()
        with pytest.raises(ASGIProtocolError):
            await send({"type": "websocket.ping"})
        await send(CLOSE)

    async def test() -> None:
        async with connect(app) as client:
            await client.send_text("x")
            await client.wait_closed()

    with pytest.raises(ASGIProtocolError, match=r"websocket\.ping"):
        await test()


async def test_it_fails_a_test_that_expects_another_end_too() -> None:
    app = sending(ACCEPT, message("a"), {"type": "websocket.send", "text": 7})

    async def test() -> None:
        async with connect(app) as client:
            assert await client.receive_text() == "a"
            with pytest.raises(WebSocketDisconnected):
                await client.receive_text()

    with pytest.raises(ASGIProtocolError, match="`text` of type int"):
        await test()


# What would hang.


async def test_an_idle_connection_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    loop: Any = asyncio.get_running_loop()
    really_select, woken = loop._selector.select, asyncio.Event()
    busy, idle = 0, 0

    def select(timeout: float | None = None) -> Any:
        nonlocal busy, idle
        if (timeout is not None and timeout < 1) or busy > 1000:
            busy += 1
            woken.set() if busy > 1000 else None
            return really_select(0)
        idle += 1
        if idle == 100:
            loop.call_soon(woken.set)
        return []

    async def close_later(client: Simulator) -> None:
        await woken.wait()
        await client.close()

    async with connect(Echo(), 60, write_limit=10) as client:
        closing = asyncio.create_task(close_later(client))
        monkeypatch.setattr(loop._selector, "select", select)
        with pytest.raises(WebSocketDisconnected):
            await client.receive()
        monkeypatch.undo()
        await closing
    assert idle == 100
    assert busy < 10


@pytest.mark.parametrize("events", [[], [ACCEPT]])
async def test_a_test_that_is_cancelled_cancels_the_application(
    events: list[Event],
) -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for event in events:
            await send(event)
        try:
            await hanging_application(scope, receive, send)
        finally:
            ended.append("finally")

    async def test() -> None:
        async with connect(app, 60):
            pass

    running = asyncio.create_task(test())
    for _ in range(5):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.sleep(0)
    assert ended == ["finally"]


async def test_an_end_that_does_not_come_fails_with_the_stack() -> None:
    async with connect(Echo(), 60) as client:
        with pytest.raises(TimeoutError, match=r"did not end the connection .*0\.05 s"):
            await client.wait_closed(0.05)
        with pytest.raises(TimeoutError, match=r"did not send a message .*0\.05 s"):
            await client.receive(0.05)
        assert client.ready


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


async def test_a_test_that_has_waited_in_vain_does_not_wait_again() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise ZeroDivisionError("of no interest") from None

    client = ASGIWebSocketSimulator(app, create_scope_ws("/"), timeout=600)
    with pytest.raises(TimeoutError, match=r"send a message within 0\.01 s"):
        async with client as ws:
            await ws.receive(0.01)
    assert ended == ["cancelled"]
    assert client.close_code == 1006
