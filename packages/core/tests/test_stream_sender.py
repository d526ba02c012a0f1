"""What of a stream is sent when, and what ends it."""

import asyncio
import logging
import math
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconws import testing
from falconws.core import App, Event, Request, Response, Stream
from falconws.testing import (
    ASGIConductor,
    ASGIRequestEventEmitter,
    ASGIResponseEventCollector,
    Clock,
    create_scope,
)
from falconws.testing.stacks import describe

START = "http.response.start"
LAST = {"type": "http.response.body", "body": b"", "more_body": False}


def piece(body: bytes) -> Event:
    return {"type": "http.response.body", "body": body, "more_body": True}


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    with testing.clock() as stopped:
        yield stopped


class Source:
    """A source that gives what it is fed, and notes that its `finally` ran."""

    def __init__(self, *pieces: Any) -> None:
        self.feed: asyncio.Queue[Any] = asyncio.Queue()
        for each in pieces:
            self.feed.put_nowait(each)
        self.closed = False

    async def pieces(self) -> AsyncIterator[Any]:
        try:
            while (item := await self.feed.get()) != "end":
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed = True


class Server(ASGIResponseEventCollector):
    """The kit's two callables, the second of which waits or fails where a test says so.

    Attributes:
        client: It has sent its request, and stays.
        task: The application's.
    """

    def __init__(
        self, app: App, *, method: str = "GET", extensions: tuple[str, ...] = ()
    ) -> None:
        super().__init__(extensions, method=method)
        self.fails_at: Callable[[Event], bool] = lambda event: False
        self.waits_at: Callable[[Event], bool] = lambda event: False
        self.may_send = asyncio.Event()
        self.client = ASGIRequestEventEmitter(disconnect_at=math.inf)
        scope = create_scope(method=method)
        scope["extensions"] = {name: {} for name in extensions}
        self.task = asyncio.create_task(app(scope, self.client, self._send))

    async def _send(self, event: Event) -> None:
        if self.fails_at(event):
            raise OSError("The client has left.")
        if self.waits_at(event):
            await self.may_send.wait()
        await self.collect(event)

    async def over(self) -> None:
        """Wait until the application has returned, and let out what it raised."""
        async with asyncio.timeout(5):
            await self.task


def serving(source: Any, **options: Any) -> App:
    """An App that streams from a source, as a `Stream` with these options."""

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = source

    app = App(extensions=())
    app.resp_options.event_stream = lambda events, resp: Stream(
        events, **{"keep_alive": b"ping", **options}
    )
    app.add_route("/", SimpleNamespace(on_get=on_get))
    return app


async def test_each_piece_is_sent_as_it_comes_and_then_the_end(clock: Clock) -> None:
    source = Source()
    server = Server(serving(source.pieces()))
    for count, item in enumerate([b"a", bytearray(b"b"), memoryview(b"c")], start=1):
        source.feed.put_nowait(item)
        await clock.advance(0)
        assert server.body_chunks == [b"a", b"b", b"c"][:count]
        assert server.more_body
    source.feed.put_nowait("end")
    await server.over()
    assert server.events[0]["type"] == START
    assert server.events[1:] == [piece(b"a"), piece(b"b"), piece(b"c"), LAST]
    assert source.closed


async def test_none_ends_a_stream() -> None:
    source = Source(b"a", None, b"b")
    server = Server(serving(source.pieces()))
    await server.over()
    assert server.events[1:] == [piece(b"a"), LAST]
    assert source.closed


async def test_pieces_are_encoded_by_what_opened_the_stream() -> None:
    source = Source("a", None, "end")
    app = serving(source.pieces(), encode=lambda item: repr(item).encode())
    server = Server(app)
    await server.over()
    assert server.events[1:] == [piece(b"'a'"), piece(b"None"), LAST]


async def test_text_in_a_stream_is_refused_with_what_to_do() -> None:
    source = Source("text")
    server = Server(serving(source.pieces()))
    with pytest.raises(TypeError, match=r"gives bytes, not str; .*\.encode\(\)"):
        await server.over()
    assert source.closed


# The opening and keep-alives.


