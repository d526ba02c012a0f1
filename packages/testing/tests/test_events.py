"""The emitters and the collector that an application can be called with."""

from __future__ import annotations

import asyncio
import math
import time
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Scope, Send
from falconws.testing import DEFAULT_TIMEOUT
from falconws.testing.events import (
    ASGILifespanEventEmitter,
    ASGIProtocolError,
    ASGIRequestEventEmitter,
    ASGIResponseEventCollector,
)
from falconws.testing.scope import create_scope

GONE = {"type": "http.disconnect"}
EMPTY = [
    {"type": "http.request", "more_body": True},
    {"type": "http.request", "more_body": True, "body": b""},
]


async def read(emitter: ASGIRequestEventEmitter) -> list[Event]:
    """Receive until the body has ended."""
    events = [await emitter()]
    while events[-1].get("more_body", False):
        events.append(await emitter.emit())
    return events


def bodies(events: list[Event]) -> bytes:
    return b"".join(event.get("body", b"") for event in events)


def asleep() -> bool:
    """Whether nothing but the test itself would run now."""
    loop: Any = asyncio.get_running_loop()
    return not loop._ready


# The request.


@pytest.mark.parametrize("body", [None, b"", ""])
async def test_an_empty_body_ends_without_one(body: str | bytes | None) -> None:
    emitter = ASGIRequestEventEmitter(body)
    last = {"type": "http.request", "more_body": False}
    assert await read(emitter) == [*EMPTY, last]


@pytest.mark.parametrize(
    "body", [b"h\xc3\xa9", "hé", bytearray(b"h\xc3\xa9"), memoryview(b"h\xc3\xa9")]
)
async def test_a_body_in_one_piece_ends_without_more_body(body: Any) -> None:
    emitter = ASGIRequestEventEmitter(body)
    last = {"type": "http.request", "body": b"h\xc3\xa9"}
    assert await read(emitter) == [*EMPTY, last]


async def test_a_body_comes_in_pieces_with_empty_ones_among_them() -> None:
    assert await read(ASGIRequestEventEmitter(b"abcdefg", 2)) == [
        *EMPTY,
        {"type": "http.request", "more_body": True, "body": b"ab"},
        {"type": "http.request", "more_body": True, "body": b"cd"},
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "more_body": True, "body": b"ef"},
        {"type": "http.request", "more_body": False, "body": b"g"},
    ]


@pytest.mark.parametrize(
    ("length", "size", "largest"),
    [(4096, None, [4096]), (4097, None, [4096, 1]), (3, 1, [1, 1, 1]), (3, 4, [3])],
)
async def test_a_piece_has_at_most_so_many_bytes(
    length: int, size: int | None, largest: list[int]
) -> None:
    events = await read(ASGIRequestEventEmitter(b"x" * length, size))
    assert [len(e["body"]) for e in events if e.get("body")] == largest
    assert bodies(events) == b"x" * length


