"""How a WebSocket stays open, and how it ends: pings, close frames, faults, and who is gone."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.utils import ClientDisconnected

Serve = Callable[..., Any]

OFFER = "sec-websocket-extensions: permessage-deflate; client_max_window_bits"


def text(content: str) -> dict[str, Any]:
    return {"type": "websocket.send", "text": content}


def closing(code: int, reason: str = "") -> dict[str, Any]:
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})


# Pings and pongs.


async def test_every_ping_is_answered(client: Any) -> None:
    client.feed((0x89, b"a"), (0x8A, b"nobody asked"), (0x89, b"b"))
    assert client.transport.written == [b"\x8a\x01a\x8a\x01b"]


async def test_the_last_ping_is_answered_when_the_client_reads_again(
    client: Any,
) -> None:
    client.protocol.pause_writing()
    client.feed((0x89, b"a"), (0x89, b"b"))
    client.feed((0x89, b"c"))
    assert client.take() == b""
    client.protocol.resume_writing()
    await client.settle()
    assert client.take() == b"\x8a\x01c"
    client.protocol.resume_writing()
    await client.settle()
    assert client.take() == b""


async def test_pings_are_answered_while_the_connection_closes(
    client: Any, app: Any
) -> None:
    await app.send({"type": "websocket.close"})
    client.take()
    client.feed((0x89, b"a"))
    assert client.take() == b"\x8a\x01a"


async def test_a_client_that_answers_pings_is_kept(serve: Serve, app: Any) -> None:
    client = serve(app, ws_ping_interval=20, ws_ping_timeout=5)
    await client.open()
    for _ in range(3):
        client.clock.advance(20)
        ping = client.take()
        assert ping[:2] == b"\x89\x04"
        client.feed((0x8A, ping[2:]))
        client.clock.advance(5)
        assert client.transport.calls == []
        client.clock.advance(-5)
    client.clock.advance(20)
    client.feed((0x81, b"alive"))
    client.clock.advance(5)
    assert client.transport.calls == []
    app.ended.set()


async def test_a_client_that_does_not_answer_pings_is_dropped(
    serve: Serve, app: Any
) -> None:
    client = serve(app, ws_ping_interval=20, ws_ping_timeout=5)
    await client.open()
    client.clock.advance(20)
    client.take()
    client.clock.advance(5)
    reason = "keepalive ping timeout"
    assert client.take() == b"\x88\x18\x03\xf3" + reason.encode()
    assert await app.receive() == closing(1011, reason)
    assert client.transport.calls == ["close"]
    client.clock.advance(2)
    assert client.transport.calls == ["close", "abort"]
    app.ended.set()


async def test_a_client_that_is_not_read_is_not_dropped(serve: Serve, app: Any) -> None:
    client = serve(app, ws_ping_interval=20, ws_ping_timeout=5)
    await client.open()
    client.feed(*[(0x82, b"")] * 4097)
    client.clock.advance(20)
    client.clock.advance(5)
    assert client.transport.calls == ["pause_reading"]
    app.ended.set()


# The client closes.


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [(b"\x03\xe9bye", 1001, "bye"), (b"\x0f\xa0", 4000, ""), (b"", 1005, "")],
)
async def test_a_client_that_closes_is_answered(
    client: Any, app: Any, payload: bytes, code: int, reason: str
) -> None:
    receiving = asyncio.ensure_future(app.receive())
    await client.settle()
    client.feed((0x88, payload))
    assert client.take() == bytes((0x88, len(payload))) + payload
    assert client.transport.calls == ["close"]
    assert await receiving == closing(code, reason)
    assert await app.receive() == closing(code, reason)
    with pytest.raises(ClientDisconnected):
        await app.send(text("a"))
    with pytest.raises(ClientDisconnected):
        await app.send({"type": "websocket.close"})
    assert client.take() == b""


async def test_the_last_event_is_no_ones_to_change(client: Any, app: Any) -> None:
    client.feed((0x88, b""))
    (await app.receive()).clear()
    assert await app.receive() == closing(1005)


async def test_what_came_before_the_close_can_be_answered(serve: Serve) -> None:
    client = serve(echo)
    await client.open()
    client.feed((0x81, b"a"), (0x81, b"b"), (0x88, b"\x03\xe8"), (0x81, b"c"))
    assert client.take() == b""
    await client.settle()
    assert client.take() == b"\x81\x01a\x81\x01b\x88\x02\x03\xe8"
    assert client.transport.calls == ["close"]


async def test_a_client_that_closes_is_answered_in_time(client: Any, app: Any) -> None:
    client.feed((0x81, b"a"), (0x88, b"\x03\xe8"))
    await client.settle()
    client.clock.advance(9.9)
    assert client.take() == b""
    client.clock.advance(0.1)
    assert client.take() == b"\x88\x02\x03\xe8"
    assert client.transport.calls == ["close"]
    assert (await app.receive())["text"] == "a"
    assert await app.receive() == closing(1000)
    with pytest.raises(ClientDisconnected):
        await app.send(text("a"))


async def test_both_may_close(client: Any, app: Any) -> None:
    client.feed((0x81, b"a"), (0x88, b"\x03\xe8"))
    await app.send({"type": "websocket.close", "code": 4000})
    assert client.take() == b"\x88\x02\x0f\xa0"
    assert client.transport.calls == ["close"]
    assert (await app.receive())["text"] == "a"
    assert await app.receive() == closing(1000)


async def test_who_closes_and_goes_is_gone(client: Any, app: Any) -> None:
    client.feed((0x81, b"a"), (0x88, b"\x0f\xa0"))
    await client.leave()
    assert (await app.receive())["text"] == "a"
    assert await app.receive() == closing(4000)


async def test_pings_end_with_the_connection(serve: Serve, app: Any) -> None:
    client = serve(app, ws_ping_interval=20, ws_ping_timeout=5)
    await client.open()
    client.feed((0x81, b"a"), (0x88, b""))
    assert client.clock.waiting == [10]
    app.ended.set()


# The client breaks a rule, or is gone.


async def test_a_client_that_breaks_a_rule_is_told_which(
    client: Any, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client.feed((0x81, b"\xff"))
    assert client.take() == b"\x88\x15\x03\xefA text is not UTF-8"
    # This side alone: what the client still sends would have it reset before it reads.
    assert client.transport.calls == ["write_eof"]
    client.protocol.data_received(bytes(100))
    assert await app.receive() == closing(1007, "A text is not UTF-8")
    client.protocol.eof_received()
    assert client.transport.calls == ["write_eof"]
    client.clock.advance(2)
    assert client.transport.calls == ["write_eof", "abort"]
    assert not caplog.records


async def test_who_closes_with_a_client_that_broke_a_rule_leaves_it(
    client: Any, app: Any
) -> None:
    client.feed((0x81, b"a"), (0x83, b""))
    await app.send({"type": "websocket.close"})
    assert client.take() == b"\x88\x02\x03\xe8"
    assert client.transport.calls == ["write_eof"]


async def test_a_client_that_is_gone_has_left_with_1006(client: Any, app: Any) -> None:
    receiving = asyncio.ensure_future(app.receive())
    client.feed((0x81, b"a"))
    client.feed((0x81, b"b"))
    await client.leave()
    assert (await receiving)["text"] == "a"
    assert (await app.receive())["text"] == "b"
    assert await app.receive() == closing(1006)
    with pytest.raises(ClientDisconnected):
        await app.send(text("a"))


async def test_a_client_that_sends_no_more_is_gone(client: Any, app: Any) -> None:
    assert client.protocol.eof_received() is None
    assert client.transport.calls == ["close"]
    assert await app.receive() == closing(1006)
    client.transport.buffered = 1
    client.clock.advance(2)
    assert client.transport.calls == ["close", "abort"]


async def test_what_was_to_be_written_is_lost_with_the_client(
    client: Any, app: Any
) -> None:
    await app.send(text("a"))
    await app.send(text("b"))
    client.take()
    client.is_lost = True
    client.protocol.connection_lost(None)
    await client.settle()
    assert client.take() == b""


# The application closes.


async def test_a_close_is_answered_by_the_client(client: Any, app: Any) -> None:
    client.feed((0x81, b"unread"))
    receiving = await app.receive()
    await app.send({"type": "websocket.close", "code": 4001, "reason": "f\u00fcr"})
    assert receiving["text"] == "unread"
    assert client.take() == b"\x88\x06\x0f\xa1f\xc3\xbcr"
    assert await app.receive() == closing(4001, "f\u00fcr")
    assert client.transport.calls == []
    client.feed((0x81, b"late"), (0x88, b"\x0f\xa1"))
    assert client.take() == b""
    assert client.transport.calls == ["close"]
    assert await app.receive() == closing(4001, "f\u00fcr")


async def test_a_close_that_is_not_answered_ends_all_the_same(
    client: Any, app: Any
) -> None:
    await app.send({"type": "websocket.close"})
    client.clock.advance(9.9)
    assert client.transport.calls == []
    client.clock.advance(0.1)
    assert client.transport.calls == ["abort"]


async def test_a_rule_may_be_broken_in_the_answer(client: Any, app: Any) -> None:
    await app.send({"type": "websocket.close"})
    client.take()
    client.feed((0x83, b""))
    assert client.take() == b""
    assert client.transport.calls == ["write_eof"]


async def test_a_relay_may_close_without_a_code(client: Any, app: Any) -> None:
    await app.send({"type": "websocket.close", "code": 1005})
    assert client.take() == b"\x88\x00"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(1005, "a"), (1006, ""), (999, ""), (5000, ""), (1000, "\u00fc" * 62)],
)
async def test_a_close_is_one_that_may_be_sent(
    client: Any, app: Any, code: int, reason: str
) -> None:
    with pytest.raises(ValueError, match="close"):
        await app.send({"type": "websocket.close", "code": code, "reason": reason})
    assert client.take() == b""
    await app.send({"type": "websocket.close", "reason": None})
    assert client.take() == b"\x88\x02\x03\xe8"


async def test_an_application_that_returns_has_closed(client: Any, app: Any) -> None:
    app.ended.set()
    await client.settle()
    assert client.take() == b"\x88\x02\x03\xe8"
    assert client.clock.waiting == [10]


async def test_an_application_that_fails_has_closed_with_1011(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await receive()
        await receive()
        raise ValueError("what is wrong")

    client = serve(app)
    await client.open()
    client.feed((0x81, b"a"))
    await client.settle()
    assert client.take() == b"\x88\x02\x03\xf3"
    assert caplog.messages == ["Exception in ASGI application\n"]
    assert len(caplog.records) == 1


# The server stops.


async def test_an_open_connection_is_closed_with_1012(client: Any, app: Any) -> None:
    await app.send(text("a"))
    await app.send(text("b"))
    client.protocol.shutdown()
    assert client.take() == b"\x81\x01a\x81\x01b\x88\x02\x03\xf4"
    assert client.transport.calls == ["write_eof"]
    assert client.clock.waiting == [2]
    client.feed((0x89, b"a"), (0x81, b"b"))  # Nobody listens any more.
    assert client.take() == b""
    assert await app.receive() == closing(1012)
    with pytest.raises(ClientDisconnected):
        await app.send(text("a"))


async def test_a_connection_that_closes_is_given_less_time(
    client: Any, app: Any
) -> None:
    await app.send({"type": "websocket.close"})
    client.take()
    client.protocol.shutdown()
    assert client.take() == b""
    assert client.clock.waiting == [2]


async def test_a_handshake_that_is_not_answered_is_refused(serve: Serve) -> None:
    received = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.extend([await receive(), await receive()])

    client = serve(app)
    client.request()
    await client.settle()
    client.protocol.shutdown()
    assert client.take().startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert client.transport.calls == ["close"]
    await client.settle()
    assert received[1] == closing(1006)


async def test_a_response_is_left_to_the_application(serve: Serve) -> None:
    goes_on = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.http.response.start", "status": 404})
        await goes_on.wait()
        await send({"type": "websocket.http.response.body", "body": b"no"})

    client = serve(app)
    client.request()
    await client.settle()
    client.protocol.shutdown()
    assert client.transport.calls == []
    goes_on.set()
    await client.settle()
    assert client.take().endswith(b"\r\n\r\nno")


# What uvicorn keeps.


async def test_connections_and_tasks_are_counted(client: Any, app: Any) -> None:
    assert client.state.connections == {client.protocol}
    assert len(client.state.tasks) == 1
    app.ended.set()
    await client.leave()
    assert not client.state.connections
    assert not client.state.tasks


async def test_connections_are_traced(
    serve: Serve, app: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(TRACE_LOG_LEVEL, "uvicorn.error"):
        client = serve(app)
        client.transport._extra |= {"peername": ("192.0.2.1", 1234)}
        await client.leave()
    assert caplog.messages == [
        "WebSocket connection made",
        "192.0.2.1:1234 - WebSocket connection lost",
    ]
    assert {record.levelno for record in caplog.records} == {TRACE_LOG_LEVEL}
    assert logging.getLogger("uvicorn.error").level != TRACE_LOG_LEVEL


async def test_a_connection_is_small(client: Any) -> None:
    for part in (client.protocol, client.protocol._parser):
        assert not hasattr(part, "__dict__")


async def test_nothing_is_left_of_a_connection(serve: Serve, transport: Any) -> None:
    class Watched:
        pass

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["watched"] = watched.pop()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    watched = [Watched()]
    reference = weakref.ref(watched[0])
    client = serve(app, ws_ping_interval=20)
    gc.disable()
    try:
        await client.open(OFFER)
        await client.leave()
        assert reference() is None
    finally:
        gc.enable()
