import asyncio
import io
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from falconws.core import App, Event, HTTPForbidden, Request, Response, Stream
from falconws.core.response.stream import FileStream
from falconws.testing import ASGIConductor, TestClient, create_scope

T = TypeVar("T")

START = "http.response.start"
LAST = {"type": "http.response.body", "body": b"", "more_body": False}


def piece(body: bytes) -> Event:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def settled() -> None:
    """Let every task go on for as long as it can."""
    for _ in range(30):
        await asyncio.sleep(0)


class Clock:
    """The time of the event loop: it stands still until it is moved on."""

    def __init__(self, now: float) -> None:
        self.now = now

    async def advance(self, *several: float) -> None:
        for seconds in several:
            self.now += seconds
            await settled()


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    loop = asyncio.get_running_loop()
    clock = Clock(loop.time())
    monkeypatch.setattr(loop, "time", lambda: clock.now)
    return clock


async def soon(awaitable: Awaitable[T]) -> T:
    """Wait for what is about to happen; a test that would hang fails."""
    async with asyncio.timeout(5):
        return await awaitable


class Source:
    """A source that gives what it is fed, and notes that its `finally` ran."""

    def __init__(self, *pieces: Any) -> None:
        self.feed: asyncio.Queue[Any] = asyncio.Queue()
        for each in pieces:
            self.feed.put_nowait(each)
        self.closed = asyncio.Event()

    async def pieces(self) -> AsyncIterator[Any]:
        try:
            while (item := await self.feed.get()) != "end":
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed.set()


class Server:
    """A server's side of one request."""

    def __init__(self, app: App, **scope: Any) -> None:
        self.requests: asyncio.Queue[Event] = asyncio.Queue()
        self.sent: list[Event] = []
        self.fails_at: Callable[[Event], bool] = lambda event: False
        self.waits_at: Callable[[Event], bool] = lambda event: False
        self.may_send = asyncio.Event()
        self._news = asyncio.Event()
        self._app = app
        self._scope = create_scope(**scope)
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        await self._app(self._scope, self.requests.get, self._send)

    async def _send(self, event: Event) -> None:
        if self.fails_at(event):
            raise OSError("The client has left.")
        if self.waits_at(event):
            await self.may_send.wait()
        if event["type"] != START:
            event.setdefault("more_body", False)  # ASGI: what it is if it is left out
        self.sent.append(event)
        self._news.set()

    def deliver(self, body: bytes = b"", *, more: bool = False) -> None:
        self.requests.put_nowait(
            {"type": "http.request", "body": body, "more_body": more}
        )

    def leave(self) -> None:
        self.requests.put_nowait({"type": "http.disconnect"})

    async def sent_all(self, count: int) -> None:
        """Wait until the application has sent as many events."""
        async with asyncio.timeout(5):
            while len(self.sent) < count:
                self._news.clear()
                await self._news.wait()

    async def over(self) -> None:
        """Wait until the application has returned."""
        await soon(self.task)


def streaming(
    source: Source,
    *,
    keep_alive: float | None = None,
    farewell: Callable[[], bytes] | None = None,
    **responders: Any,
) -> App:
    """An App that streams from a source."""

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = source.pieces()

    app = App(extensions=())
    app.resp_options.event_stream = lambda events, resp: Stream(
        events, None, b"ping", keep_alive, farewell=farewell
    )
    responders = {"on_get": on_get, "on_head": on_get, "on_post": on_get} | responders
    app.add_route("/", SimpleNamespace(**responders))
    return app


async def test_each_piece_is_sent_as_it_comes_and_then_the_end() -> None:
    source = Source()
    server = Server(streaming(source))
    server.deliver()
    for count, item in enumerate([b"a", bytearray(b"b"), memoryview(b"c")], start=2):
        source.feed.put_nowait(item)
        await server.sent_all(count)
    source.feed.put_nowait("end")
    await server.over()
    assert server.sent[0]["type"] == START
    assert server.sent[1:] == [piece(b"a"), piece(b"b"), piece(b"c"), LAST]
    assert all(type(event["body"]) is bytes for event in server.sent[1:])
    assert source.closed.is_set()


async def test_none_ends_a_stream() -> None:
    source = Source(b"a", None, b"b")
    server = Server(streaming(source))
    await server.over()
    assert server.sent[1:] == [piece(b"a"), LAST]
    assert source.closed.is_set()


async def test_pieces_are_encoded_by_what_opened_the_stream() -> None:
    source = Source("a", None, "end")
    app = streaming(source)
    app.resp_options.event_stream = lambda events, resp: Stream(
        events, lambda item: repr(item).encode()
    )
    server = Server(app)
    await server.over()
    assert server.sent[1:] == [piece(b"'a'"), piece(b"None"), LAST]


