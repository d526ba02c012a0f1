"""The body of a response that is still being sent, as bytes and as events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from falconws.core import OperationNotAllowed, Receive, Scope, Send
from falconws.sse import EventParser
from falconws.testing import create_scope
from falconws.testing.exchange import Exchange
from falconws.testing.streaming import EventIterator, ResultStream


class Talker:
    """An application that sends what a test tells it to; None ends it."""

    def __init__(self, *words: bytes | None) -> None:
        self.words: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.say(*words)

    def say(self, *words: bytes | None) -> None:
        for word in words:
            self.words.put_nowait(word)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (word := await self.words.get()) is not None:
            event = {"type": "http.response.body", "body": word, "more_body": True}
            await send(event)
        await send({"type": "http.response.body"})


@asynccontextmanager
async def reading(app: Talker, seconds: float = 5) -> AsyncIterator[ResultStream]:
    exchange = Exchange(app, create_scope())
    await exchange.started(5)
    try:
        yield ResultStream(exchange, seconds)
    finally:
        await exchange.close(5)


async def test_a_read_gives_what_came_until_the_end() -> None:
    talker = Talker(b"a", b"b")
    async with reading(talker) as stream:
        assert await stream.read() == b"ab"
        talker.say(b"c", None)
        assert await stream.read() == b"c"
        assert await stream.read() == b""


async def test_the_pieces_are_given_one_by_one() -> None:
    async with reading(Talker(b"a", b"", b"bc", None)) as stream:
        assert await anext(stream) == b"a"
        async for piece in stream:
            assert piece == b"bc"
            break
        assert [piece async for piece in stream] == []
        assert [piece async for piece in stream] == []


async def test_events_are_given_one_by_one_whatever_the_pieces_are() -> None:
    words = (
        b"data: 1\n\nda",
        b"ta: 2\n",
        b"\n: x\n\n",
        b"data: 3\n\ndata: 4\n\n",
        None,
    )
    async with reading(Talker(*words)) as stream:
        events = EventIterator(stream, EventParser())
        assert [(await anext(events)).data for _ in range(3)] == ["1", "2", "3"]
        assert [event.data async for event in events] == ["4"]
        assert [event.data async for event in events] == []


async def test_what_does_not_come_fails() -> None:
    async with reading(Talker(b": note\n\n"), seconds=0.05) as stream:
        with pytest.raises(TimeoutError, match="did not send an event"):
            await anext(EventIterator(stream, EventParser()))
        with pytest.raises(TimeoutError, match="did not send anything"):
            await stream.read()
        with pytest.raises(TimeoutError, match="did not send anything"):
            await anext(stream)


async def test_a_client_that_vanished_does_not_read() -> None:
    exchange = Exchange(Talker(b"a"), create_scope())
    await exchange.started(5)
    stream = ResultStream(exchange, 5)
    exchange.vanish()
    events = EventIterator(stream, EventParser())
    for waiting in (stream.read(), anext(stream), anext(events)):
        with pytest.raises(OperationNotAllowed, match="The client has vanished"):
            await waiting
    await exchange.close(5)