@pytest.mark.parametrize("size", [0, -1])
def test_a_piece_has_at_least_a_byte(size: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1, and is {size}"):
        ASGIRequestEventEmitter(b"", size)


async def test_the_events_of_a_body_are_the_same_each_time() -> None:
    first, second = [await read(ASGIRequestEventEmitter(b"abc", 1)) for _ in range(2)]
    assert first == second


async def test_after_the_body_the_client_stays_until_it_disconnects() -> None:
    emitter = ASGIRequestEventEmitter(b"a", disconnect_at=math.inf)
    await read(emitter)
    waiting = asyncio.ensure_future(emitter())
    await asyncio.sleep(0)
    assert asleep()  # Nothing asks again and again.
    assert not waiting.done()
    assert not emitter.disconnected
    emitter.disconnect()
    assert await waiting == GONE
    assert emitter.disconnected
    assert await emitter() == GONE


@pytest.mark.parametrize("exhaust_body", [None, True])
async def test_a_client_that_leaves_has_sent_its_body(
    exhaust_body: bool | None,
) -> None:
    emitter = ASGIRequestEventEmitter(b"abc", 1)
    await emitter()
    emitter.disconnect(exhaust_body)
    assert emitter.disconnected
    assert bodies(await read(emitter)) == b"abc"
    assert await emitter() == GONE


async def test_a_client_may_leave_in_the_middle_of_its_body() -> None:
    emitter = ASGIRequestEventEmitter(b"abc", 1)
    await emitter()
    emitter.disconnect(exhaust_body=False)
    assert await emitter() == GONE


async def test_a_client_may_leave_at_once() -> None:
    emitter = ASGIRequestEventEmitter(b"abc", disconnect_at=0)
    assert emitter.disconnected
    assert await emitter() == GONE
    assert await emitter() == GONE


async def test_a_client_leaves_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    emitter = ASGIRequestEventEmitter(b"abc", disconnect_at=1001)
    assert not emitter.disconnected
    now = 1001.0
    assert emitter.disconnected
    assert bodies(await read(emitter)) == b"abc"
    assert await emitter() == GONE
    now = 1000.0  # Whoever has left does not come back.
    assert emitter.disconnected


async def test_a_client_that_is_waited_for_leaves_at_its_time() -> None:
    emitter = ASGIRequestEventEmitter(disconnect_at=time.time() + 0.05)
    await read(emitter)
    async with asyncio.timeout(5):
        assert await emitter() == GONE


async def test_a_client_that_has_left_leaves_no_timer() -> None:
    emitter = ASGIRequestEventEmitter(disconnect_at=time.time() + 1000)
    await read(emitter)
    waiting = asyncio.ensure_future(emitter())
    await asyncio.sleep(0)
    emitter.disconnect()
    assert await waiting == GONE
    loop: Any = asyncio.get_running_loop()
    assert all(timer.cancelled() for timer in loop._scheduled)


def test_a_client_leaves_after_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "time", lambda: now)
    emitter = ASGIRequestEventEmitter()
    now = 1000 + DEFAULT_TIMEOUT - 0.5
    assert not emitter.disconnected
    now = 1000 + DEFAULT_TIMEOUT
    assert emitter.disconnected


# The response.


async def test_a_response_is_collected() -> None:
    collector = ASGIResponseEventCollector()
    assert (collector.events, collector.headers, collector.body_chunks) == ([], [], [])
    assert (collector.status, collector.more_body) == (None, None)
    headers = iter([iter((b"x-a", b"\xe9")), (b"x-a", b"2")])
    await collector({"type": "http.response.start", "status": 201, "headers": headers})
    assert collector.status == 201
    assert collector.headers == [("x-a", "é"), ("x-a", "2")]
    assert collector.more_body is None
    await collector.collect(
        {"type": "http.response.body", "body": b"a", "more_body": True}
    )
    assert collector.more_body is True
    await collector({"type": "http.response.body"})
    assert collector.more_body is False
    assert collector.body_chunks == [b"a", b""]
    assert collector.events == [
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [(b"x-a", b"\xe9"), (b"x-a", b"2")],
        },
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body"},
    ]


async def test_what_is_not_allowed_is_not_collected() -> None:
    collector = ASGIResponseEventCollector()
    with pytest.raises(ASGIProtocolError, match="Response Body"):
        await collector({"type": "http.response.body"})
    with pytest.raises(ASGIProtocolError, match="for a request"):
        await collector({"type": "websocket.send"})
    with pytest.raises(ASGIProtocolError, match="as an event"):
        await collector(None)  # type: ignore[arg-type]
    assert collector.events == []
    await collector({"type": "http.response.start", "status": 200})
    with pytest.raises(ASGIProtocolError, match="for a request"):
        await collector({"type": "lifespan.startup.complete"})
    assert len(collector.events) == 1