async def test_silence_is_broken_by_the_keep_alive_until_the_source_goes_on(
    clock: Clock,
) -> None:
    source = Source()
    app = serving(source.pieces(), keep_alive_interval=15)
    async with ASGIConductor(app).get_stream() as result:
        await clock.advance(14.9)
        source.feed.put_nowait(b"a")
        await clock.advance(14.9)
        assert await result.stream.read() == b"a"
        await clock.advance(0.1)
        assert await result.stream.read() == b"ping"
        await clock.advance(15)
        assert await result.stream.read() == b"ping"
        source.feed.put_nowait("end")
        assert await result.stream.read() == b""
        assert result.complete


async def test_the_opening_goes_before_the_first_piece_and_does_not_wait_for_it(
    clock: Clock,
) -> None:
    source = Source()
    server = Server(serving(source.pieces(), opening=b"open", first_keep_alive=0.1))
    await clock.advance(0)
    assert server.events[1:] == [piece(b"open")]
    await clock.advance(100)
    assert server.events[1:] == [piece(b"open")]
    source.feed.put_nowait(b"a")
    source.feed.put_nowait("end")
    await server.over()
    assert server.events[1:] == [piece(b"open"), piece(b"a"), LAST]


async def test_a_client_that_leaves_at_the_opening_is_sent_nothing_more() -> None:
    source = Source(b"a")
    server = Server(serving(source.pieces(), opening=b"open"))
    server.fails_at = lambda event: event.get("body") == b"open"
    await server.over()
    assert len(server.events) == 1
    assert not source.feed.empty()


@pytest.mark.parametrize("waits_at", [START, "http.response.body"])
async def test_a_stream_that_a_drain_ends_at_its_opening_has_no_pieces(
    clock: Clock,
    waits_at: str,
) -> None:
    source = Source(b"a")
    app = serving(source.pieces(), opening=b"open")
    server = Server(app)
    server.waits_at = lambda event: event["type"] == waits_at
    await clock.advance(0)
    draining = asyncio.create_task(app.drain(grace=5))
    await clock.advance(0)
    server.may_send.set()
    await draining
    await server.over()
    assert server.events[1:] == [piece(b"open")] * (waits_at != START) + [LAST]


@pytest.mark.parametrize("interval", [None, 15.0])
async def test_the_first_keep_alive_has_an_interval_of_its_own(
    interval: float | None, clock: Clock
) -> None:
    source = Source()
    app = serving(source.pieces(), first_keep_alive=0.1, keep_alive_interval=interval)
    server = Server(app)
    await clock.advance(0.09)
    assert server.events[1:] == []
    await clock.advance(0.02)
    assert server.events[1:] == [piece(b"ping")]
    await clock.advance(14.9)
    assert len(server.events) == 2
    await clock.advance(0.2)
    assert len(server.events) == (2 if interval is None else 3)
    source.feed.put_nowait("end")
    await server.over()


@pytest.mark.parametrize("late", [False, True])
async def test_a_piece_that_comes_at_once_needs_no_first_keep_alive(
    late: bool, clock: Clock
) -> None:
    source = Source()
    app = serving(source.pieces(), first_keep_alive=0.1, keep_alive_interval=15.0)
    server = Server(app)
    server.waits_at = lambda event: late and event["type"] != START
    await clock.advance(0)
    source.feed.put_nowait(b"a")  # No time has passed, by a clock of low resolution.
    await clock.advance(1.11)
    server.may_send.set()  # While it was being sent there was no silence.
    await clock.advance(13)
    assert server.events[1:] == [piece(b"a")]
    await clock.advance(3)
    assert server.events[1:] == [piece(b"a"), piece(b"ping")]
    source.feed.put_nowait("end")
    await server.over()


async def test_a_source_that_is_never_silent_needs_no_keep_alive() -> None:
    async def chatty() -> AsyncIterator[bytes]:
        for _ in range(200):
            await asyncio.sleep(0)
            yield b"a"

    server = Server(serving(chatty(), keep_alive_interval=60))
    await server.over()
    assert server.events[1:] == [piece(b"a")] * 200 + [LAST]


async def test_silence_is_broken_again_where_tasks_begin_at_once(clock: Clock) -> None:
    if sys.version_info >= (3, 12):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    source = Source()
    app = serving(source.pieces(), keep_alive_interval=15)
    server = Server(app)
    await clock.advance(50)
    assert server.events[1:] == [piece(b"ping")] * 3
    source.feed.put_nowait("end")
    await server.over()