def test_a_file_is_sent_in_blocks_and_closed() -> None:
    class File:
        blocks = iter([b"a" * 65536, b"b", b""])
        closed = False

        async def read(self, size: int) -> bytes:
            assert size == 65536
            return next(self.blocks)

        async def close(self) -> None:
            self.closed = True

    file = File()

    async def on_get(req: Request, resp: Response) -> None:
        resp.set_stream(file, 65537)

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get()
    assert result.content == b"a" * 65536 + b"b"
    assert result.headers["content-length"] == "65537"
    assert result.content_type == "application/json"
    assert file.closed


async def test_the_other_headers_of_a_stream_are_kept() -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = Source("end").pieces()
        resp.content_type = "text/plain"
        resp.set_cookie("a", "b")

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = await ASGIConductor(app).get()
    assert result.content_type == "text/plain"
    assert result.cookies == {"a": "b"}
    assert "content-length" not in result.headers


@pytest.mark.parametrize(
    ("status", "length"), [(100, None), (101, None), (204, None), (304, "5")]
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_only_a_response_that_may_tell_a_length_keeps_what_was_set(
    status: int, length: str | None, streamed: bool
) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.status = status
        resp.content_length = 5
        if streamed:
            resp.stream = Source("end").pieces()

    server = Server(streaming(Source(), on_get=on_get))
    await server.over()
    headers = dict(server.sent[0]["headers"])
    assert headers.get(b"content-length") == (length.encode() if length else None)
    assert [event["body"] for event in server.sent[1:]] == [b""]


# How a stream ends.


async def test_a_client_that_leaves_ends_a_stream_that_waits() -> None:
    source = Source(b"a")
    app = streaming(source)
    async with ASGIConductor(app).get_stream() as result:
        assert await result.stream.read() == b"a"
        assert len(app.connections) == 1
        assert not source.closed.is_set()
    assert source.closed.is_set()
    assert len(app.connections) == 0


async def test_a_client_that_leaves_is_sent_nothing_more() -> None:
    source = Source(b"a")
    server = Server(streaming(source))
    await server.sent_all(2)
    server.leave()
    await server.over()
    assert server.sent[1:] == [piece(b"a")]
    assert source.closed.is_set()


async def test_a_client_that_leaves_ends_a_stream_that_is_being_sent() -> None:
    source = Source(b"a")
    server = Server(streaming(source))
    server.waits_at = lambda event: event["type"] != START
    await server.sent_all(1)
    server.leave()
    await server.over()
    assert server.sent[1:] == []
    assert source.closed.is_set()


@pytest.mark.parametrize("fails_from", [0, 1, 2])
async def test_a_send_that_fails_is_a_client_that_left(
    fails_from: int, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source(b"before", b"a", "end")

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)

    server = Server(streaming(source, on_get=responder))
    server.fails_at = lambda event: len(server.sent) == fails_from
    await server.over()
    assert len(server.sent) == fails_from
    assert source.closed.is_set()
    assert caplog.records == []


async def test_a_send_of_a_body_that_fails_is_a_client_that_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def responder(req: Request, resp: Response) -> None:
        resp.text = "text"

    server = Server(streaming(Source(), on_get=responder))
    server.fails_at = lambda event: True
    await server.over()
    assert server.sent == []
    assert caplog.records == []


@pytest.mark.parametrize(
    "error",
    # Some of these are what a server raises when the client has left; it is not the server
    # who raises them here.
    [ZeroDivisionError(), TimeoutError("its own"), ConnectionRefusedError("Redis")],
)
async def test_an_error_of_the_source_breaks_the_response_off(error: Exception) -> None:
    source = Source(b"a", error)
    server = Server(streaming(source))
    with pytest.raises(type(error)) as caught:
        await server.over()
    assert caught.value is error
    # Without a last event: the client must not take it for the whole body.
    assert server.sent[1:] == [piece(b"a")]
    assert source.closed.is_set()


async def test_text_in_a_stream_is_refused_with_what_to_do() -> None:
    source = Source("text")
    server = Server(streaming(source))
    with pytest.raises(TypeError, match=r"gives bytes, not str; .*\.encode\(\)"):
        await server.over()
    assert source.closed.is_set()


async def test_a_cancellation_by_the_server_goes_through_and_closes_the_source() -> (
    None
):
    source = Source(b"a")
    app = streaming(source)
    server = Server(app)
    await server.sent_all(2)
    server.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(server.task)
    assert source.closed.is_set()
    assert len(app.connections) == 0


# A source that was begun before the response is, and is never sent: its `finally` runs when
# it is closed, and not otherwise.


async def _begun(source: Source, resp: Response) -> None:
    pieces = source.pieces()
    await anext(pieces)
    resp.stream = pieces


@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_a_stream_that_is_not_to_be_sent_is_closed(method: str) -> None:
    source = Source(b"a")

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)
        if method != "HEAD":
            resp.status = 204

    server = Server(
        streaming(source, on_get=responder, on_head=responder), method=method
    )
    await server.over()
    assert [event.get("body") for event in server.sent] == [None, b""]
    assert source.closed.is_set()


