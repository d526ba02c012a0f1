"""A WebSocket that is open: messages both ways, backpressure both ways, and how it ends."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Any

import pytest
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


# Messages.


async def test_messages_are_received_in_their_order(client: Any, app: Any) -> None:
    client.feed((0x81, b"a"), (0x82, b"b"))
    client.feed((0x01, b"c"), (0x80, b"d"))
    assert await app.receive() == {"type": "websocket.receive", "text": "a"}
    assert await app.receive() == {"type": "websocket.receive", "bytes": b"b"}
    assert await app.receive() == {"type": "websocket.receive", "text": "cd"}


async def test_who_receives_waits_for_a_message(client: Any, app: Any) -> None:
    receiving = asyncio.ensure_future(app.receive())
    await client.settle()
    client.feed((0x01, b"a"))
    await client.settle()
    assert not receiving.done()
    client.feed((0x80, b"b"), (0x81, b"c"))
    client.feed((0x81, b"d"))
    assert await receiving == {"type": "websocket.receive", "text": "ab"}
    assert [(await app.receive())["text"] for _ in range(2)] == ["c", "d"]


async def test_a_message_there_is_received_without_a_turn_of_the_loop(
    client: Any, app: Any
) -> None:
    client.feed((0x81, b"a"))
    with pytest.raises(StopIteration) as caught:
        app.receive().send(None)
    assert caught.value.value["text"] == "a"


async def test_who_gives_up_receiving_loses_nothing(client: Any, app: Any) -> None:
    for _ in range(2):
        receiving = asyncio.ensure_future(app.receive())
        await client.settle()
        receiving.cancel()
    client.feed((0x81, b"a"))
    await client.settle()
    assert receiving.cancelled()
    assert (await app.receive())["text"] == "a"


async def test_who_is_late_waits_for_the_next(client: Any, app: Any) -> None:
    receiving = asyncio.ensure_future(app.receive())
    await client.settle()
    client.feed((0x81, b"a"))
    assert (await app.receive())["text"] == "a"  # Before the other has had a turn.
    await client.settle()
    assert not receiving.done()
    client.feed((0x81, b"b"))
    assert (await receiving)["text"] == "b"


async def test_one_task_receives(client: Any, app: Any) -> None:
    receiving = asyncio.ensure_future(app.receive())
    await client.settle()
    with pytest.raises(RuntimeError, match="Another task waits"):
        await app.receive()
    client.feed((0x81, b"a"))
    assert (await receiving)["text"] == "a"


async def test_messages_are_sent(client: Any, app: Any) -> None:
    await app.send(text("h\u00e9"))
    assert client.take() == b"\x81\x03h\xc3\xa9"
    await client.settle()
    await app.send({"type": "websocket.send", "bytes": b"\x00", "text": None})
    await client.settle()
    assert client.take() == b"\x82\x01\x00"


async def test_a_message_has_text_or_bytes(client: Any, app: Any) -> None:
    with pytest.raises(RuntimeError, match="neither text nor bytes"):
        await app.send({"type": "websocket.send", "text": None})


async def test_an_event_is_one_of_a_websocket(client: Any, app: Any) -> None:
    with pytest.raises(RuntimeError, match=r"but got 'http\.response\.start'"):
        await app.send({"type": "http.response.start"})


# Bursts.


async def test_a_lone_reply_is_written_at_once(client: Any, app: Any) -> None:
    for content in (b"a", b"b"):
        receiving = asyncio.ensure_future(app.receive())
        await client.settle()
        client.feed((0x81, content))
        await app.send(text((await receiving)["text"]))
        assert client.transport.written == [b"\x81\x01" + content]
        client.take()


async def test_the_replies_to_a_burst_are_written_once(serve: Serve) -> None:
    client = serve(echo)
    await client.open()
    client.feed(*((0x81, b"%d" % i) for i in range(5)))
    await client.settle()
    assert client.transport.written == [
        b"\x81\x010\x81\x011\x81\x012\x81\x013\x81\x014"
    ]


async def test_the_replies_to_a_burst_do_not_wait_for_its_end(
    client: Any, app: Any
) -> None:
    client.feed((0x81, b"a"), (0x81, b"b"))
    await app.receive()
    await app.send(text("a"))
    assert client.transport.written == []
    await asyncio.sleep(0)
    assert client.take() == b"\x81\x01a"


async def test_what_is_sent_in_one_turn_is_written_twice_at_most(
    client: Any, app: Any
) -> None:
    for content in "abc":
        await app.send(text(content))
    assert client.transport.written == [b"\x81\x01a"]
    await asyncio.sleep(0)
    assert client.transport.written == [b"\x81\x01a", b"\x81\x01b\x81\x01c"]
    client.take()
    await app.send(text("d"))  # In another turn.
    assert client.take() == b"\x81\x01d"


async def test_what_was_sent_comes_before_what_is_waited_for(
    client: Any, app: Any
) -> None:
    await app.send(text("a"))
    await app.send(text("b"))
    receiving = asyncio.ensure_future(app.receive())
    await asyncio.sleep(0)
    assert client.take() == b"\x81\x01a\x81\x01b"
    receiving.cancel()
    await client.settle()


async def test_a_close_frame_comes_after_what_was_sent(client: Any, app: Any) -> None:
    for content in "ab":
        await app.send(text(content))
    await app.send({"type": "websocket.close"})
    assert client.take() == b"\x81\x01a\x81\x01b\x88\x02\x03\xe8"


# Compression.


async def test_long_messages_are_compressed_if_the_client_likes(
    serve: Serve, app: Any
) -> None:
    client = serve(app)
    assert b"permessage-deflate" in await client.open(OFFER)
    stream = zlib.decompressobj(-12)
    for first, event in (
        (0xC1, text("a" * 128)),
        (0xC2, {"type": "websocket.send", "bytes": b"a" * 128}),
    ):
        await app.send(event)
        await client.settle()
        frame = client.take()
        assert frame[0] == first
        assert len(frame) < 20
        assert stream.decompress(frame[2:] + b"\0\0\xff\xff") == b"a" * 128
    await app.send(text("a" * 127))
    await client.settle()
    assert client.take() == b"\x81\x7e\x00\x7f" + b"a" * 127
    app.ended.set()


async def test_compressed_messages_are_received(serve: Serve, app: Any) -> None:
    client = serve(app)
    await client.open(OFFER)
    stream = zlib.compressobj(wbits=-12)
    packed = stream.compress(b"Hello") + stream.flush(zlib.Z_SYNC_FLUSH)
    client.feed((0xC1, packed[:-4]))
    assert (await app.receive())["text"] == "Hello"
    app.ended.set()


# Sizes.


async def test_a_message_may_be_as_long_as_uvicorn_is_told(
    serve: Serve, app: Any
) -> None:
    client = serve(app, ws_max_size=5)
    await client.open()
    client.feed((0x81, b"12345"))
    assert (await app.receive())["text"] == "12345"
    client.feed((0x81, b"123456"))
    reason = "A message has at most 5 bytes"
    assert await app.receive() == closing(1009, reason)
    assert client.take() == b"\x88\x1f\x03\xf1" + reason.encode()
    app.ended.set()


# An application that does not receive.

HALF = 131072 - 64
"""Twice that, and what two messages cost, may be unread."""


async def test_a_client_waits_for_an_application_that_does_not_read(
    client: Any, app: Any
) -> None:
    pieces = [(0x82, bytes(65535))] * 3
    client.feed(*pieces, (0x82, bytes(262144 - 4 * 64 - 3 * 65535)))
    assert client.transport.calls == []
    client.feed((0x82, b""))
    client.feed((0x82, b""))
    assert client.transport.calls == ["pause_reading"]
    await app.receive()
    assert client.transport.calls == ["pause_reading"]
    await app.receive()
    await app.receive()
    assert client.transport.calls == ["pause_reading", "resume_reading"]
    for _ in range(3):
        await app.receive()
    client.feed(*pieces, *pieces)
    assert client.transport.calls[2:] == ["pause_reading"]


async def test_small_messages_count_too(client: Any, app: Any) -> None:
    client.feed(*[(0x82, b"")] * 4096)
    assert client.transport.calls == []
    client.feed((0x82, b""))
    assert client.transport.calls == ["pause_reading"]


async def test_who_closes_reads_on_and_drops_it(client: Any, app: Any) -> None:
    client.feed(*[(0x82, b"")] * 4097)
    await app.send({"type": "websocket.close"})
    assert client.transport.calls == ["pause_reading", "resume_reading"]
    client.feed(*[(0x82, b"")] * 9000)
    assert client.transport.calls == ["pause_reading", "resume_reading"]
    assert await app.receive() == closing(1000)


# A client that does not read.


async def test_who_sends_waits_for_a_client_that_does_not_read(
    client: Any, app: Any
) -> None:
    client.protocol.pause_writing()
    sending = asyncio.ensure_future(app.send(text("a")))
    await client.settle()
    assert not sending.done()
    assert client.take() == b""
    client.protocol.resume_writing()
    await sending
    assert client.take() == b"\x81\x01a"


async def test_who_waits_is_told_that_the_client_is_gone(client: Any, app: Any) -> None:
    client.protocol.pause_writing()
    sending = asyncio.ensure_future(app.send(text("a")))
    await client.settle()
    client.is_lost = True
    client.protocol.connection_lost(OSError("reset"))
    with pytest.raises(ClientDisconnected):
        await sending
    assert isinstance(sending.exception(), OSError)


async def test_a_close_does_not_wait(client: Any, app: Any) -> None:
    client.protocol.pause_writing()
    sending = asyncio.ensure_future(app.send(text("a")))
    await client.settle()
    await app.send({"type": "websocket.close"})
    assert client.take() == b"\x88\x02\x03\xe8"
    with pytest.raises(RuntimeError, match="after the connection was closed"):
        await sending


# Shared frames.


async def test_a_shared_frame_is_sent_to_every_client(client: Any, app: Any) -> None:
    extension = app.scope["extensions"]["falconws.shared_frame"]
    frame = extension["build"]("a")
    assert extension["write"](frame)
    assert extension["write"](frame)
    assert client.transport.written == [b"\x81\x01a"]
    await app.send(text("b"))
    assert extension["write"](extension["build"](b"c"))
    await client.settle()
    assert client.take() == b"\x81\x01a\x81\x01a\x81\x01b\x82\x01c"


async def test_a_shared_frame_does_not_wait(client: Any, app: Any) -> None:
    extension = app.scope["extensions"]["falconws.shared_frame"]
    client.protocol.pause_writing()
    assert not extension["write"](extension["build"]("a"))
    client.protocol.resume_writing()
    assert extension["write"](extension["build"]("b"))
    assert client.take() == b"\x81\x01b"


async def test_a_shared_frame_is_not_compressed(serve: Serve, app: Any) -> None:
    client = serve(app)
    await client.open(OFFER)
    extension = app.scope["extensions"]["falconws.shared_frame"]
    assert extension["write"](extension["build"]("a" * 200))
    assert client.take() == b"\x81\x7e\x00\xc8" + b"a" * 200
    app.ended.set()


async def test_a_shared_frame_is_written_to_open_connections(
    client: Any, app: Any
) -> None:
    extension = app.scope["extensions"]["falconws.shared_frame"]
    frame = extension["build"]("a")
    with pytest.raises(TypeError, match="not bytes"):
        extension["write"](b"a")
    await app.send({"type": "websocket.close"})
    with pytest.raises(RuntimeError, match="after the connection was closed"):
        extension["write"](frame)
    await client.leave()
    with pytest.raises(ClientDisconnected):
        extension["write"](frame)


async def test_a_shared_frame_waits_for_the_handshake(serve: Serve) -> None:
    errors = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        extension = scope["extensions"]["falconws.shared_frame"]
        try:
            extension["write"](extension["build"]("a"))
        except RuntimeError as exc:
            errors.append(str(exc))
        await send({"type": "websocket.accept"})

    await serve(app).open()
    assert "Expected ASGI message 'websocket.accept'" in errors[0]