async def test_a_client_that_does_not_read_is_not_sent_one_ping_after_another(
    clock: Clock,
) -> None:
    for source, body in ((Source(b"a"), b"a"), (Source(), b"ping")):
        app = serving(source.pieces(), keep_alive_interval=1)
        async with ASGIConductor(app).get_stream(write_limit=0) as result:
            await clock.advance(20)
            assert await result.stream.read() == body
            await clock.advance(0.9)
            source.feed.put_nowait("end")
            assert await result.stream.read() == b""
            assert result.complete


async def test_a_piece_waits_for_the_ping_that_is_being_sent(clock: Clock) -> None:
    source = Source()
    app = serving(source.pieces(), keep_alive_interval=15)
    async with ASGIConductor(app).get_stream(write_limit=0) as result:
        await clock.advance(20)
        source.feed.put_nowait(b"a")
        source.feed.put_nowait("end")
        await clock.advance(1)
        assert await result.stream.read() == b"ping"
        assert await result.stream.read() == b"a"
        assert await result.stream.read() == b""
        assert result.complete


async def test_a_client_that_leaves_while_it_is_sent_a_ping_ends_the_stream(
    clock: Clock,
) -> None:
    source = Source()
    server = Server(serving(source.pieces(), keep_alive_interval=15))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(16)
    assert not source.closed
    server.client.disconnect()
    await server.over()
    assert source.closed