@pytest.mark.parametrize("exc", [HTTPForbidden(), ZeroDivisionError()])
@pytest.mark.parametrize("where", ["responder", "process_response"])
async def test_a_stream_whose_response_fails_is_closed_and_the_error_sent(
    exc: Exception, where: str
) -> None:
    source = Source(b"a")

    async def fail(req: Request, resp: Response, *args: Any) -> None:
        raise exc

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)
        if where == "responder":
            raise exc

    app = streaming(source, on_get=responder)
    if where != "responder":
        app.add_middleware(SimpleNamespace(process_response=fail))
    result = await ASGIConductor(app).get()
    assert source.closed.is_set()
    assert result.json["title"] in ("403 Forbidden", "500 Internal Server Error")


async def test_a_stream_is_closed_when_the_request_is_cancelled_before_it_begins() -> (
    None
):
    source, reached = Source(b"a"), asyncio.Event()

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)
        reached.set()
        await asyncio.Event().wait()

    server = Server(streaming(source, on_get=responder))
    await soon(reached.wait())
    server.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await soon(server.task)
    assert source.closed.is_set()


async def test_a_stream_that_cannot_be_closed_does_not_cost_the_client_its_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        async def read(self, size: int) -> bytes:
            return b""

        def close(self) -> None:
            raise OSError("The disk is gone.")

    async def responder(req: Request, resp: Response) -> None:
        resp.stream = Broken()
        raise HTTPForbidden()

    result = await ASGIConductor(streaming(Source(), on_get=responder)).get()
    assert result.json == {"title": "403 Forbidden"}


async def test_what_an_opener_wraps_around_a_source_is_closed_too() -> None:
    source, wrapper_closed = Source(b"a", b"b"), asyncio.Event()
    in_finally = asyncio.Event()

    async def wrapped(events: Any) -> AsyncIterator[bytes]:
        try:
            async for event in events:
                yield event
        finally:
            in_finally.set()
            await asyncio.sleep(0)  # as one that says goodbye to a broker does
            wrapper_closed.set()

    app = streaming(source)
    app.resp_options.event_stream = lambda events, resp: Stream(wrapped(events))
    server = Server(app)
    server.fails_at = lambda event: event.get("body") == b"a"
    await server.over()
    assert in_finally.is_set()
    assert wrapper_closed.is_set()


# Streams and the body of the request.


async def _echo(req: Request, resp: Response) -> None:
    async def echo() -> AsyncIterator[bytes]:
        await asyncio.sleep(0)  # as one that looks something up before does
        async for chunk in req.stream:
            yield chunk

    resp.stream = echo()


def echoing() -> App:
    return streaming(Source(), on_get=_echo, on_post=_echo)


async def test_a_stream_may_read_the_body_of_its_request() -> None:
    body = bytes(range(256)) * 64
    result = await ASGIConductor(echoing()).post(body=body)
    assert result.content == body


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_stream_may_read_the_body_of_a_request_that_has_none(
    method: str,
) -> None:
    server = Server(echoing(), method=method)
    server.deliver()
    await server.over()
    assert server.sent[1:] == [LAST]


async def _pass_on(req: Request, resp: Response) -> None:
    resp.stream = req.stream


@pytest.mark.parametrize("responder", [_echo, _pass_on])
async def test_a_client_that_leaves_ends_a_stream_that_reads_the_body(
    responder: Any,
) -> None:
    app = streaming(Source(), on_post=responder)
    server = Server(app, method="POST", content_length=2)
    server.deliver(b"a", more=True)
    await server.sent_all(2)
    server.leave()
    await server.over()
    assert server.sent[1:] == [piece(b"a")]


@pytest.mark.parametrize(
    ("method", "length"), [("GET", "2"), ("POST", "2"), ("GET", "no number")]
)
async def test_a_client_that_leaves_ends_a_stream_also_when_nobody_read_the_body(
    method: str, length: str
) -> None:
    source = Source(b"a")
    headers = {"Content-Length": length}
    server = Server(streaming(source), method=method, headers=headers)
    server.deliver(b"{}")
    server.leave()
    await server.over()
    assert source.closed.is_set()


async def test_a_body_that_was_read_before_is_not_in_the_way() -> None:
    source = Source(b"a")

    async def on_post(req: Request, resp: Response) -> None:
        await req.get_media()
        resp.stream = source.pieces()

    async with ASGIConductor(streaming(source, on_post=on_post)) as conductor:
        source.feed.put_nowait("end")
        result = await conductor.post(json={"a": 1})
    assert result.content == b"a"


async def test_a_body_that_is_announced_and_neither_sent_nor_read_is_not_waited_for() -> (
    None
):
    async def on_post(req: Request, resp: Response) -> None:
        resp.text = "no, thank you"

    app = streaming(Source(), on_post=on_post)
    server = Server(app, method="POST", content_length=5)
    await server.over()
    assert server.sent[-1]["body"] == b"no, thank you"