async def test_what_an_extension_adds_is_collected_where_it_is_offered() -> None:
    hint = {"type": "http.response.early_hint", "links": [b"</a>"]}
    with pytest.raises(ASGIProtocolError, match="without being offered it"):
        await ASGIResponseEventCollector()(hint)
    collector = ASGIResponseEventCollector({"http.response.early_hint": {}})
    await collector(hint)
    assert collector.events == [hint]
    assert (collector.status, collector.more_body) == (None, None)


@pytest.mark.parametrize(("method", "allowed"), [(None, True), ("GET", False)])
async def test_the_method_says_whether_a_body_may_be_missing(
    method: str | None, allowed: bool
) -> None:
    collector = ASGIResponseEventCollector(method=method)
    headers = [(b"content-length", b"3")]
    await collector({"type": "http.response.start", "status": 200, "headers": headers})
    if allowed:
        await collector({"type": "http.response.body"})
        return
    with pytest.raises(ASGIProtocolError, match="Content-Length"):
        await collector({"type": "http.response.body"})


async def test_the_answers_of_a_lifespan_are_collected() -> None:
    collector = ASGIResponseEventCollector()
    answers = [
        {"type": f"lifespan.{name}.complete"} for name in ("startup", "shutdown")
    ]
    for answer in answers:
        await collector(answer)
    assert collector.events == answers
    with pytest.raises(ASGIProtocolError, match="after the lifespan was over"):
        await collector(answers[0])
    with pytest.raises(ASGIProtocolError, match="in its lifespan"):
        await collector({"type": "http.response.start", "status": 200})
    assert collector.events == answers


async def test_an_application_can_be_called_with_both() -> None:
    class Echo:
        async def on_post(self, req: Any, resp: Any) -> None:
            resp.data = await req.stream.read()

    app = App(extensions=())
    app.add_route("/", Echo())
    emitter = ASGIRequestEventEmitter(b"abcdefgh", 3)
    collector = ASGIResponseEventCollector()
    async with asyncio.timeout(5):
        await app(create_scope(method="POST"), emitter, collector)
    assert (collector.status, b"".join(collector.body_chunks)) == (200, b"abcdefgh")


# The lifespan.


def condition_of(emitter_takes: str) -> asyncio.Condition | asyncio.Event:
    return asyncio.Condition() if emitter_takes == "Condition" else asyncio.Event()


@pytest.mark.parametrize("emitter_takes", ["Condition", "Event"])
async def test_a_lifespan_is_shut_down_when_the_test_says_so(
    emitter_takes: str,
) -> None:
    shutting_down = condition_of(emitter_takes)
    emitter = ASGILifespanEventEmitter(shutting_down)
    assert await emitter() == {"type": "lifespan.startup"}
    assert await emitter.emit() == {"type": "lifespan._nonstandard_event"}
    waiting = asyncio.ensure_future(emitter())
    await asyncio.sleep(0)
    assert asleep()
    assert not waiting.done()
    if isinstance(shutting_down, asyncio.Event):
        shutting_down.set()
    else:
        async with shutting_down:
            shutting_down.notify()
    async with asyncio.timeout(5):
        assert await waiting == {"type": "lifespan.shutdown"}


async def test_an_application_may_come_late_to_its_shutdown() -> None:
    shutting_down = asyncio.Event()
    shutting_down.set()
    emitter, collector = (
        ASGILifespanEventEmitter(shutting_down),
        ASGIResponseEventCollector(),
    )
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    async with asyncio.timeout(5):
        await App(extensions=())(scope, emitter, collector)
    assert [event["type"] for event in collector.events] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


async def test_an_application_that_answers_what_it_does_not_know_is_told() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            await send({"type": f"{event['type']}.complete"})

    emitter = ASGILifespanEventEmitter(asyncio.Event())
    with pytest.raises(ASGIProtocolError, match=r"lifespan\._nonstandard_event"):
        async with asyncio.timeout(5):
            await app({"type": "lifespan"}, emitter, ASGIResponseEventCollector())