async def test_a_ping_that_fails_is_a_client_that_left(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source()
    server = Server(serving(source.pieces(), keep_alive_interval=15))
    server.fails_at = lambda event: event.get("body") == b"ping"
    await clock.advance(14.9)
    assert not source.closed
    await clock.advance(0.1)
    await server.over()
    assert len(server.events) == 1  # The response has no end.
    assert source.closed
    assert [r for r in caplog.records if r.levelno > logging.DEBUG] == []


# A client that does not read. The first sweep that sees a send comes 0.2 s after its beginning.


def did_not_read(caplog: pytest.LogCaptureFixture) -> list[tuple[int, bool]]:
    return [(r.levelno, "not read" in r.getMessage()) for r in caplog.records]


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_stream_is_given_up_when_a_send_waits_for_the_send_timeout(
    at: int, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")
    source = Source(b"before", b"a", "end")
    pieces = source.pieces()
    await anext(pieces)  # or nothing would be closed where the first event waits
    app = serving(pieces)
    server = Server(app)
    server.waits_at = lambda event: len(server.events) == at
    await clock.advance(30.1)
    assert not server.task.done()
    assert caplog.records == []
    await clock.advance(0.4)
    assert server.task.result() is None
    assert server.task.cancelling() == 0
    assert len(server.events) == at  # and no end: the body must not look whole
    assert source.closed
    assert len(app.connections) == 0
    assert did_not_read(caplog) == [(logging.DEBUG, True)]


@pytest.mark.parametrize("piece_waits", [False, True])
async def test_a_stream_is_given_up_when_its_ping_waits_for_the_send_timeout(
    piece_waits: bool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")
    source = Source()
    server = Server(serving(source.pieces(), keep_alive_interval=15.0))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(15.2)
    if piece_waits:
        source.feed.put_nowait(b"a")
    await clock.advance(29.7)
    assert not source.closed
    await clock.advance(0.6)
    assert server.task.result() is None
    assert source.closed
    assert len(server.events) == 1
    assert did_not_read(caplog) == [(logging.DEBUG, True)]
    assert asyncio.all_tasks() == {asyncio.current_task()}  # the ping has ended, too


@pytest.mark.parametrize(
    ("seconds", "over"), [(3.0, True), (None, False), (math.inf, False)]
)
async def test_a_stream_may_have_a_time_to_read_of_its_own(
    seconds: float | None, over: bool, clock: Clock
) -> None:
    app = serving(Source(b"a").pieces(), send_timeout=seconds)
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(3.1)
    assert not server.task.done()
    await clock.advance(0.4)
    assert server.task.done() is over
    await clock.advance(27)
    assert server.task.done() is (seconds != math.inf)
    server.client.disconnect()
    await server.over()


async def test_a_source_may_wait_for_longer_than_a_send(clock: Clock) -> None:
    source = Source(b"a")
    server = Server(serving(source.pieces()))
    await clock.advance(200.2)
    source.feed.put_nowait("end")
    await server.over()
    assert server.events[1:] == [piece(b"a"), LAST]


@pytest.mark.parametrize(
    ("size", "seconds"), [(262144, 30), (262145, 60), (524288, 60), (524289, 90)]
)
async def test_a_client_has_the_send_timeout_for_each_256_kib_of_what_is_sent_at_once(
    size: int, seconds: int, clock: Clock
) -> None:
    server = Server(serving(Source(bytes(size)).pieces()))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(seconds + 0.1)
    assert not server.task.done()
    await clock.advance(0.4)
    assert server.task.result() is None
    assert len(server.events) == 1


async def test_each_send_of_a_stream_has_a_send_timeout_of_its_own(
    clock: Clock,
) -> None:
    source = Source(b"a", bytes(262145), b"c", b"d")
    server = Server(serving(source.pieces()))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(0)
    for count, seconds in enumerate([29, 59, 29], start=1):
        assert len(server.events) == count
        await clock.advance(0.2 + seconds)
        server.may_send.set()
        server.may_send = asyncio.Event()
        await clock.advance(0)
    await clock.advance(29.2)
    assert not server.task.done()
    await clock.advance(1.4)
    assert server.task.result() is None
    assert [len(event["body"]) for event in server.events[1:]] == [1, 262145, 1]


async def test_a_server_that_gives_up_at_the_same_time_hears_of_its_cancellation(
    clock: Clock,
) -> None:
    source = Source(b"a")
    server = Server(serving(source.pieces()))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(30)
    assert not server.task.done()
    asyncio.get_running_loop().call_later(0.2, server.task.cancel)
    await clock.advance(0.2)
    with pytest.raises(asyncio.CancelledError):
        await server.over()
    assert server.task.cancelling() == 1
    assert source.closed


# A source that does not end when it is cancelled.


class Stubborn:
    """A source that waits, and swallows so many cancellations."""

    def __init__(self, swallows: int, *, yields: bool = False) -> None:
        self._swallows = swallows
        self._yields = yields
        self.closed = False

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            for _ in range(self._swallows):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if self._yields:
                        yield b"more"
            await asyncio.Event().wait()
        finally:
            self.closed = True


def warned(caplog: pytest.LogCaptureFixture, name: str) -> int:
    """Count the warnings, all of which have to name a source."""
    records = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert all(f"GET / is over, but its source {name} " in r.message for r in records)
    return len(records)


@pytest.mark.parametrize("why", ["leaves", "frozen", "drain"])
async def test_what_a_source_yields_when_it_was_cancelled_is_not_sent(
    why: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Stubborn(1, yields=True)
    app = serving(source.pieces(), keep_alive_interval=15.1)
    server = Server(app)
    server.waits_at = lambda event: event.get("body") == b"ping"
    await clock.advance(0)
    if why == "leaves":
        server.client.disconnect()
    elif why == "drain":
        (connection,) = app.connections
        await connection.end()
    else:
        await clock.advance(46)
    await clock.advance(0)
    assert server.task.result() is None
    assert server.events[1:] == [LAST] * (why == "drain")
    assert source.closed
    assert warned(caplog, "Stubborn.pieces") == 1


async def test_a_piece_that_comes_with_the_end_is_not_sent_and_nobody_to_blame(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source()
    app = serving(source.pieces())
    server = Server(app)
    await clock.advance(0)
    (connection,) = app.connections
    source.feed.put_nowait(b"a")
    await connection.end()
    await clock.advance(0)
    assert server.task.result() is None
    assert server.events[1:] == [LAST]
    assert source.closed
    assert caplog.records == []


@pytest.mark.parametrize("swallows", [0, 1, 2])
@pytest.mark.parametrize("frozen", [False, True])
async def test_a_source_that_goes_on_is_cancelled_again_2_seconds_after_its_client_left(
    swallows: int, frozen: bool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Stubborn(swallows)
    app = serving(source.pieces(), keep_alive_interval=15.1)
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(0)
    if frozen:  # A ping waits, from 15.1 s on, until it is given up.
        await clock.advance(45.5)
    else:
        server.client.disconnect()
        await clock.advance(0)
    assert source.closed is (swallows == 0)
    await clock.advance(1.6 if frozen else 1.99)
    assert source.closed is (swallows == 0)
    await clock.advance(0.7 if frozen else 0.21)
    assert source.closed is (swallows < 2)
    await clock.advance(200)  # No more is done about it
    assert source.closed is (swallows < 2)
    assert warned(caplog, "Stubborn.pieces") == (swallows > 0)
    if swallows == 2:  # but by a drain.
        draining = asyncio.create_task(app.drain(grace=1))
        await clock.advance(0)
        await clock.advance(1)
        await draining
    assert source.closed
    assert server.task.result() is None
    assert server.task.cancelling() == 0
    assert len(app.connections) == 0


async def test_a_drain_gives_a_source_its_own_grace(clock: Clock) -> None:
    source = Stubborn(1)
    app = serving(source.pieces(), keep_alive_interval=15.1)
    server = Server(app)
    await clock.advance(0)
    (connection,) = app.connections
    draining = asyncio.create_task(app.drain(grace=20))
    await clock.advance(0)
    await connection.end()  # To be told again changes nothing.
    await clock.advance(19.9)
    assert not source.closed
    await clock.advance(0.2)
    await draining
    assert source.closed
    assert server.task.result() is None


class Clinging:
    """A source that does not come to an end of its closing; before that it may wait."""

    def __init__(self, *, waits: bool = False) -> None:
        self._waits = waits
        self.closing = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"a"
        if self._waits:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            yield b"b"

    async def aclose(self) -> None:
        self.closing += 1
        await asyncio.Event().wait()


@pytest.mark.parametrize(("wrapped", "sent"), [(False, 0), (False, 1), (True, 1)])
async def test_a_source_that_cannot_be_closed_is_let_go_2_seconds_after_the_client_left(
    wrapped: bool, sent: int, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source, closed = Clinging(), Source(b"begun")
    begun = closed.pieces()
    await anext(begun)
    app = serving(begun if wrapped else source)
    app.resp_options.event_stream = lambda events, resp: Stream(source)
    server = Server(app)
    server.fails_at = lambda event: len(server.events) == sent
    await clock.advance(1.99)
    assert not server.task.done()
    await clock.advance(0.21)
    assert server.task.result() is None
    assert len(app.connections) == 0
    assert source.closing == 1
    assert closed.closed is wrapped
    assert warned(caplog, "Source.pieces" if wrapped else "Clinging") == 1


async def test_a_source_that_swallows_and_cannot_be_closed_is_told_of_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(serving(Clinging(waits=True)))
    await clock.advance(0)
    server.client.disconnect()
    await clock.advance(0)
    assert warned(caplog, "Clinging") == 1
    await clock.advance(1.99)
    assert not server.task.done()
    await clock.advance(0.21)
    assert server.task.result() is None
    assert server.events[1:] == [piece(b"a")]
    assert warned(caplog, "Clinging") == 1


@pytest.mark.parametrize("broken", [False, True])
async def test_a_source_that_cannot_be_closed_does_not_hold_up_a_drain(
    broken: bool, clock: Clock
) -> None:
    def breaks(event: Event) -> bool:
        if broken and event["type"] != START:
            raise RuntimeError("The server's own.")
        return False

    app = serving(Clinging())
    server = Server(app)
    server.fails_at = breaks
    await clock.advance(0)
    assert server.events[1:] == [piece(b"a"), LAST] * (not broken)
    await clock.advance(100.2)  # It may take its time: no client has left.
    assert not server.task.done()
    draining = asyncio.create_task(app.drain(grace=1))
    await clock.advance(1)
    await draining
    assert server.task.result() is None
    assert len(app.connections) == 0


# Pieces that are ready together.


def batching(source: Any, **options: Any) -> App:
    """An App that streams strings, those together that are ready together."""
    return serving(
        source, encode=str.encode, coalesce=True, **{"first_keep_alive": 60} | options
    )


async def ready(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


@pytest.mark.usefixtures("clock")
async def test_what_is_ready_behind_the_first_piece_is_one_send() -> None:
    server = Server(batching(ready("a", "b", "c", "d")))
    await server.over()
    assert server.body_chunks == [b"a", b"bcd", b""]


async def test_what_is_ready_does_not_wait_for_what_comes_later(clock: Clock) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        yield "b"
        yield "c"
        await asyncio.sleep(1)
        yield "d"
        yield "e"

    server = Server(batching(source()))
    await clock.advance(0.9)
    assert server.body_chunks == [b"a", b"bc"]
    await clock.advance(0.1)
    assert server.body_chunks == [b"a", b"bc", b"d", b"e", b""]


async def test_what_is_ready_behind_a_piece_that_was_waited_for_is_one_send(
    clock: Clock,
) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        await asyncio.sleep(1)
        for piece in "bcde":
            yield piece

    server = Server(batching(source()))
    await clock.advance(1)
    await server.over()
    assert server.body_chunks == [b"a", b"b", b"cde", b""]


async def test_what_is_ready_when_the_server_has_waited_is_one_send(
    clock: Clock,
) -> None:
    server = Server(batching(ready("a", "b", "c", "d")))
    server.waits_at = lambda event: event.get("body") == b"a"
    await clock.advance(0)
    server.may_send.set()
    await server.over()
    assert server.body_chunks == [b"a", b"bcd", b""]


@pytest.mark.usefixtures("clock")
async def test_what_was_waited_for_is_sent_before_the_source_is_asked_for_more() -> (
    None
):
    turns: list[str] = []
    sent: list[list[bytes]] = []

    async def source() -> AsyncIterator[str]:
        yield "a"
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(turns.append, "a turn of the loop")
        yield "b"
        sent.append(server.body_chunks.copy())
        assert turns == []

    server = Server(batching(source()))
    await server.over()
    assert sent == [[b"a", b"b"]]


async def test_a_source_that_waits_for_nothing_gives_others_their_turn_at_each_send() -> (
    None
):
    turns: list[str] = []

    async def source() -> AsyncIterator[str]:
        yield "a"
        asyncio.get_running_loop().call_soon(turns.append, "a turn of the loop")
        yield "b" * 0x10000
        assert turns != []

    server = Server(batching(source()))
    await server.over()
    assert [len(body) for body in server.body_chunks] == [1, 0x10000, 0]


@pytest.mark.parametrize("waits", [False, True])
async def test_a_client_that_does_not_read_what_was_batched_is_given_up(
    waits: bool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")

    async def source() -> AsyncIterator[str]:
        if waits:
            await asyncio.sleep(0)
        yield "a"

    server = Server(batching(source()))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(30.1)
    assert not server.task.done()
    await clock.advance(0.4)
    assert server.task.result() is None
    assert did_not_read(caplog) == [(logging.DEBUG, True)]


async def test_what_shows_where_a_task_waits_sees_the_source(clock: Clock) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        await asyncio.Event().wait()

    server = Server(batching(source()))
    await clock.advance(0)
    assert "await asyncio.Event().wait()" in describe(server.task, "The task")
    server.client.disconnect()
    await server.over()


@pytest.mark.parametrize(("seconds", "sends"), [(0.001, 4), (0.0009, 3)])
async def test_a_source_that_computes_does_not_keep_back_what_it_gave(
    seconds: float, sends: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    now = 0.0
    monkeypatch.setattr(loop, "time", lambda: now)

    async def source() -> AsyncIterator[str]:
        nonlocal now
        for piece in "abc":
            now += seconds
            yield piece

    server = Server(batching(source()))
    await server.over()
    assert b"".join(server.body_chunks) == b"abc"
    assert len(server.body_chunks) == sends


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("size", "sizes"), [(0x8000, [1, 0x10000, 1, 0]), (0x7FFF, [1, 0x10000, 0])]
)
async def test_64_kib_that_are_ready_do_not_wait_for_more(
    size: int, sizes: list[int]
) -> None:
    server = Server(batching(ready("a", "b" * 0x8000, "c" * size, "d")))
    await server.over()
    assert [len(body) for body in server.body_chunks] == sizes


async def test_others_have_their_turn_beside_a_source_that_waits_for_nothing() -> None:
    closed: list[bool] = []

    async def source() -> AsyncIterator[str]:
        try:
            while True:
                yield "a" * 1000
        finally:
            closed.append(True)

    async with ASGIConductor(batching(source())).get_stream() as result:
        assert await result.stream.read()
    assert closed == [True]


class Awaiting:
    """A source that is no generator, and waits by futures of its own."""

    def __init__(self) -> None:
        self.left = 3

    def __aiter__(self) -> "Awaiting":
        return self

    def __anext__(self) -> asyncio.Future[str]:
        future = asyncio.get_running_loop().create_future()
        self.left -= 1
        if self.left:
            future.get_loop().call_soon(future.set_result, "abc"[self.left])
        else:
            future.set_exception(StopAsyncIteration())
        return future


@pytest.mark.usefixtures("clock")
async def test_a_source_may_be_any_asynchronous_iterator() -> None:
    server = Server(batching(Awaiting()))
    await server.over()
    assert server.body_chunks == [b"c", b"b", b""]


async def test_a_timeout_of_the_sources_own_does_not_break_off_what_is_being_sent(
    clock: Clock,
) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        yield "b"
        yield "c"
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.Event().wait()
        yield "d"

    server = Server(batching(source()))
    server.waits_at = lambda event: event.get("body") == b"bc"
    await clock.advance(2)
    assert server.body_chunks == [b"a"]
    server.may_send.set()
    await server.over()
    assert server.body_chunks == [b"a", b"bc", b"d", b""]


async def raising() -> AsyncIterator[str]:
    yield "a"
    yield "b"
    raise RuntimeError("a bug")


async def raising_later() -> AsyncIterator[str]:
    yield "a"
    yield "b"
    await asyncio.sleep(0)
    raise RuntimeError("a bug")


async def not_encodable() -> AsyncIterator[Any]:
    yield "a"
    yield "b"
    yield 1


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("source", [raising, raising_later, not_encodable])
async def test_what_was_ready_before_an_error_is_sent_before_it(
    source: Callable[[], AsyncIterator[str]],
) -> None:
    server = Server(batching(source()))
    with pytest.raises((RuntimeError, TypeError), match=r"a bug|str"):
        await server.over()
    assert server.body_chunks == [b"a", b"b"]


async def test_an_error_does_not_break_off_what_is_being_sent(clock: Clock) -> None:
    server = Server(batching(raising_later()))
    server.waits_at = lambda event: event.get("body") == b"b"
    await clock.advance(0)
    assert server.body_chunks == [b"a"]
    server.may_send.set()
    with pytest.raises(RuntimeError, match=r"a bug"):
        await server.over()
    assert server.body_chunks == [b"a", b"b"]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("waits", "failing"),
    [(True, b"a"), (True, b"bc"), (True, b"d"), (False, b"a"), (False, b"bcd")],
)
async def test_a_client_that_leaves_while_it_is_sent_a_batch_ends_the_stream(
    failing: bytes, waits: bool
) -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        try:
            for piece in "abc":
                yield piece
            if waits:
                await asyncio.sleep(0)
                yield "d"
                await asyncio.Event().wait()
            yield "d"
        finally:
            closed.set()

    server = Server(batching(source()))
    server.fails_at = lambda event: event.get("body") == failing
    await server.over()
    assert failing not in server.body_chunks
    assert b"" not in server.body_chunks
    assert closed.is_set()


@pytest.mark.usefixtures("clock")
async def test_what_a_server_raises_for_a_batch_goes_through() -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[str]:
        try:
            for piece in "abc":
                yield piece
            await asyncio.Event().wait()
        finally:
            closed.set()

    def fails(event: Event) -> bool:
        if event.get("body") == b"bc":
            raise LookupError("no such")
        return False

    server = Server(batching(source()))
    server.fails_at = fails
    with pytest.raises(LookupError, match="no such"):
        await server.over()
    assert closed.is_set()


async def test_a_batch_that_is_being_sent_is_not_cut_off_by_a_drain(
    clock: Clock,
) -> None:
    async def source() -> AsyncIterator[str]:
        for piece in "abc":
            yield piece
        await asyncio.Event().wait()

    app = batching(source(), farewell=lambda: b"bye")
    server = Server(app)
    server.waits_at = lambda event: event.get("body") == b"bc"
    await clock.advance(0)
    draining = asyncio.create_task(app.drain(grace=5))
    await clock.advance(4.9)
    assert server.body_chunks == [b"a"]
    server.may_send.set()
    await draining
    await server.over()
    assert server.body_chunks == [b"a", b"bc", b"bye", b""]


async def test_the_client_hears_of_nothing_twice_when_a_keep_alive_is_due(
    clock: Clock,
) -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        await asyncio.sleep(10)
        yield "b"
        yield "c"

    app = batching(source(), first_keep_alive=3, keep_alive_interval=3)
    server = Server(app)
    await clock.advance(10)
    await server.over()
    assert server.body_chunks == [b"a", *[b"ping"] * 3, b"b", b"c", b""]


@given(st.lists(st.sampled_from([*"abc", "", None]), max_size=12))
def test_every_piece_arrives_in_its_place(script: list[str | None]) -> None:
    async def source() -> AsyncIterator[str]:
        for step in script:
            if step is None:
                await asyncio.sleep(0)
            else:
                yield step

    async def run() -> list[bytes]:
        with testing.clock():
            server = Server(batching(source()))
            await server.over()
            return server.body_chunks

    bodies = asyncio.run(run())
    assert b"".join(bodies).decode() == "".join(filter(None, script))
    assert bodies[-1] == b""