# Keep-alive.


async def test_silence_is_broken_by_the_keep_alive_until_the_source_goes_on() -> None:
    source = Source()
    server = Server(streaming(source, keep_alive=0.01))
    await server.sent_all(3)
    source.feed.put_nowait(b"a")
    while piece(b"a") not in server.sent:
        await server.sent_all(len(server.sent) + 1)
    await server.sent_all(len(server.sent) + 1)
    source.feed.put_nowait("end")
    await server.over()
    bodies = [event["body"] for event in server.sent[1:]]
    assert bodies[:2] == [b"ping", b"ping"]
    assert bodies[bodies.index(b"a") + 1] == b"ping"
    assert bodies[-1] == b""
    assert set(bodies) == {b"ping", b"a", b""}


def opening(source: Source, **kwargs: Any) -> App:
    """An App whose streams have what else a `Stream` can have."""
    app = streaming(source)
    app.resp_options.event_stream = lambda events, resp: Stream(
        events, None, b"ping", **kwargs
    )
    return app


async def test_the_opening_goes_before_the_first_piece_and_does_not_wait_for_it(
    clock: Clock,
) -> None:
    source = Source()
    server = Server(opening(source, opening=b"open", first_keep_alive=0.1))
    await settled()
    assert server.sent[1:] == [piece(b"open")]
    await clock.advance(100)
    assert server.sent[1:] == [piece(b"open")]
    source.feed.put_nowait(b"a")
    source.feed.put_nowait("end")
    await server.over()
    assert server.sent[1:] == [piece(b"open"), piece(b"a"), LAST]


async def test_a_client_that_leaves_at_the_opening_is_sent_nothing_more() -> None:
    source = Source(b"a")
    server = Server(opening(source, opening=b"open"))
    server.fails_at = lambda event: event.get("body") == b"open"
    await server.over()
    assert len(server.sent) == 1
    assert not source.feed.empty()


@pytest.mark.parametrize("waits_at", [START, "http.response.body"])
async def test_a_stream_that_a_drain_ends_at_its_opening_has_no_pieces(
    waits_at: str,
) -> None:
    source = Source(b"a")
    app = opening(source, opening=b"open")
    server = Server(app)
    server.waits_at = lambda event: event["type"] == waits_at
    await settled()
    draining = asyncio.create_task(app.drain(grace=5))
    await settled()
    server.may_send.set()
    await soon(draining)
    await server.over()
    assert server.sent[1:] == [piece(b"open")] * (waits_at != START) + [LAST]


@pytest.mark.parametrize("interval", [None, 15.0])
async def test_the_first_keep_alive_has_an_interval_of_its_own(
    interval: float | None, clock: Clock
) -> None:
    source = Source()
    app = opening(source, first_keep_alive=0.1, keep_alive_interval=interval)
    server = Server(app)
    await settled()
    await clock.advance(0.09)
    assert server.sent[1:] == []
    await clock.advance(0.02)
    assert server.sent[1:] == [piece(b"ping")]
    await clock.advance(14.9)
    assert len(server.sent) == 2
    await clock.advance(0.2)
    assert len(server.sent) == (2 if interval is None else 3)
    source.feed.put_nowait("end")
    await server.over()


@pytest.mark.parametrize("late", [False, True])
async def test_a_piece_that_comes_at_once_needs_no_first_keep_alive(
    late: bool, clock: Clock
) -> None:
    source = Source()
    app = opening(source, first_keep_alive=0.1, keep_alive_interval=15.0)
    server = Server(app)
    server.waits_at = lambda event: late and event["type"] != START
    await settled()
    source.feed.put_nowait(b"a")  # No time has passed, by a clock of low resolution.
    await settled()
    await clock.advance(0.11, 1)
    server.may_send.set()  # While it was being sent there was no silence.
    await settled()
    await clock.advance(13)
    assert server.sent[1:] == [piece(b"a")]
    await clock.advance(3)
    assert server.sent[1:] == [piece(b"a"), piece(b"ping")]
    source.feed.put_nowait("end")
    await server.over()


@pytest.mark.parametrize(
    ("seconds", "over"), [(3.0, True), (None, False), (math.inf, False)]
)
async def test_a_stream_may_have_a_time_to_read_of_its_own(
    seconds: float | None, over: bool, clock: Clock
) -> None:
    app = opening(Source(b"a"), send_timeout=seconds)
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await settled()
    await clock.advance(0.2, 2.9)
    assert not server.task.done()
    await clock.advance(0.2)
    assert server.task.done() is over
    await clock.advance(27)
    assert server.task.done() is (seconds != math.inf)
    server.leave()
    await server.over()


