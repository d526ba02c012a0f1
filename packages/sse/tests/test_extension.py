"""`resp.sse`: a response that is made of events."""

from __future__ import annotations

import asyncio
import json
import math
import re
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, HTTPForbidden, Request, Response, ResponseOptions
from falconws.media import BaseHandler, Handlers, JSONHandler
from falconws.sse import EventStream, EventStreams, SSEvent
from falconws.sse.extension import open_event_stream
from falconws.testing import ASGIConductor, Result, clock

Responder = Callable[[Request, Response], Awaitable[None]]


def serving(responder: Responder) -> App:
    app = App(extensions=[EventStreams()])
    app.add_route("/", SimpleNamespace(on_get=responder, on_head=responder))
    return app


class Source:
    """Events that were thought of beforehand; it knows what became of it."""

    def __init__(self, *events: object) -> None:
        self.events = events
        self.begun = self.closed = False

    async def __aiter__(self) -> AsyncIterator[object]:
        self.begun = True
        for event in self.events:
            yield event

    async def aclose(self) -> None:
        self.closed = True


def sending(source: Source) -> App:
    async def responder(req: Request, resp: Response) -> None:
        resp.sse = source

    return serving(responder)


async def get(app: App) -> Result:
    return await ASGIConductor(app).simulate_get("/")


async def test_an_event_stream_is_sent_so_that_nothing_holds_it_back() -> None:
    result = await get(sending(Source(SSEvent("hi"))))
    assert result.status_code == 200
    assert result.headers["content-type"] == "text/event-stream"
    assert result.headers["cache-control"] == "no-cache"
    assert result.headers["x-accel-buffering"] == "no"
    assert "content-length" not in result.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "text/event-stream; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Accel-Buffering", "yes"),
    ],
)
async def test_a_header_of_the_responder_stays_as_it_is(name: str, value: str) -> None:
    async def responder(req: Request, resp: Response) -> None:
        resp.set_header(name, value)
        resp.sse = Source()

    result = await get(serving(responder))
    assert result.headers[name] == value
    assert len(result.raw_headers) == 3


class Framed:
    """An event that is no `SSEvent`."""

    def __init__(self, framed: str | bytes) -> None:
        self.framed = framed

    def serialize(self, handler: BaseHandler | None) -> str | bytes:
        assert handler is not None
        return self.framed


class Shouted(SSEvent):
    """An event that serializes in a way of its own."""

    def serialize(self, handler: BaseHandler | None = None) -> Any:
        return super().serialize(handler).upper().encode()


@pytest.mark.parametrize(
    ("event", "wire"),
    [
        (SSEvent("é"), "data: é\n\n"),
        (Shouted("hi"), "DATA: HI\n\n"),
        (SSEvent("é\nb", "tick", "7"), "event: tick\nid: 7\ndata: é\ndata: b\n\n"),
        (SSEvent(json={"a": 1}), 'data: {"a":1}\n\n'),
        (None, ": ping\n\n"),
        (Framed("data: mine\n\n"), "data: mine\n\n"),
        (Framed(b"data: mine\n\n"), "data: mine\n\n"),
        ("a\r\nb", "data: a\ndata: b\n\n"),
        ("", "data: \n\n"),
        ([SSEvent("1"), None, "2", [Framed("x")]], "data: 1\n\n: ping\n\ndata: 2\n\nx"),
        ([], ""),
    ],
)
async def test_an_event_is_sent_as_it_serializes(event: object, wire: str) -> None:
    assert (await get(sending(Source(event)))).text == wire


async def test_events_are_sent_one_by_one_as_they_come() -> None:
    second = asyncio.Event()

    async def events() -> AsyncIterator[SSEvent]:
        yield SSEvent("1")
        await second.wait()
        yield SSEvent("2")

    async def responder(req: Request, resp: Response) -> None:
        resp.sse = events()

    conductor = ASGIConductor(serving(responder))
    async with conductor.simulate_get_stream("/") as result:
        assert await result.stream.read() == b"data: 1\n\n"
        second.set()
        assert await result.stream.read() == b"data: 2\n\n"
        assert await result.stream.read() == b""


async def test_a_list_of_events_is_sent_at_once() -> None:
    app = sending(Source([SSEvent("1"), SSEvent("2")], SSEvent("3")))
    async with ASGIConductor(app).simulate_get_stream("/") as result:
        chunks = [chunk async for chunk in result.stream]
    assert chunks == [b"data: 1\n\ndata: 2\n\n", b"data: 3\n\n"]


async def test_json_goes_through_the_handler_of_the_app() -> None:
    app = sending(Source(SSEvent(json=[1])))
    app.resp_options.media_handlers["application/json"] = JSONHandler(
        dumps=lambda media: json.dumps(media, indent=1)
    )
    assert (await get(app)).text == "data: [\ndata:  1\ndata: ]\n\n"


