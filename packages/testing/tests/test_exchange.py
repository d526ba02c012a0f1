"""One request to an application that is no more than a function."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from falconws.core import Event, OperationNotAllowed, Receive, Scope, Send
from falconws.testing import (
    ASGIConductor,
    ASGIProtocolError,
    Result,
    StreamedResult,
    create_scope,
)
from falconws.testing.behavior import Behavior
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


async def test_a_request_has_no_body_and_offers_no_extension_by_default() -> None:
    received: list[Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        await send(START)
        await send({"type": "http.response.push", "path": "/"})

    scope = create_scope()
    del scope["extensions"]
    with pytest.raises(ASGIProtocolError, match="without being offered it"):
        await Exchange(app, scope).result(5)
    assert received == [{"type": "http.request", "body": b"", "more_body": False}]


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


async def test_the_end_of_a_body_can_be_read_again_and_again() -> None:
    async with streaming(sending(START, END)) as result:
        for _ in range(3):
            assert await result.stream.read() == b""


@pytest.mark.parametrize(
    ("events", "complaint"),
    [
        ([START, START], "'http.response.start' after http.response.start"),
        ([END], "'http.response.body' before http.response.start"),
        ([START, END, piece(b"late")], "body' after the response was complete"),
        ([{"type": "websocket.accept"}], "'websocket.accept' for a request"),
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


async def test_a_whole_response_has_one_bound_however_many_pieces_come() -> None:
    async def dripping_application(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await asyncio.sleep(0.01)
            await send(piece(b"x"))

    with pytest.raises(TimeoutError, match=r"complete its response within 0\.1 s"):
        await result_of(dripping_application, seconds=0.1)


@pytest.mark.parametrize("side", ["send", "receive"])
async def test_an_application_that_waits_for_nothing_does_not_stop_the_clock(
    side: str,
) -> None:
    async def busy_application(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await (send(piece(b"x")) if side == "send" else receive())

    behavior = Behavior(leave_after=0) if side == "receive" else None
    with pytest.raises(TimeoutError, match="complete its response"):
        await Exchange(busy_application, create_scope(), b"", behavior).result(0.1)


async def test_an_application_may_return_in_the_middle_of_its_response() -> None:
    result = await result_of(sending(START, piece(b"a")))
    assert (result.content, result.complete) == (b"a", False)
    assert (await result_of(sending(START, END))).complete


async def test_an_application_that_cannot_be_called_fails_where_the_test_waits() -> (
    None
):
    def app(scope: Scope) -> None:
        raise AssertionError("This must not be called.")

    with pytest.raises(TypeError, match="positional argument"):
        await Exchange(app, create_scope()).result(5)


async def test_a_test_that_is_cancelled_takes_the_application_with_it() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    asking = asyncio.ensure_future(result_of(app))
    await began.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert ended.is_set()


async def test_an_application_that_is_given_up_may_raise_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            await asyncio.Event().wait()
        finally:
            raise KeyError("a bug")

    with pytest.raises(TimeoutError, match="did not send anything"):
        async with streaming(app, timeout=0.05) as result:
            await result.stream.read()
    del result
    gc.collect()
    # asyncio complains here of an exception that was never retrieved.
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_an_application_that_cannot_be_cancelled_is_given_up() -> None:
    began, release = asyncio.Event(), asyncio.Event()

    async def deaf_application(scope: Scope, receive: Receive, send: Send) -> None:
        while not release.is_set():
            try:
                began.set()
                await release.wait()
            except asyncio.CancelledError:
                pass

    exchange = Exchange(deaf_application, create_scope())
    await began.wait()
    await exchange.close(0.05)
    assert not exchange.task.done()
    release.set()
    await exchange.task


# Bodies that the test sends in pieces.


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    more_body = True
    while more_body:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        more_body = event.get("more_body", False)
        await send(piece(event.get("body", b"")))
    await send(END)


async def test_a_body_may_be_made_while_it_is_sent() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for word in (b"a", b"b"):
            await asyncio.sleep(0)
            yield word

    for body in (pieces(), [b"a", b"b"]):
        exchange = Exchange(echo, create_scope(), body)
        assert (await exchange.result(5)).content == b"ab"


async def test_a_body_that_nobody_reads_is_ended_with_its_request() -> None:
    ended = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await sending(START, END)(scope, receive, send)

    assert (await Exchange(app, create_scope(), pieces()).result(5)).complete
    assert ended.is_set()


async def failing() -> AsyncIterator[bytes]:
    yield b"a"
    raise ZeroDivisionError("of the test")


async def raising(scope: Scope, receive: Receive, send: Send) -> None:
    await until_left(receive)
    raise KeyError("of the application")


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    await until_left(receive)
    await sending(START, END)(scope, receive, send)


async def until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    await until_left(receive)


@pytest.mark.parametrize("app", [echo, raising, answering, empty])
async def test_an_error_in_the_tests_own_body_comes_out(app: App) -> None:
    with pytest.raises(ZeroDivisionError, match="of the test"):
        await Exchange(app, create_scope(), failing()).result(5)


async def failing_at_its_end() -> AsyncIterator[bytes]:
    try:
        for _ in range(2):
            yield b"a"
    finally:
        raise ZeroDivisionError("of the test")


async def test_an_error_at_the_end_of_a_body_that_is_not_read_comes_out() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await sending(START, END)(scope, receive, send)

    with pytest.raises(ZeroDivisionError, match="of the test"):
        await Exchange(app, create_scope(), failing_at_its_end()).result(5)
    arguments: Any = {"body": failing_at_its_end()}
    with pytest.raises(ZeroDivisionError, match="of the test"):
        async with ASGIConductor(app).simulate_get_stream("/", **arguments) as result:
            assert await result.stream.read() == b""


async def test_an_error_in_the_tests_own_body_does_not_wait_for_a_deaf_application() -> (
    None
):
    async def takes_one(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await receive()
        await asyncio.Event().wait()

    with pytest.raises(ZeroDivisionError, match="of the test"):
        await Exchange(takes_one, create_scope(), failing()).result(0.05)


# Clients that leave.


def leaving(app: App, spec_version: str = "2.3", **behavior: Any) -> Exchange:
    scope = create_scope(spec_version=spec_version)
    return Exchange(app, scope, b"abcd", Behavior(**behavior))


AT_ONCE: list[dict[str, Any]] = [{"leave_after": 0}, {"leave_after_bytes": 0}]


@pytest.mark.parametrize("behavior", AT_ONCE)
async def test_a_client_that_leaves_at_once_sends_nothing(
    behavior: dict[str, Any],
) -> None:
    received: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.extend([(await receive())["type"] for _ in range(2)])

    with pytest.raises(ConnectionError, match="left before the application responded"):
        await leaving(app, **behavior).result(5)
    assert received == ["http.disconnect"] * 2


async def test_a_client_leaves_after_some_time() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["body"] == b"abcd"
        await sending(START, piece(b"a"))(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"

    result = await leaving(app, leave_after=0.01).result(5)
    assert (result.content, result.complete) == (b"a", False)


async def test_a_client_that_would_leave_later_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []
    call_later = loop.call_later

    def noting(delay: float, *arguments: Any, **keywords: Any) -> asyncio.TimerHandle:
        timer = call_later(delay, *arguments, **keywords)
        if delay == 300:
            timers.append(timer)
        return timer

    monkeypatch.setattr(loop, "call_later", noting)
    assert (await leaving(sending(START, END), leave_after=300).result(5)).complete
    assert [timer.cancelled() for timer in timers] == [True]


async def test_a_client_leaves_in_the_middle_of_its_body() -> None:
    received: list[Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.extend([await receive(), await receive()])

    with pytest.raises(ConnectionError):
        await leaving(app, leave_after_bytes=3).result(5)
    assert received == [
        {"type": "http.request", "body": b"abc", "more_body": True},
        {"type": "http.disconnect"},
    ]


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2", "2.3"])
@pytest.mark.parametrize("behavior", AT_ONCE)
async def test_an_application_that_goes_on_is_seen_in_the_result(
    version: str, behavior: dict[str, Any]
) -> None:
    app = sending(START, piece(b"a"), END)
    result = await leaving(app, version, **behavior).result(5)
    assert (result.status_code, result.content) == (200, b"a")


@pytest.mark.parametrize("version", ["2.4", "2.5", "2.10", "3.0"])
@pytest.mark.parametrize("event", [START, END])
async def test_from_2_4_on_send_raises_when_the_client_has_left(
    version: str, event: Event
) -> None:
    raised: list[BaseException] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            try:
                await send(event)
            except OSError as exc:
                raised.append(exc)
        raise raised[0]

    with pytest.raises(ConnectionError) as caught:
        await leaving(app, version, leave_after=0).result(5)
    assert [str(exc) for exc in raised] == ["The client has left."] * 2
    assert caught.value.__cause__ is raised[1]


async def test_before_the_client_leaves_send_does_not_raise() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await receive()
        with pytest.raises(OSError, match="has left"):
            await send(END)

    result = await leaving(app, "2.4", leave_after_bytes=4).result(5)
    assert (result.status_code, result.complete) == (200, False)


async def test_what_is_wrong_is_found_also_if_the_application_catches_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(START, END)(scope, receive, send)
        for late in (piece(b"late"), START):
            with suppress(Exception):
                await send(late)

    with pytest.raises(ASGIProtocolError, match=r"body' after the response was"):
        await result_of(app)
    with pytest.raises(ASGIProtocolError, match=r"body' after the response was"):
        async with streaming(app) as result:
            assert await result.stream.read() == b""


async def test_what_the_scope_offers_and_this_client_does_not_read_is_refused() -> None:
    scope = create_scope()
    scope["extensions"] = {"http.response.early_hint": {}}
    exchange = Exchange(
        sending({"type": "http.response.early_hint", "links": []}), scope
    )
    with pytest.raises(NotImplementedError, match="ASGIResponseEventCollector"):
        await exchange.result(5)


@pytest.mark.parametrize("version", ["2.3", "2.4"])
@pytest.mark.parametrize("error", [KeyError("gone"), KeyError])
async def test_send_raises_what_the_test_wants(version: str, error: Any) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)

    exchange = leaving(app, version, leave_after=0, send_error=error)
    with pytest.raises(ConnectionError) as caught:
        await exchange.result(5)
    assert isinstance(caught.value.__cause__, KeyError)
    result = await leaving(sending(START, END), version, send_error=error).result(5)
    assert result.complete


async def test_an_error_of_the_applications_own_comes_out_of_a_client_that_left() -> (
    None
):
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(START)
        except OSError:
            raise OSError("another") from None

    with pytest.raises(OSError, match="another"):
        await leaving(app, "2.4", leave_after=0).result(5)


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


async def test_a_client_that_has_left_reads_nothing_of_a_stream_that_goes_on() -> None:
    release = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await release.wait()

    async with streaming(app) as result:
        await result.disconnect()
        assert await result.stream.read() == b""
        release.set()


async def test_what_is_sent_when_the_client_has_left_is_lost() -> None:
    late = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await until_left(receive)
        await sending(piece(b"late"), END)(scope, receive, send)
        late.set()

    async with streaming(app) as result:
        await result.disconnect()
        async with asyncio.timeout(5):
            await late.wait()
        assert await result.stream.read() == b""
        assert not result.complete


@pytest.mark.parametrize("version", ["2.3", "2.4"])
async def test_what_follows_the_end_is_wrong_also_if_the_client_has_left(
    version: str,
) -> None:
    left = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sending(START, END)(scope, receive, send)
        await left.wait()
        await send(piece(b"late"))

    async def leave(result: StreamedResult) -> None:
        await result.disconnect()
        left.set()

    opened = ASGIConductor(app).simulate_get_stream("/", spec_version=version)
    with pytest.raises(ASGIProtocolError, match="after the response was complete"):
        async with opened as result:
            await leave(result)


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


# What a client does in the middle of a stream.


class Pusher:
    """An application that sends pieces of ten bytes, and notes what happens to it."""

    def __init__(self, count: int = 1000) -> None:
        self.count = count
        self.sent = 0
        self.error: Exception | None = None
        self.left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(START)
        try:
            for _ in range(self.count):
                await send(piece(b"x" * 10))
                self.sent += 1
        except Exception as exc:
            self.error = exc
            raise
        self.left = (await receive())["type"] == "http.disconnect"


async def settle() -> None:
    """Let the application go on until it waits for the client."""
    for _ in range(50):
        await asyncio.sleep(0)


def stream(app: App, **arguments: Any) -> Any:
    return ASGIConductor(app).simulate_get_stream("/", **arguments)


@pytest.mark.parametrize(("limit", "sent"), [(0, 0), (9, 0), (10, 1), (29, 2), (30, 3)])
async def test_send_waits_while_too_much_is_unread(limit: int, sent: int) -> None:
    pusher = Pusher()
    async with stream(pusher, write_limit=limit) as result:
        await settle()
        assert pusher.sent == sent
        assert await anext(result.stream) == b"x" * 10
        await settle()
        assert pusher.sent == sent + 1


async def test_without_a_limit_send_does_not_wait() -> None:
    pusher = Pusher()
    async with stream(pusher):
        await settle()
        assert pusher.sent == 1000


async def test_a_whole_response_is_read_whatever_the_limit() -> None:
    app = sending(START, *[piece(b"x")] * 100, END)
    result = await leaving(app, write_limit=0).result(5)
    assert len(result.content) == 100


@pytest.mark.parametrize("limit", [None, 0])
@pytest.mark.parametrize("version", ["2.3", "2.4"])
async def test_a_client_that_leaves_in_the_middle_wakes_who_waits_to_send(
    limit: int | None, version: str
) -> None:
    pusher = Pusher()
    arguments = {"write_limit": limit, "spec_version": version}
    async with stream(pusher, **arguments) as result:
        await settle()
        await result.disconnect()
        assert await result.stream.read() == b""
        await result.finish()
        assert not result.complete
    told = version == "2.4" and limit == 0
    assert isinstance(pusher.error, OSError if told else type(None))
    assert pusher.left == (not told)


async def test_a_client_that_vanishes_tells_nobody() -> None:
    pusher = Pusher(count=5)
    async with stream(pusher, timeout=0.2) as result:
        await settle()
        await result.vanish()
        with pytest.raises(OperationNotAllowed, match="has vanished"):
            await result.stream.read()
        with pytest.raises(OperationNotAllowed, match="has vanished"):
            await anext(result.stream)
        with pytest.raises(OperationNotAllowed, match="has vanished"):
            await anext(result.events())
        await settle()
        assert pusher.sent == 5
        assert not pusher.left
    assert pusher.left


@pytest.mark.parametrize(("limit", "sent"), [(None, 6553), (100, 10)])
async def test_who_sends_to_a_client_that_vanished_waits_at_the_limit(
    limit: int | None, sent: int
) -> None:
    vanished = asyncio.Event()
    sizes: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await vanished.wait()
        while sum(sizes) < 100_000:
            await send(piece(b"x" * 10))
            sizes.append(10)

    async with stream(app, write_limit=limit) as result:
        await result.vanish()
        vanished.set()
        for _ in range(10):  # a send lets the others go on now and then
            await settle()
        assert len(sizes) == sent


async def test_a_client_that_vanished_sends_no_more_of_its_request() -> None:
    vanished = asyncio.Event()
    received: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await receive()
        await vanished.wait()
        received.append((await receive())["type"])

    async with stream(app, body=b"x" * 8192) as result:
        await result.vanish()
        vanished.set()
        await settle()
        assert received == []
    assert received == ["http.disconnect"]


async def test_finish_waits_for_an_application_that_gives_up() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await send(piece(b"xx"))

    async with stream(app, write_limit=1) as result:
        await result.vanish()
        await result.finish()


@pytest.mark.parametrize("timeout", [None, 0.05])
async def test_finish_fails_for_an_application_that_goes_on(
    timeout: float | None,
) -> None:
    conductor = ASGIConductor(silent_application, timeout=5 if timeout else 0.05)
    async with conductor.simulate_get_stream("/") as result:
        with pytest.raises(TimeoutError, match=r"did not return within 0\.05 s"):
            await result.finish(timeout)


async def test_finish_lets_out_what_the_application_raised_once() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        raise ZeroDivisionError("a bug")

    async with stream(app) as result:
        with pytest.raises(ZeroDivisionError, match="a bug"):
            await result.finish()


async def test_events_are_read_while_they_are_sent() -> None:
    talker = Talker()
    async with streaming(talker) as result:
        talker.say(b"data: 1\n\ndata: 2\n\nda", b"ta: 3\n\n")
        assert (await anext(result.events())).data == "1"
        assert [e.data async for e in some(result.events(), 2)] == ["2", "3"]
        talker.say(b"data: 4\n\n", None)
        assert [event.data async for event in result.events()] == ["4"]
        assert [event async for event in result.events()] == []


async def some(items: AsyncIterator[Any], count: int) -> AsyncIterator[Any]:
    for _ in range(count):
        yield await anext(items)


async def test_comments_are_no_events_and_do_not_keep_a_test_waiting() -> None:
    async def commenting(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        while True:
            await send(piece(b": still here\n\n"))
            await asyncio.sleep(0.01)

    async def read() -> None:
        async with streaming(commenting, timeout=0.1) as result:
            with pytest.raises(TimeoutError, match="did not send an event"):
                await anext(result.events())

    with pytest.raises(TimeoutError, match="after its client had left"):
        await read()


async def test_the_repr_of_a_stream_says_whether_there_is_more() -> None:
    talker = Talker()
    async with streaming(talker) as result:
        assert repr(result) == "StreamedResult<200 OK being sent>"
        talker.say(None)
        assert await result.stream.read() == b""
        assert repr(result) == "StreamedResult<200 OK complete>"


async def test_a_stream_that_does_not_begin_takes_the_application_with_it() -> None:
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError, match="did not start its response"):
        async with stream(app, timeout=0.05):
            raise AssertionError("The block must not begin.")
    assert ended.is_set()


async def test_a_stream_whose_client_left_at_once_does_not_begin() -> None:
    with pytest.raises(ConnectionError, match="left before"):
        async with stream(empty, asgi_disconnect_ttl=0):
            raise AssertionError("The block must not begin.")


async def test_a_test_that_has_waited_in_vain_does_not_wait_again() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise ZeroDivisionError("of no interest") from None

    with pytest.raises(TimeoutError, match=r"send anything within 0\.01 s"):
        async with stream(app, timeout=0.01) as result:
            await result.stream.read()
    assert ended == ["cancelled"]