def test_what_would_give_a_stream_if_it_were_called_is_refused_with_what_to_do() -> (
    None
):
    async def no_generator() -> None: ...

    for wrong, words in ((Source, "class Source; call it"), (no_generator(), "corout")):
        with pytest.raises(TypeError, match=words):
            Response().stream = wrong


async def test_a_source_that_is_never_silent_needs_no_keep_alive() -> None:
    async def chatty() -> AsyncIterator[bytes]:
        for _ in range(200):
            await asyncio.sleep(0)
            yield b"a"

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = chatty()

    server = Server(streaming(Source(), keep_alive=60.0, on_get=on_get))
    await server.over()
    assert server.sent[1:] == [piece(b"a")] * 200 + [LAST]


async def test_a_client_that_does_not_read_is_not_sent_one_ping_after_another() -> None:
    """Time is told by another stream of the same interval, to a client that does read."""
    frozen = Server(streaming(Source(b"a"), keep_alive=0.01))
    frozen.waits_at = lambda event: event["type"] != START
    pinged = Server(streaming(Source(), keep_alive=0.01))
    pinged.waits_at = lambda event: event.get("body") == b"ping"
    clock = Server(streaming(Source(), keep_alive=0.01))
    await clock.sent_all(6)
    assert len(frozen.sent) == 1
    assert len(pinged.sent) == 1
    for server in (frozen, pinged):
        server.may_send.set()
        await server.sent_all(2)
    assert frozen.sent[1] == piece(b"a")
    assert pinged.sent[1] == piece(b"ping")
    for server in (frozen, pinged, clock):
        server.leave()
        await server.over()


async def test_a_piece_waits_for_the_ping_that_is_being_sent() -> None:
    source = Source()
    server = Server(streaming(source, keep_alive=0.01))
    pinging = asyncio.Event()

    def is_ping(event: Event) -> bool:
        if event.get("body") == b"ping":
            pinging.set()
            return True
        return False

    server.waits_at = is_ping
    await soon(pinging.wait())
    source.feed.put_nowait(b"a")
    source.feed.put_nowait("end")
    await asyncio.sleep(0)
    server.may_send.set()
    await server.over()
    bodies = [event["body"] for event in server.sent[1:]]
    assert bodies[0] == b"ping"
    assert [body for body in bodies if body != b"ping"] == [b"a", b""]


async def test_a_client_that_leaves_while_it_is_sent_a_ping_ends_the_stream() -> None:
    source, pinging = Source(), asyncio.Event()
    server = Server(streaming(source, keep_alive=0.01))

    def waits(event: Event) -> bool:
        if event["type"] == START:
            return False
        pinging.set()
        return True

    server.waits_at = waits
    await soon(pinging.wait())
    server.leave()
    await server.over()
    assert source.closed.is_set()


async def test_a_ping_that_fails_is_a_client_that_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = Source()
    server = Server(streaming(source, keep_alive=0.01))
    server.fails_at = lambda event: event.get("body") == b"ping"
    await server.over()
    assert len(server.sent) == 1  # The response has no end.
    assert source.closed.is_set()
    assert [r for r in caplog.records if r.levelno > logging.DEBUG] == []


# A client that does not read. The first sweep that sees a send comes 0.2 s after its beginning.


def did_not_read(caplog: pytest.LogCaptureFixture) -> list[tuple[int, bool]]:
    return [(r.levelno, "not read" in r.getMessage()) for r in caplog.records]


GIVEN_UP = [(logging.DEBUG, True)]


@pytest.mark.parametrize("at", [0, 1, 2])
async def test_a_stream_is_given_up_when_a_send_waits_for_the_send_timeout(
    at: int, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")
    source = Source(b"before", b"a", "end")

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)

    app = streaming(source, on_get=responder)
    server = Server(app)
    server.waits_at = lambda event: len(server.sent) == at
    await settled()
    await clock.advance(0.2, 29.9)
    assert not server.task.done()
    assert caplog.records == []
    await clock.advance(0.2)
    assert server.task.result() is None
    assert server.task.cancelling() == 0
    assert len(server.sent) == at  # and no end: the body must not look whole
    assert source.closed.is_set()
    assert len(app.connections) == 0
    assert did_not_read(caplog) == GIVEN_UP


