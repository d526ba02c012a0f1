"""One request to an application that is no more than a function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from falconws.core import Event, Receive, Scope, Send
from falconws.testing import ASGIConductor, Result, StreamedResult, create_scope
from falconws.testing.exchange import Exchange

App = Callable[[Scope, Receive, Send], Awaitable[None]]

START: Event = {"type": "http.response.start", "status": 200, "headers": []}
END: Event = {"type": "http.response.body"}


def piece(body: bytes) -> Event:
    return {"type": "http.response.body", "body": body, "more_body": True}


def sending(*events: Event) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for event in events:
            await send(event)

    return app


async def result_of(app: App, body: bytes = b"", seconds: float = 5) -> Result:
    return await Exchange(app, create_scope(), body).result(seconds)


async def test_a_response_is_put_together_from_its_pieces() -> None:
    start = {**START, "status": 201, "headers": [(b"x-tag", b"1")]}
    end = {"type": "http.response.body", "body": b"c"}
    result = await result_of(sending(start, piece(b"a"), piece(b"b"), end))
    assert (result.status_code, result.content) == (201, b"abc")
    assert result.headers["x-tag"] == "1"


async def test_an_empty_piece_does_not_end_a_response() -> None:
    result = await result_of(sending(START, piece(b""), piece(b"a"), END))
    assert result.content == b"a"


async def test_a_response_may_leave_out_everything_but_its_status() -> None:
    result = await result_of(sending({"type": START["type"], "status": 204}, END))
    assert (result.status_code, result.raw_headers, result.content) == (204, [], b"")


@pytest.mark.parametrize(
    ("length", "sizes"),
    [(0, [0]), (1, [1]), (4096, [4096]), (4097, [4096, 1]), (8192, [4096, 4096])],
)
async def test_a_request_comes_in_chunks_of_4_kib(
    length: int, sizes: list[int]
) -> None:
    received: list[Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while not received or received[-1]["more_body"]:
            received.append(await receive())
        await sending(START, END)(scope, receive, send)

    await result_of(app, b"x" * length)
    assert [len(event["body"]) for event in received] == sizes
    assert {event["type"] for event in received} == {"http.request"}


async def test_the_client_stays_until_the_response_is_complete() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        leaving = asyncio.ensure_future(receive())
        for event in (START, piece(b"a")):
            await send(event)
            assert not leaving.done()
        await send(END)
        assert (await leaving)["type"] == "http.disconnect"

    assert (await result_of(app)).content == b"a"


async def test_what_is_sent_behind_the_end_is_read_by_nobody() -> None:
    app = sending(START, END, piece(b"late"))
    assert (await result_of(app)).content == b""
    async with streaming(app) as result:
        for _ in range(3):
            assert await result.stream.read() == b""


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([START, START], "started its response twice"),
        ([END], "a body before http.response.start"),
        ([{"type": "websocket.accept"}], "sent 'websocket.accept' to an HTTP client"),
        ([], "returned without a response"),
    ],
)
async def test_a_response_that_no_server_would_take_fails(
    events: list[Event], complaint: str
) -> None:
    with pytest.raises(AssertionError, match=complaint):
        await result_of(sending(*events))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
async def test_what_an_application_raises_comes_out_at_every_point(count: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for event in [START, piece(b"a"), END][:count]:
            await send(event)
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        await result_of(app)


@pytest.mark.parametrize(
    ("events", "missing"),
    [
        ([], "did not start its response within 0.05 s"),
        ([START, piece(b"a")], "did not complete its response within 0.05 s"),
        ([START, END], "did not return within 0.05 s"),
    ],
)
async def test_an_application_that_hangs_is_shown_and_cancelled(
    events: list[Event], missing: str
) -> None:
    ended = asyncio.Event()

    async def hanging_application(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await sending(*events)(scope, receive, send)
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError) as caught:
        await result_of(hanging_application, seconds=0.05)
    assert missing in str(caught.value)
    assert "in hanging_application" in str(caught.value)
    async with asyncio.timeout(1):
        await ended.wait()


# Responses that are read while they are sent.


class Talker:
    """An application that sends what a test tells it to, until its client leaves."""

    def __init__(self) -> None:
        self.words: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.left = False

    def say(self, *words: bytes | None) -> None:
        for word in words:
            self.words.put_nowait(word)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({**START, "headers": [(b"x-tag", b"1")]})
        talking = asyncio.ensure_future(self._talk(send))
        assert (await receive())["type"] == "http.disconnect"
        self.left = True
        talking.cancel()

    async def _talk(self, send: Send) -> None:
        while (word := await self.words.get()) is not None:
            await send(piece(word))
        await send(END)


def streaming(app: App, **arguments: Any) -> Any:
    return ASGIConductor(app, **arguments).simulate_get_stream("/")


async def test_a_stream_is_read_while_it_is_sent() -> None:
    talker = Talker()
    async with streaming(talker) as result:
        assert isinstance(result, StreamedResult)
        assert (result.status_code, result.headers["x-tag"]) == (200, "1")
        talker.say(b"a")
        assert await result.stream.read() == b"a"
        talker.say(b"b")
        assert await result.stream.read() == b"b"


async def test_a_read_gives_everything_that_came() -> None:
    async with streaming(sending(START, piece(b"a"), piece(b"b"), END)) as result:
        assert await result.stream.read() == b"ab"
        for _ in range(4):  # however often somebody asks
            assert await result.stream.read() == b""


async def test_a_read_gives_what_came_of_a_stream_that_goes_on() -> None:
    ready = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(START, piece(b"a"), piece(b"b"))(scope, receive, send)
        ready.set()
        await receive()
        await receive()

    async with streaming(app) as result:
        await ready.wait()
        assert await result.stream.read() == b"ab"


async def test_an_iteration_gives_the_pieces_as_they_were_sent() -> None:
    talker = Talker()
    talker.say(b"a", b"bc", b"d", None)
    async with streaming(talker) as result:
        assert [chunk async for chunk in result.stream] == [b"a", b"bc", b"d"]
        assert [chunk async for chunk in result.stream] == []


async def test_leaving_the_block_disconnects_and_waits() -> None:
    talker = Talker()
    async with streaming(talker):
        assert not talker.left
    assert talker.left


async def test_leaving_the_block_by_an_exception_disconnects_as_well() -> None:
    talker = Talker()
    with pytest.raises(ZeroDivisionError):
        async with streaming(talker):
            raise ZeroDivisionError
    assert talker.left


async def test_finalize_disconnects_before_the_block_ends() -> None:
    talker = Talker()
    async with streaming(talker) as result:
        await result.finalize()
        assert talker.left


async def test_a_client_that_has_left_sends_no_more_of_its_request() -> None:
    received: list[str] = []
    began, left = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append((await receive())["type"])
        began.set()
        await left.wait()
        received.append((await receive())["type"])

    exchange = Exchange(app, create_scope(), b"x" * 8192)
    await began.wait()
    exchange.disconnect()
    left.set()
    await exchange.task
    assert received == ["http.request", "http.disconnect"]


async def test_what_a_streaming_application_raises_comes_out_on_leaving() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        async with streaming(app) as result:
            assert await result.stream.read() == b""


async def silent_application(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    while (await receive())["type"] != "http.disconnect":
        pass


async def test_a_stream_that_is_silent_fails_with_the_stack() -> None:
    async with streaming(silent_application, timeout=0.05) as result:
        with pytest.raises(TimeoutError, match="did not send anything") as caught:
            await result.stream.read()
        assert "in silent_application" in str(caught.value)
        with pytest.raises(TimeoutError, match="did not send anything"):
            [chunk async for chunk in result.stream]


async def test_an_application_that_stays_when_its_client_leaves_fails() -> None:
    async def staying_application(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError, match="after its client had left") as caught:
        async with streaming(staying_application, timeout=0.05):
            pass
    assert "in staying_application" in str(caught.value)
