"""WHATWG HTML, 9.2: Server-Sent Events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Request, Response, ResponseOptions
from falconws.sse import EventParser, EventStream, EventStreams, SSEvent
from falconws.testing import ASGIConductor, Result
from tests.conformance.manifest import requirement

Found = list[tuple[str, str, str]]


async def answer(
    *items: Any, status: int = 200, last_event_id: str | None = None
) -> Result:
    async def responder(req: Request, resp: Response) -> None:
        async def events() -> AsyncIterator[Any]:
            for item in items:
                yield item
            if req.last_event_id is not None:
                yield req.last_event_id

        resp.status = status
        resp.sse = events()

    app = App(extensions=[EventStreams()])
    app.add_route("/", SimpleNamespace(on_get=responder))
    headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
    return await ASGIConductor(app).simulate_get("/", headers=headers)


def read(stream: bytes, parser: EventParser | None = None) -> Found:
    events = (parser or EventParser()).feed(stream)
    return [(event.type, event.data, event.last_event_id) for event in events]


@requirement("whatwg-sse:9.2.1:stop")
@requirement("whatwg-sse:9.2.3:content-type")
@requirement("whatwg-sse:9.2.4:last-event-id")
async def test_a_response_is_a_stream_or_tells_a_client_not_to_come_back() -> None:
    result = await answer(last_event_id="7")
    assert (result.status_code, result.content) == (200, b"data: 7\n\n")
    assert result.headers["content-type"] == "text/event-stream"
    result = await answer("unsent", status=204)
    assert (result.status_code, result.content) == (204, b"")


@requirement("whatwg-sse:9.2.5:utf-8")
@requirement("whatwg-sse:9.2.5:bom")
@requirement("whatwg-sse:9.2.5:line-ends")
@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data:\xc3\xa9\xff\xf0\x9f\x98\ndata:\xed\xa0\x80\n\n", ["é��\n���"]),
        (b"\xef\xbb\xbfdata:a\n\n\xef\xbb\xbfdata:b\n\n", ["a"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata:a\n\ndata:b\n\n", ["b"]),
        (b"data:\xef\xbb\xbf\n\n", ["\ufeff"]),
        (b"data:a\rdata:b\r\ndata:c\n\rdata:d\n\r\n", ["a\nb\nc", "d"]),
        ("data:a\x0bb\x85c\u2028d\x1c\n\n".encode(), ["a\x0bb\x85c\u2028d\x1c"]),
    ],
)
def test_bytes_become_lines(stream: bytes, data: list[str]) -> None:
    assert [found for _, found, _ in read(stream)] == data


@requirement("whatwg-sse:9.2.6:comment")
@requirement("whatwg-sse:9.2.6:field")
@requirement("whatwg-sse:9.2.6:unknown")
@requirement("whatwg-sse:9.2.6:multiline")
@requirement("whatwg-sse:9.2.6:no-data")
@requirement("whatwg-sse:9.2.6:empty-data")
@requirement("whatwg-sse:9.2.6:incomplete")
@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (":data:a\n:\n\n", []),
        ("Data:a\n data:a\ndata :a\ndat:a\n\n", []),
        ("data: a:b \ndata:  c\ndata\n\n", ["a:b \n c\n"]),
        ("event:a\nid:a\n\n", []),
        ("data\n\ndata:\n\n", ["", ""]),
        ("data:a\n\ndata:b\n", ["a"]),
        ("data:a\n\ndata:b", ["a"]),
    ],
)
def test_lines_become_data(stream: str, data: list[str]) -> None:
    assert [found for _, found, _ in read(stream.encode())] == data


@requirement("whatwg-sse:9.2.6:type")
@requirement("whatwg-sse:9.2.6:id")
@requirement("whatwg-sse:9.2.6:id-dispatch")
@requirement("whatwg-sse:9.2.6:id-nul")
@requirement("whatwg-sse:9.2.6:retry")
def test_an_event_has_a_type_and_the_last_id() -> None:
    parser = EventParser()
    assert read(b"event:x\nid:1\ndata:a\n\ndata:b\n\n", parser) == [
        ("x", "a", "1"),
        ("message", "b", "1"),
    ]
    assert read(b"event:y\n\nid:2\0\ndata:c\n\n", parser) == [("message", "c", "1")]
    read(b"id:3\n", parser)
    assert parser.last_event_id == "1"
    read(b"\n", parser)
    assert parser.last_event_id == "3"
    assert read(b"id\ndata:d\n\n", parser) == [("message", "d", "")]
    retries: list[int | None] = []
    for value in ("", "x", "-1", "1.5", "\u0661", "20", "007", "1" * 19, "5" * 5000):
        read(f"retry:{value}\n".encode(), parser)
        retries.append(parser.retry)
    assert retries == [None, None, None, None, None, 20, 7, 7, 7]


@requirement("whatwg-sse:9.2.5:utf-8")
@requirement("whatwg-sse:9.2.5:line-ends")
@requirement("whatwg-sse:9.2.6:multiline")
@requirement("whatwg-sse:9.2.6:comment")
@requirement("whatwg-sse:9.2.6:empty-data")
@requirement("whatwg-sse:9.2.6:no-data")
@requirement("whatwg-sse:9.2.6:id-nul")
async def test_what_a_responder_sends_is_read_as_it_was_meant() -> None:
    text = "data: a\r\r\nid: b\n:\u2028\x85\0é \ufeff"
    result = await answer(
        SSEvent(text, "type: x", " 1", comment=text),
        SSEvent(""),
        SSEvent(event_type="lost"),
        SSEvent("reset", event_id=""),
    )
    assert read(result.content) == [
        ("type: x", text.replace("\r\n", "\n").replace("\r", "\n"), " 1"),
        ("message", "", " 1"),
        ("message", "reset", ""),
    ]
    for wrong in ("a\nb", "a\rb", "a\0b"):
        with pytest.raises(ValueError, match="event_id has"):
            SSEvent(event_id=wrong)


@requirement("whatwg-sse:9.2.7:keep-alive")
@requirement("whatwg-sse:9.2.6:retry")
async def test_a_stream_has_a_comment_every_15_seconds_and_may_have_a_retry() -> None:
    async def events() -> AsyncIterator[Any]:
        yield None

    app = App(extensions=[EventStreams()])
    assert app.resp_options.event_stream is not None
    resp = Response(ResponseOptions(event_stream=app.resp_options.event_stream))
    resp.sse = EventStream(events(), retry=7)
    stream = resp.open_stream()
    assert stream is not None
    assert stream.keep_alive_interval == 15
    parser = EventParser()
    assert read(stream.keep_alive + stream.opening, parser) == []
    assert parser.retry == 7
