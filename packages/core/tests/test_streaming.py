"""How a response whose body is a stream begins and ends; test_stream_sender.py has the rest."""

import asyncio
import io
import math
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws import testing
from falconws.core import App, Event, HTTPForbidden, Request, Response, Stream
from falconws.core.response.stream import FileStream
from falconws.testing import (
    ASGIConductor,
    ASGIRequestEventEmitter,
    ASGIResponseEventCollector,
    Clock,
    TestClient,
    create_scope,
)

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


def streaming(
    source: Source,
    *,
    farewell: Callable[[], bytes] | None = None,
    **responders: Any,
) -> App:
    """An App that streams from a source."""

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = source.pieces()

    app = App(extensions=())
    app.resp_options.event_stream = lambda events, resp: Stream(
        events, farewell=farewell
    )
    responders = {"on_get": on_get, "on_head": on_get, "on_post": on_get} | responders
    app.add_route("/", SimpleNamespace(**responders))
    return app


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


def test_what_would_give_a_stream_if_it_were_called_is_refused_with_what_to_do() -> (
    None
):
    async def no_generator() -> None: ...

    for wrong, words in ((Source, "class Source; call it"), (no_generator(), "corout")):
        with pytest.raises(TypeError, match=words):
            Response().stream = wrong


# How a stream ends.


async def test_a_client_that_leaves_ends_a_stream_that_waits() -> None:
    source = Source(b"a")
    app = streaming(source)
    async with ASGIConductor(app).get_stream() as result:
        assert await result.stream.read() == b"a"
        assert len(app.connections) == 1
        assert not source.closed
    assert source.closed
    assert len(app.connections) == 0


async def test_a_client_that_leaves_is_sent_nothing_more(clock: Clock) -> None:
    source = Source(b"a")
    server = Server(streaming(source))
    await clock.advance(0)
    server.client.disconnect()
    await server.over()
    assert server.events[1:] == [piece(b"a")]
    assert source.closed


async def test_a_client_that_leaves_ends_a_stream_that_is_being_sent(
    clock: Clock,
) -> None:
    source = Source(b"a")
    server = Server(streaming(source))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(0)
    server.client.disconnect()
    await server.over()
    assert server.events[1:] == []
    assert source.closed


@pytest.mark.parametrize("fails_from", [0, 1, 2])
async def test_a_send_that_fails_is_a_client_that_left(
    fails_from: int, caplog: pytest.LogCaptureFixture
) -> None:
    source = Source(b"before", b"a", "end")

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)

    server = Server(streaming(source, on_get=responder))
    server.fails_at = lambda event: len(server.events) == fails_from
    await server.over()
    assert len(server.events) == fails_from
    assert source.closed
    assert caplog.records == []


@pytest.mark.parametrize(
    "error",
    # Some of these are what a server raises when the client has left; it is not the server
    # who raises them here.
    [ZeroDivisionError(), TimeoutError("its own"), ConnectionRefusedError("Redis")],
)
async def test_an_error_of_the_source_breaks_the_response_off(error: Exception) -> None:
    source = Source(b"a", error)
    async with ASGIConductor(streaming(source)).get_stream() as result:
        assert [chunk async for chunk in result.stream] == [b"a"]
        # Without a last event: the client must not take it for the whole body.
        assert not result.complete
        with pytest.raises(type(error)) as caught:
            await result.finish()
    assert caught.value is error
    assert source.closed


async def test_a_cancellation_by_the_server_goes_through_and_closes_the_source(
    clock: Clock,
) -> None:
    source = Source(b"a")
    app = streaming(source)
    server = Server(app)
    await clock.advance(0)
    server.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server.over()
    assert source.closed
    assert len(app.connections) == 0


# A source that was begun before the response is, and is never sent: its `finally` runs when it is


#  closed, and not otherwise.


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
    assert [event.get("body") for event in server.events] == [None, b""]
    assert source.closed


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
    assert source.closed
    assert result.json["title"] in ("403 Forbidden", "500 Internal Server Error")


async def test_a_stream_is_closed_when_the_request_is_cancelled_before_it_begins(
    clock: Clock,
) -> None:
    source = Source(b"a")

    async def responder(req: Request, resp: Response) -> None:
        await _begun(source, resp)
        await asyncio.Event().wait()

    server = Server(streaming(source, on_get=responder))
    await clock.advance(0)
    server.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await server.over()
    assert source.closed


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
    source, closed = Source(b"a", b"b"), []

    async def wrapped(events: Any) -> AsyncIterator[bytes]:
        try:
            async for event in events:
                yield event
        finally:
            closed.append("begun")
            await asyncio.sleep(0)  # as one that says goodbye to a broker does
            closed.append("done")

    app = streaming(source)
    app.resp_options.event_stream = lambda events, resp: Stream(wrapped(events))
    server = Server(app)
    server.fails_at = lambda event: event.get("body") == b"a"
    await server.over()
    assert closed == ["begun", "done"]


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
    result = await ASGIConductor(echoing()).request(method)
    assert (result.content, result.complete) == (b"", True)


async def _pass_on(req: Request, resp: Response) -> None:
    resp.stream = req.stream