async def test_json_is_still_json_where_the_app_has_no_handler_for_it() -> None:
    app = sending(Source(SSEvent(json=[1, 2])))
    app.resp_options.media_handlers = Handlers({})
    assert (await get(app)).text == "data: [1,2]\n\n"


@pytest.mark.parametrize("item", [("a", "b"), b"x", {"data": "x"}, 7])
async def test_an_item_that_is_no_event_raises_a_sentence_that_helps(
    item: object,
) -> None:
    source = Source(item)
    kind = type(item).__name__
    with pytest.raises(TypeError, match=rf"SSEvent\(data=\.\.\.\).*not {kind}"):
        await get(sending(source))
    assert source.closed


def waiting(ended: list[str]) -> App:
    """Give an App whose only stream sends one event and waits for ever."""

    async def events() -> AsyncIterator[SSEvent]:
        try:
            yield SSEvent("hi")
            await asyncio.Event().wait()
        finally:
            ended.append("finally")

    async def responder(req: Request, resp: Response) -> None:
        resp.sse = events()

    return serving(responder)


async def test_a_generator_is_closed_when_the_client_leaves() -> None:
    ended: list[str] = []
    app = waiting(ended)
    async with ASGIConductor(app).simulate_get_stream("/") as result:
        assert await result.stream.read() == b"data: hi\n\n"
        assert ended == []
    assert ended == ["finally"]
    assert len(app.connections) == 0


async def test_a_drain_tells_each_client_another_time_to_come_back_after() -> None:
    async def respond(req: Request, resp: Response) -> None:
        resp.sse = for_ever()

    async def for_ever() -> AsyncIterator[None]:
        yield None
        await asyncio.Event().wait()

    app = serving(respond)
    times = set()
    async with ASGIConductor(app) as conductor, AsyncExitStack() as stack:
        opening = [conductor.simulate_get_stream("/") for _ in range(20)]
        streams = [await stack.enter_async_context(each) for each in opening]
        for result in streams:
            assert await result.stream.read() == b": ping\n\n"
        await app.drain()
        for result in streams:
            last = (await result.stream.read()).decode()
            found = re.fullmatch(r"retry: (\d+)\n\n", last)
            assert found is not None
            times.add(int(found[1]))
            assert await result.stream.read() == b""  # a whole body, not a broken one
    assert min(times) >= 1000
    assert max(times) <= 5000
    assert len(times) > 1


async def test_a_drain_closes_the_generator_and_ends_the_response() -> None:
    ended: list[str] = []
    app = waiting(ended)
    async with ASGIConductor(app).simulate_get_stream("/") as result:
        assert await result.stream.read() == b"data: hi\n\n"
        async with asyncio.timeout(5):
            await app.drain()
        assert ended == ["finally"]
    assert (await get(app)).status_code == 503


async def test_a_source_is_closed_when_it_has_ended() -> None:
    source = Source(SSEvent("hi"))
    await get(sending(source))
    assert source.closed


def test_silence_is_broken_by_a_comment_soon_and_then_every_15_seconds() -> None:
    source = Source()
    stream = open_event_stream(source, Response())
    assert stream.source is source
    assert stream.keep_alive == b": ping\n\n"
    assert (stream.first_keep_alive, stream.keep_alive_interval) == (0.1, 15.0)
    assert (stream.opening, stream.send_timeout) == (b"", None)


async def test_a_client_hears_of_its_stream_before_there_is_an_event() -> None:
    first = asyncio.Event()

    async def events() -> AsyncIterator[SSEvent]:
        await first.wait()
        yield SSEvent("1")

    async def responder(req: Request, resp: Response) -> None:
        resp.sse = EventStream(events(), ping=None)

    async with ASGIConductor(serving(responder)).simulate_get_stream("/") as result:
        assert await result.stream.read() == b": ping\n\n"
        first.set()
        assert await result.stream.read() == b"data: 1\n\n"


# With options.


async def test_options_hold_for_the_stream_that_they_are_given_to() -> None:
    source = Source(SSEvent("hi"))
    headers = {"Cache-Control": "no-store", "X-Feed": "news"}

    async def responder(req: Request, resp: Response) -> None:
        resp.cache_control = ["private"]
        resp.sse = EventStream(source, retry=7000, headers=headers)

    result = await get(serving(responder))
    assert result.text == "retry: 7000\n\ndata: hi\n\n"
    assert result.headers["cache-control"] == "no-store"
    assert result.headers["x-feed"] == "news"
    assert result.headers["content-type"] == "text/event-stream"
    assert result.headers["x-accel-buffering"] == "no"
    assert source.closed


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"send_timeout": 7}, 7),
        ({"send_timeout": None}, math.inf),
    ],
)
def test_the_time_to_read_is_that_of_the_app_unless_it_is_given(
    options: dict[str, Any], expected: float | None
) -> None:
    resp: Any = Response(ResponseOptions(event_stream=open_event_stream))
    source = Source()
    resp.sse = EventStream(source, ping=2, **options)
    stream = resp.open_stream()
    assert (stream.send_timeout, stream.keep_alive_interval) == (expected, 2)
    assert stream.source is resp.sse is source


