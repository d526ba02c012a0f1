"""Responses whose body is in hand."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from falconws import testing
from falconws.core import App, Event, Request, Response
from falconws.testing import (
    ASGIConductor,
    ASGIRequestEventEmitter,
    ASGIResponseEventCollector,
    Clock,
    TestClient,
    create_scope,
)

START = "http.response.start"


@pytest.fixture
async def clock() -> AsyncIterator[Clock]:
    with testing.clock() as stopped:
        yield stopped


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


def serving(responder: Any, send_timeout: float | None = 30.0) -> App:
    """An App with one responder."""
    app = App(extensions=())
    app.resp_options.send_timeout = send_timeout
    app.add_route("/", SimpleNamespace(on_get=responder, on_post=responder))
    return app


def answering(body: bytes, send_timeout: float | None = 30.0) -> App:
    async def on_get(req: Request, resp: Response) -> None:
        resp.data = body

    return serving(on_get, send_timeout)


async def source() -> AsyncIterator[bytes]:
    for _ in range(0):
        yield b""


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
            resp.stream = source()

    sent: list[Event] = []  # for the kit a 1xx is no response

    async def send(event: Event) -> None:
        sent.append(event)

    emitter = ASGIRequestEventEmitter(disconnect_at=math.inf)
    await serving(on_get)(create_scope(), emitter, send)
    headers = dict(sent[0]["headers"])
    assert headers.get(b"content-length") == (length.encode() if length else None)
    assert [event["body"] for event in sent[1:]] == [b""]


@pytest.mark.parametrize("streams", [False, True])
def test_a_205_has_no_content_and_says_so(streams: bool) -> None:
    async def on_get(req: Request, resp: Response) -> None:
        resp.status = 205
        if streams:
            resp.stream = source()
        else:
            resp.text = "reset"

    result = TestClient(serving(on_get)).get()
    assert (result.content, result.headers["content-length"]) == (b"", "0")


async def test_a_body_that_is_announced_and_neither_sent_nor_read_is_not_waited_for() -> (
    None
):
    async def on_post(req: Request, resp: Response) -> None:
        resp.text = "no, thank you"

    async def body() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b"hello"

    conductor = ASGIConductor(serving(on_post))
    result = await conductor.post(body=body(), headers={"Content-Length": "5"})
    assert result.text == "no, thank you"


async def test_a_send_of_a_body_that_fails_is_a_client_that_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def responder(req: Request, resp: Response) -> None:
        resp.text = "text"

    server = Server(serving(responder))
    server.fails_at = lambda event: True
    await server.over()
    assert server.events == []
    assert caplog.records == []


async def test_a_timeout_of_the_servers_own_is_a_client_that_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")

    def fails(event: Event) -> bool:
        raise TimeoutError

    server = Server(answering(bytes(65537)))
    server.fails_at = fails
    await server.over()
    assert server.events == []
    assert caplog.records == []


# A client that does not read.


def did_not_read(caplog: pytest.LogCaptureFixture) -> list[tuple[int, bool]]:
    return [(r.levelno, "not read" in r.getMessage()) for r in caplog.records]


async def test_a_body_in_one_piece_is_given_up_when_its_send_waits_for_too_long(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "falconws")
    servers = [Server(answering(bytes(65537))) for _ in range(2)]
    servers[0].waits_at = lambda event: True
    servers[1].waits_at = lambda event: event["type"] != START
    await clock.advance(29.9)
    assert not any(server.task.done() for server in servers)
    await clock.advance(0.2)
    assert [server.task.result() for server in servers] == [None, None]
    assert [len(server.events) for server in servers] == [0, 1]
    assert did_not_read(caplog) == [(logging.DEBUG, True)] * 2


async def test_a_small_body_and_what_has_no_limit_are_left_to_the_server(
    clock: Clock,
) -> None:
    apps = [answering(bytes(65536)), answering(bytes(65537), None)]
    servers = [Server(app) for app in apps]
    for server in servers:
        server.waits_at = lambda event: event["type"] != START
    await clock.advance(1000)
    for server in servers:
        assert not server.task.done()
        server.may_send.set()
        await server.over()
    lengths = [sum(len(event["body"]) for event in s.events[1:]) for s in servers]
    assert lengths == [65536, 65537]


@pytest.mark.parametrize(
    ("size", "seconds"), [(262144, 30), (262145, 60), (524288, 60), (524289, 90)]
)
async def test_a_client_has_the_send_timeout_for_each_256_kib_of_what_is_sent_at_once(
    size: int, seconds: int, clock: Clock
) -> None:
    server = Server(answering(bytes(size)))
    server.waits_at = lambda event: event["type"] != START
    await clock.advance(seconds - 0.1)
    assert not server.task.done()
    await clock.advance(0.2)
    assert server.task.result() is None
    assert len(server.events) == 1