@pytest.mark.parametrize("responder", [_echo, _pass_on])
async def test_a_client_that_leaves_ends_a_stream_that_reads_the_body(
    responder: Any,
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    conductor = ASGIConductor(streaming(Source(), on_post=responder))
    async with conductor.simulate_stream("POST", body=body()) as result:
        assert await result.stream.read() == b"a"
        await result.disconnect()
        await result.finish()
        assert not result.complete


@pytest.mark.parametrize(
    ("method", "length"), [("GET", "2"), ("POST", "2"), ("GET", "no number")]
)
async def test_a_client_that_leaves_ends_a_stream_also_when_nobody_read_the_body(
    method: str, length: str
) -> None:
    source = Source(b"a")
    async with ASGIConductor(streaming(source)).simulate_stream(
        method, body=[b"{}"], headers={"Content-Length": length}
    ) as result:
        assert await result.stream.read() == b"a"
        assert not source.closed
        await result.disconnect()
        await result.finish()
    assert source.closed


async def test_a_body_that_was_read_before_is_not_in_the_way() -> None:
    source = Source(b"a")

    async def on_post(req: Request, resp: Response) -> None:
        await req.get_media()
        resp.stream = source.pieces()

    async with ASGIConductor(streaming(source, on_post=on_post)) as conductor:
        source.feed.put_nowait("end")
        result = await conductor.post(json={"a": 1})
    assert result.content == b"a"


# Drain.


@pytest.mark.parametrize("farewell", [b"", b"bye"])
async def test_a_drain_ends_open_streams_so_that_clients_see_the_end(
    farewell: bytes,
) -> None:
    source = Source(b"a")
    app = streaming(source, farewell=(lambda: farewell) if farewell else None)
    async with ASGIConductor(app).get_stream() as result:
        assert await anext(result.stream) == b"a"
        await app.drain(grace=5)
        assert await result.stream.read() == farewell
        assert result.complete
        assert source.closed


@pytest.mark.parametrize("ends", ["by itself", "left"])
async def test_there_is_no_farewell_for_a_stream_that_ends_otherwise(
    ends: str, clock: Clock
) -> None:
    source = Source(b"a")
    server = Server(streaming(source, farewell=lambda: b"bye"))
    await clock.advance(0)
    if ends == "left":
        server.client.disconnect()
    else:
        source.feed.put_nowait("end")
    await server.over()
    assert server.events[1:] == [piece(b"a")] + [LAST] * (ends != "left")


async def test_a_stream_whose_response_has_only_begun_ends_before_its_first_piece(
    clock: Clock,
) -> None:
    app = streaming(Source(b"a"))
    server = Server(app)
    server.waits_at = lambda event: event["type"] == START
    await clock.advance(0)
    draining = asyncio.create_task(app.drain(grace=5))
    await clock.advance(0)
    server.may_send.set()
    await draining
    await server.over()
    assert server.events[1:] == [LAST]


async def test_a_drain_is_over_when_the_sources_are_closed(clock: Clock) -> None:
    closed: list[float] = []

    async def lingering() -> AsyncIterator[bytes]:
        try:
            yield b"a"
        finally:
            await asyncio.sleep(4)  # as one that says goodbye to a broker does
            closed.append(clock.elapsed)

    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = lingering()

    app = streaming(Source(), on_get=on_get)
    server = Server(app)
    server.waits_at = lambda event: event.get("body") == b"a"
    await clock.advance(0)
    draining = asyncio.create_task(app.drain(grace=5))
    await clock.advance(3.9)
    assert not draining.done()
    await clock.advance(0.1)
    assert draining.done()
    assert closed == [4]
    await server.over()


async def test_a_client_that_does_not_read_does_not_hold_up_a_drain(
    clock: Clock,
) -> None:
    app = streaming(Source(b"a"))
    server = Server(app)
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(0)
    draining = asyncio.create_task(app.drain(grace=5))
    await clock.advance(5)
    await draining
    await server.over()
    assert server.events[1:] == []


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_stream_that_does_not_end_is_cancelled_after_the_grace(
    leaves: bool, clock: Clock
) -> None:
    steps: list[str] = []

    async def stubborn() -> AsyncIterator[bytes]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            steps.append("told")
            await asyncio.Event().wait()  # as one that waits for a broker's goodbye
        finally:
            steps.append("cancelled")
        yield b""

    async def on_get(req: Request, resp: Response) -> None:
        resp.stream = stubborn()

    app = streaming(Source(), on_get=on_get)
    server = Server(app)
    await clock.advance(0)
    if leaves:
        server.client.disconnect()
        await clock.advance(0)
        assert steps == ["told"]
    draining = asyncio.create_task(app.drain(grace=1))
    await clock.advance(0.9)
    assert steps == ["told"]
    await clock.advance(0.1)
    assert steps == ["told", "cancelled"]
    await draining
    await server.over()  # quietly: the server is not to hear of it as an error
    assert server.events[1:] == []


async def test_a_draining_app_refuses_new_requests_until_it_is_started_again() -> None:
    app = streaming(Source("end"))
    conductor = ASGIConductor(app)
    await app.drain()
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
        name = "push" if spoilt == "extension" else "pathsend"
        offered = () if spoilt == "server" else (f"http.response.{name}",)
        method = "HEAD" if spoilt == "HEAD" else "GET"
        super().__init__(app, method=method, extensions=offered)


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_a_server_that_sends_files_is_given_the_path_and_nothing_else(
    count: int,
) -> None:
    server = FileServer()
    server.fails_at = lambda event: len(server.events) == count
    await server.over()
    types = [START, "http.response.pathsend"]
    assert [event["type"] for event in server.events] == types[:count]
    if count == 2:
        assert (b"content-length", b"3") in server.events[0]["headers"]
        assert server.events[1]["path"] == "/srv/abc"
    assert server.file.closed


@pytest.mark.parametrize(
    "spoilt", ["path", "server", "extension", "length", "trailer", "HEAD"]
)
async def test_a_file_that_the_server_cannot_send_is_streamed(spoilt: str) -> None:
    server = FileServer(spoilt)
    await server.over()
    assert server.events[1:] == [piece(b"abc")] * (spoilt != "HEAD") + [LAST]
    assert server.file.closed