class Compressing:
    """A pure ASGI middleware that compresses what it is given, and holds nothing back."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        compressor = zlib.compressobj(wbits=31)

        async def compressed(event: Event) -> None:
            if event["type"] == "http.response.start":
                event["headers"].append((b"content-encoding", b"gzip"))
            else:
                body = compressor.compress(event["body"])
                if event["more_body"]:
                    body += compressor.flush(zlib.Z_SYNC_FLUSH)
                else:
                    body += compressor.flush()
                event["body"] = body
            await send(event)

        await self.app(scope, receive, compressed)


async def test_each_event_goes_through_a_compressing_middleware_as_it_comes() -> None:
    second = asyncio.Event()

    async def events() -> AsyncIterator[SSEvent]:
        yield SSEvent("1")
        await second.wait()
        yield SSEvent("2")

    async def responder(req: Request, resp: Response) -> None:
        resp.sse = events()

    app = Compressing(serving(responder))
    expand = zlib.decompressobj(wbits=31).decompress
    async with ASGIConductor(app).simulate_get_stream("/") as result:
        assert expand(await result.stream.read()) == b"data: 1\n\n"
        second.set()
        assert expand(await result.stream.read()) == b"data: 2\n\n"
        assert result.headers["content-encoding"] == "gzip"
        assert result.headers["cache-control"] == "no-cache"
        assert result.headers["x-accel-buffering"] == "no"


async def test_an_event_stream_whose_comment_nobody_reads_is_given_up() -> None:
    ended: list[str] = []
    with clock() as time:
        async with ASGIConductor(waiting(ended)).get_stream(write_limit=0) as result:
            assert await result.stream.read() == b"data: hi\n\n"
            await time.advance(15)
            # The comment has come; it waits for not too long, and then it does.
            await time.advance(29.9)
            assert ended == []
            await time.advance(0.6)
            assert ended == ["finally"]
            await result.finish()
            assert not result.complete


async def test_an_http_error_after_the_stream_was_set_is_what_is_sent() -> None:
    source = Source(SSEvent("secret"))

    async def responder(req: Request, resp: Response) -> None:
        resp.sse = source
        raise HTTPForbidden(title="No.")

    result = await get(serving(responder))
    assert (result.status_code, result.json) == (403, {"title": "No."})
    assert result.content_type == "application/json"
    assert "x-accel-buffering" not in result.headers
    assert (source.begun, source.closed) == (False, True)


@pytest.mark.parametrize("status", [200, 204, 205, 304])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_where_there_is_no_body_nothing_is_begun_or_sent(
    method: str, status: int
) -> None:
    source = Source(SSEvent("hi"))

    async def responder(req: Request, resp: Response) -> None:
        resp.status = status  # WHATWG HTML, 9.2.1: a 204 stops a client's reconnecting
        resp.sse = EventStream(source, retry=1)

    result = await ASGIConductor(serving(responder)).simulate_request(method, "/")
    begins = (method, status) == ("GET", 200)
    assert result.status_code == status
    assert result.content == b"retry: 1\n\ndata: hi\n\n" * begins
    assert (source.begun, source.closed) == (begins, True)
    if status == 200:
        assert result.headers["content-type"] == "text/event-stream"


async def generate() -> AsyncIterator[SSEvent]:
    yield SSEvent("hi")


@pytest.mark.parametrize("wrap", [None, EventStream])
@pytest.mark.parametrize(
    ("events", "words"),
    [
        (SSEvent("hi"), "takes an asynchronous"),
        ([SSEvent("hi")], "takes an asynchronous"),
        (iter([SSEvent("hi")]), "takes an asynchronous"),
        ("hi", "takes an asynchronous"),
        (generate, "the function generate; call it"),
        (Source, "the class Source; call it"),
    ],
)
def test_what_is_no_stream_is_refused_where_it_is_assigned(
    events: Any, words: str, wrap: Any
) -> None:
    resp = Response(ResponseOptions(event_stream=open_event_stream))
    with pytest.raises(TypeError, match=rf"resp\.sse .*{words}"):
        resp.sse = wrap(events) if wrap else events


async def test_an_app_that_is_not_told_has_the_extension_because_it_is_installed() -> (
    None
):
    async def responder(req: Request, resp: Response) -> None:
        resp.sse = Source(SSEvent("hi"))

    app = App()
    app.add_route("/", SimpleNamespace(on_get=responder))
    assert (await get(app)).text == "data: hi\n\n"