@pytest.mark.parametrize("piece_waits", [False, True])
async def test_a_stream_is_given_up_when_its_ping_waits_for_the_send_timeout(
    piece_waits: bool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")
    source = Source()
    server = Server(streaming(source, keep_alive=15.0))
    server.waits_at = lambda event: event["type"] != START
    await settled()
    await clock.advance(15, 0.2)
    if piece_waits:
        source.feed.put_nowait(b"a")
    await clock.advance(29.9)
    assert not source.closed.is_set()
    await clock.advance(0.2)
    assert server.task.result() is None
    assert source.closed.is_set()
    assert len(server.sent) == 1
    assert did_not_read(caplog) == GIVEN_UP
    assert asyncio.all_tasks() == {asyncio.current_task()}  # the ping has ended, too


async def test_a_source_may_wait_for_longer_than_a_send(clock: Clock) -> None:
    source = Source(b"a")
    server = Server(streaming(source))
    await settled()
    await clock.advance(0.2, 100, 100)
    source.feed.put_nowait("end")
    await server.over()
    assert server.sent[1:] == [piece(b"a"), LAST]


async def test_a_body_in_one_piece_is_given_up_when_its_send_waits_for_too_long(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")
    servers = [Server(answering(bytes(65537))) for _ in range(2)]
    servers[0].waits_at = lambda event: True
    servers[1].waits_at = lambda event: event["type"] != START
    await settled()
    await clock.advance(29.9)
    assert not any(server.task.done() for server in servers)
    await clock.advance(0.2)
    assert [server.task.result() for server in servers] == [None, None]
    assert [len(server.sent) for server in servers] == [0, 1]
    assert did_not_read(caplog) == GIVEN_UP * 2


def answering(body: bytes, send_timeout: float | None = 30.0) -> App:
    async def on_get(req: Request, resp: Response) -> None:
        resp.data = body

    app = streaming(Source(), on_get=on_get)
    app.resp_options.send_timeout = send_timeout
    return app


async def test_a_small_body_and_what_has_no_limit_are_left_to_the_server(
    clock: Clock,
) -> None:
    stream = streaming(Source(b"a", "end"))
    stream.resp_options.send_timeout = None
    apps = [answering(bytes(65536)), answering(bytes(65537), None), stream]
    servers = [Server(app) for app in apps]
    for server in servers:
        server.waits_at = lambda event: event["type"] != START
    await settled()
    await clock.advance(0.2, 1e6, 1e6)
    for server in servers:
        assert not server.task.done()
        server.may_send.set()
        await server.over()
    lengths = [sum(len(event["body"]) for event in s.sent[1:]) for s in servers]
    assert lengths == [65536, 65537, 1]


async def test_a_timeout_of_the_servers_own_is_a_client_that_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")

    def fails(event: Event) -> bool:
        raise TimeoutError

    server = Server(answering(bytes(65537)))
    server.fails_at = fails
    await server.over()
    assert server.sent == []
    assert caplog.records == []


@pytest.mark.parametrize(
    ("size", "seconds"), [(262144, 30), (262145, 60), (524288, 60), (524289, 90)]
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_a_client_has_the_send_timeout_for_each_256_kib_of_what_is_sent_at_once(
    size: int, seconds: int, streamed: bool, clock: Clock
) -> None:
    app = streaming(Source(bytes(size))) if streamed else answering(bytes(size))
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await settled()
    await clock.advance(0.2, seconds - 0.3)
    assert not server.task.done()
    await clock.advance(0.4)
    assert server.task.result() is None
    assert len(server.sent) == 1


async def test_each_send_of_a_stream_has_a_send_timeout_of_its_own(
    clock: Clock,
) -> None:
    source = Source(b"a", bytes(262145), b"c", b"d")
    server = Server(streaming(source))
    server.waits_at = lambda event: event["type"] != START
    await settled()
    for count, seconds in enumerate([29, 59, 29], start=1):
        assert len(server.sent) == count
        await clock.advance(0.2, seconds)
        server.may_send.set()
        server.may_send = asyncio.Event()
        await settled()
    await clock.advance(0.2, 29)
    assert not server.task.done()
    await clock.advance(1)
    assert server.task.result() is None
    assert [len(event["body"]) for event in server.sent[1:]] == [1, 262145, 1]


async def test_a_server_that_gives_up_at_the_same_time_hears_of_its_cancellation(
    clock: Clock,
) -> None:
    source = Source(b"a")
    server = Server(streaming(source))
    server.waits_at = lambda event: event["type"] != START
    await settled()
    await clock.advance(0.2)
    clock.now += 30
    (connection,) = server._app.connections._open
    connection.sweep()
    server.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server.over()
    assert server.task.cancelling() == 1
    assert source.closed.is_set()


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

    def serving(self) -> App:
        async def on_get(req: Request, resp: Response) -> None:
            resp.sse = self.pieces()

        return streaming(Source(), keep_alive=15.0, on_get=on_get)


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
    server = Server(source.serving())
    server.waits_at = lambda event: event.get("body") == b"ping"
    await settled()
    if why == "leaves":
        server.leave()
    elif why == "drain":
        (connection,) = server._app.connections._open
        await connection.end()
    else:
        await clock.advance(15, 0.2, 30)
    await settled()
    assert server.task.result() is None
    assert server.sent[1:] == [LAST] * (why == "drain")
    assert source.closed
    assert warned(caplog, "Stubborn.pieces") == 1


async def test_a_piece_that_comes_with_the_end_is_not_sent_and_nobody_to_blame(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source()
    server = Server(streaming(source))
    await settled()
    (connection,) = server._app.connections._open
    source.feed.put_nowait(b"a")
    await connection.end()
    await settled()
    assert server.task.result() is None
    assert server.sent[1:] == [LAST]
    assert source.closed.is_set()
    assert caplog.records == []


@pytest.mark.parametrize("swallows", [0, 1, 2])
@pytest.mark.parametrize("frozen", [False, True])
async def test_a_source_that_goes_on_is_cancelled_again_2_seconds_after_its_client_left(
    swallows: int, frozen: bool, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Stubborn(swallows)
    app = source.serving()
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await settled()
    if frozen:  # A ping waits until it is given up.
        await clock.advance(15, 0.2, 30)
    else:
        server.leave()
        await settled()
    assert source.closed is (swallows == 0)
    await clock.advance(1.99)
    assert source.closed is (swallows == 0)
    await clock.advance(0.21)
    assert source.closed is (swallows < 2)
    await clock.advance(100, 100)  # No more is done about it
    assert source.closed is (swallows < 2)
    assert warned(caplog, "Stubborn.pieces") == (swallows > 0)
    if swallows == 2:  # but by a drain.
        draining = asyncio.create_task(app.drain(grace=1))
        await settled()
        await clock.advance(1)
        await draining
    assert source.closed
    assert server.task.result() is None
    assert server.task.cancelling() == 0
    assert len(app.connections) == 0


async def test_a_drain_gives_a_source_its_own_grace(clock: Clock) -> None:
    source = Stubborn(1)
    app = source.serving()
    server = Server(app)
    await settled()
    (connection,) = app.connections._open
    draining = asyncio.create_task(app.drain(grace=20))
    await settled()
    await connection.end()  # To be told again changes nothing.
    await clock.advance(0.2, 19.7)
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
    source, closed = Clinging(), Source()

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = closed.pieces() if wrapped else source
        if wrapped:
            await anext(resp.sse)  # type: ignore[arg-type]

    closed.feed.put_nowait(b"begun")
    app = streaming(Source(), on_get=on_get)
    app.resp_options.event_stream = lambda events, resp: Stream(source)
    server = Server(app)
    server.fails_at = lambda event: len(server.sent) == sent
    await settled()
    await clock.advance(1.99)
    assert not server.task.done()
    await clock.advance(0.21)
    assert server.task.result() is None
    assert len(app.connections) == 0
    assert source.closing == 1
    assert closed.closed.is_set() is wrapped
    assert warned(caplog, "Source.pieces" if wrapped else "Clinging") == 1


def clinging(source: Clinging) -> App:
    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = source

    return streaming(Source(), on_get=on_get)


async def test_a_source_that_swallows_and_cannot_be_closed_is_told_of_once(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(clinging(Clinging(waits=True)))
    await settled()
    server.leave()
    await settled()
    assert warned(caplog, "Clinging") == 1
    await clock.advance(1.99)
    assert not server.task.done()
    await clock.advance(0.21)
    assert server.task.result() is None
    assert server.sent[1:] == [piece(b"a")]
    assert warned(caplog, "Clinging") == 1


@pytest.mark.parametrize("broken", [False, True])
async def test_a_source_that_cannot_be_closed_does_not_hold_up_a_drain(
    broken: bool, clock: Clock
) -> None:
    def breaks(event: Event) -> bool:
        if broken and event["type"] != START:
            raise RuntimeError("The server's own.")
        return False

    app = clinging(Clinging())
    server = Server(app)
    server.fails_at = breaks
    await settled()
    assert server.sent[1:] == [piece(b"a"), LAST] * (not broken)
    await clock.advance(0.2, 100)  # It may take its time: no client has left.
    assert not server.task.done()
    draining = asyncio.create_task(app.drain(grace=1))
    await settled()
    await clock.advance(1)
    await draining
    assert server.task.result() is None
    assert len(app.connections) == 0


# Drain.


async def test_a_drain_ends_open_streams_so_that_clients_see_the_end() -> None:
    source = Source(b"a")
    app = streaming(source)
    server = Server(app)
    await server.sent_all(2)
    await soon(app.drain(grace=5))
    await server.over()
    assert server.sent[1:] == [piece(b"a"), LAST]
    assert source.closed.is_set()


async def test_the_farewell_is_the_last_piece_of_a_stream_that_a_drain_ends() -> None:
    source = Source(b"a")
    app = streaming(source, farewell=lambda: b"bye")
    server = Server(app)
    await server.sent_all(2)
    await soon(app.drain(grace=5))
    await server.over()
    assert server.sent[1:] == [piece(b"a"), piece(b"bye"), LAST]


@pytest.mark.parametrize("ends", ["by itself", "left"])
async def test_there_is_no_farewell_for_a_stream_that_ends_otherwise(ends: str) -> None:
    source = Source(b"a")
    server = Server(streaming(source, farewell=lambda: b"bye"))
    await server.sent_all(2)
    if ends == "left":
        server.leave()
    else:
        source.feed.put_nowait("end")
    await server.over()
    assert piece(b"bye") not in server.sent


async def test_a_stream_whose_response_has_only_begun_ends_before_its_first_piece() -> (
    None
):
    beginning = asyncio.Event()
    app = streaming(Source(b"a"))
    server = Server(app)

    def waits(event: Event) -> bool:
        beginning.set()
        return bool(event["type"] == START)

    server.waits_at = waits
    await soon(beginning.wait())
    draining = asyncio.create_task(app.drain(grace=5))
    for _ in range(10):
        await asyncio.sleep(0)
    server.may_send.set()
    await soon(draining)
    await server.over()
    assert server.sent[1:] == [LAST]


async def test_a_drain_is_over_when_the_sources_are_closed() -> None:
    closed = asyncio.Event()

    async def lingering() -> AsyncIterator[bytes]:
        try:
            yield b"a"
        finally:
            for _ in range(10):
                await asyncio.sleep(0)  # as one that says goodbye to a broker does
            closed.set()

    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = lingering()

    app = streaming(Source(), on_get=on_get)
    server = Server(app)
    server.waits_at = lambda event: event.get("body") == b"a"
    await server.sent_all(1)
    await soon(app.drain(grace=5))
    assert closed.is_set()
    await server.over()


async def test_a_client_that_does_not_read_does_not_hold_up_a_drain() -> None:
    app = streaming(Source(b"a"))
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await server.sent_all(1)
    await soon(app.drain(grace=0.01))
    await server.over()
    assert server.sent[1:] == []


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_stream_that_does_not_end_is_cancelled_after_the_grace(
    leaves: bool,
) -> None:
    reached, told, cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stubborn() -> AsyncIterator[bytes]:
        try:
            reached.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.set()
            await asyncio.Event().wait()  # as one that waits for a broker's goodbye
        finally:
            cancelled.set()
        yield b""

    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = stubborn()

    app = streaming(Source(), on_get=on_get)
    server = Server(app)
    await soon(reached.wait())
    if leaves:
        server.leave()
        await soon(told.wait())
    await soon(app.drain(grace=0.01))
    assert cancelled.is_set()
    await server.over()  # quietly: the server is not to hear of it as an error
    assert server.sent[1:] == []


async def test_a_draining_app_refuses_new_requests_until_it_is_started_again() -> None:
    app = streaming(Source("end"))
    conductor = ASGIConductor(app)
    await soon(app.drain())
    result = await conductor.get()
    assert result.status_code == 503
    assert result.headers["retry-after"] == "5"
    assert result.headers["connection"] == "close"
    assert result.json["description"] == "The server is shutting down."
    async with ASGIConductor(app) as restarted:
        assert (await restarted.get()).status_code == 200


# Files that the server sends.


class FileServer(Server):
    """A server that is given a file, and can send files by itself unless that is spoilt."""

    def __init__(self, spoilt: str = "") -> None:
        self.file, stream = io.BytesIO(b"abc"), FileStream()
        stream.take(self.file, 3, None if spoilt == "path" else "/srv/abc")

        async def responder(req: Request, resp: Response) -> None:
            resp.set_stream(stream, 3)
            if spoilt == "length":
                resp.content_length = None
            if spoilt == "trailer":
                resp.set_trailer("X-Sum", "1")

        app = streaming(Source(), on_get=responder, on_head=responder)
        super().__init__(app, method="HEAD" if spoilt == "HEAD" else "GET")
        if spoilt != "server":
            name = "push" if spoilt == "extension" else "pathsend"
            self._scope["extensions"] = {f"http.response.{name}": {}}


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_a_server_that_sends_files_is_given_the_path_and_nothing_else(
    count: int,
) -> None:
    server = FileServer()
    server.fails_at = lambda event: len(server.sent) == count
    await server.over()
    types = [START, "http.response.pathsend"]
    assert [event["type"] for event in server.sent] == types[:count]
    if count == 2:
        assert (b"content-length", b"3") in server.sent[0]["headers"]
        assert server.sent[1]["path"] == "/srv/abc"
    assert server.file.closed


@pytest.mark.parametrize(
    "spoilt", ["path", "server", "extension", "length", "trailer", "HEAD"]
)
async def test_a_file_that_the_server_cannot_send_is_streamed(spoilt: str) -> None:
    server = FileServer(spoilt)
    await server.over()
    assert server.sent[1:] == [piece(b"abc")] * (spoilt != "HEAD") + [LAST]
    assert server.file.closed


@pytest.mark.parametrize("streams", [False, True])
def test_a_205_has_no_content_and_says_so(streams: bool) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.status = 205
        if streams:
            resp.stream = Source().pieces()
        else:
            resp.text = "reset"

    app = App(extensions=())
    app.add_route("/", SimpleNamespace(on_get=on_get))
    result = TestClient(app).get()
    assert (result.content, result.headers["content-length"]) == (b"", "0")
