import asyncio
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
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
    source: Source, *, keep_alive: float | None = None, **responders: Any
) -> App:
    """An App that streams from a source."""

    async def on_get(req: Request, resp: Response) -> None:
        resp.sse = source.pieces()

    app = App(extensions=())
    app.resp_options.event_stream = lambda events, resp: Stream(
        events, None, b"ping", keep_alive
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


async def test_a_client_that_leaves_ends_a_stream_that_reads_the_body() -> None:
    server = Server(echoing(), method="POST", content_length=2)
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


async def test_a_ping_that_fails_is_left_to_the_disconnect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source, failed = Source(), asyncio.Event()
    server = Server(streaming(source, keep_alive=0.01))

    def fails(event: Event) -> bool:
        if event["type"] == START:
            return False
        failed.set()
        return True

    server.fails_at = fails
    await soon(failed.wait())
    server.leave()
    await server.over()
    assert source.closed.is_set()
    assert [r for r in caplog.records if r.levelno > logging.DEBUG] == []


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
