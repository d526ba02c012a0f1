"""What ends a connection besides its client and its responder: limits on time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event
from falconws.testing import ASGIConductor, create_scope_ws
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketOptions, WebSockets

Responder = Callable[[WebSocket], Awaitable[None]]


def serving(responder: Responder, **options: Any) -> App:
    async def on_websocket(req: Any, ws: WebSocket) -> None:
        await responder(ws)

    app = App(extensions=[WebSockets(WebSocketOptions(**options))])
    app.add_route("/", SimpleNamespace(on_websocket=on_websocket))
    return app


class FrozenClient:
    """A client that opens a WebSocket, and does not read what is sent to it."""

    def __init__(self, app: App) -> None:
        self.reads = asyncio.Event()
        self.blocked = asyncio.Event()
        self.leaves = False
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._events.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(
            app(create_scope_ws("/"), self._events.get, self._send)
        )

    async def _send(self, event: Event) -> None:
        if event["type"] in ("websocket.send", "websocket.close"):
            self.blocked.set()
            await self.reads.wait()
            if self.leaves:
                raise OSError("The client has left.")


@asynccontextmanager
async def soon() -> AsyncIterator[None]:
    async with asyncio.timeout(10):
        yield


# A client that does not read.


@pytest.mark.parametrize("kind", ["text", "data"])
async def test_a_send_that_waits_for_too_long_raises_and_the_responder_ends(
    kind: str,
) -> None:
    raised: list[WebSocketDisconnected] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await (ws.send_text("x") if kind == "text" else ws.send_data(b"x"))
        except WebSocketDisconnected as exc:
            raised.append(exc)
            assert ws.closed
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    client = FrozenClient(serving(push, send_timeout=0.01))
    async with soon():
        await client.task
    assert [(exc.code, exc.initiator) for exc in raised] == [(1006, "server")]


async def test_every_task_that_sends_is_freed() -> None:
    raised: list[str] = []

    async def push(ws: WebSocket) -> None:
        async def send(name: str) -> None:
            try:
                await ws.send_text(name)
            except WebSocketDisconnected:
                raised.append(name)

        await ws.accept()
        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(send(name))

    client = FrozenClient(serving(push, send_timeout=0.01))
    async with soon():
        await client.task
    assert sorted(raised) == ["a", "b", "c"]


async def test_a_sender_that_cannot_be_found_leaves_the_responder_to_its_grace() -> (
    None
):
    ended = asyncio.Event()

    async def push(ws: WebSocket) -> None:
        async def messages() -> AsyncIterator[None]:
            yield await ws.send_text("x")  # type: ignore[func-returns-value]

        await ws.accept()
        try:
            async for _ in messages():
                pass
        finally:
            ended.set()

    client = FrozenClient(serving(push, send_timeout=0.01, disconnect_grace=0))
    async with soon():
        await client.task
    assert ended.is_set()


@pytest.mark.parametrize("message", ["x", b"x"])
async def test_a_cancellation_by_others_is_no_disconnect(message: str | bytes) -> None:
    seen: list[type[BaseException]] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        try:
            if isinstance(message, str):
                await ws.send_text(message)
            else:
                await ws.send_data(message)
        except BaseException as exc:
            seen.append(type(exc))
            raise

    client = FrozenClient(serving(push))
    async with soon():
        await client.blocked.wait()
        client.task.cancel()
        await asyncio.sleep(0)
        client.reads.set()  # for the close that says goodbye
        with pytest.raises(asyncio.CancelledError):
            await client.task
    assert seen == [asyncio.CancelledError]


async def test_a_client_that_reads_late_is_waited_for_without_a_limit() -> None:
    sent: list[str] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        for text in "ab":
            await ws.send_text(text)
            sent.append(text)

    app = serving(push, send_timeout=None)
    client = FrozenClient(app)
    async with soon():
        await client.blocked.wait()
        for connection in list(app.connections._open):
            for _ in range(3):
                connection.sweep()
        client.reads.set()
        await client.task
    assert sent == ["a", "b"]


@pytest.mark.parametrize("leaves", [False, True])
async def test_sends_of_several_tasks_go_on_when_the_client_does(leaves: bool) -> None:
    ends: list[str] = []

    async def push(ws: WebSocket) -> None:
        async def send(message: str | bytes) -> None:
            try:
                if isinstance(message, str):
                    await ws.send_text(message)
                else:
                    await ws.send_data(message)
                ends.append("sent")
            except WebSocketDisconnected as exc:
                ends.append(str(exc.code))

        await ws.accept()
        async with asyncio.TaskGroup() as group:
            for message in ("a", b"b", "c"):
                group.create_task(send(message))

    client = FrozenClient(serving(push))
    client.leaves = leaves
    async with soon():
        await client.blocked.wait()
        client.reads.set()
        await client.task
    assert ends == ["1006" if leaves else "sent"] * 3


# Limits on the connection.


async def closed_by(app: App, *messages: str) -> tuple[int | None, str]:
    async with ASGIConductor(app, timeout=10).simulate_ws("/") as client:
        for message in messages:
            await client.send_text(message)
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    return client.close_code, client.close_reason


async def receive_all(ws: WebSocket) -> None:
    await ws.accept()
    async for _ in ws:
        pass


async def wait_for_ever(ws: WebSocket) -> None:
    await ws.accept()
    await asyncio.Event().wait()


@pytest.mark.parametrize("responder", [receive_all, wait_for_ever])
@pytest.mark.parametrize(
    ("limit", "reason"),
    [("max_age", "Open for long enough"), ("idle_timeout", "Silent for too long")],
)
async def test_a_connection_ends_with_its_limit(
    responder: Responder, limit: str, reason: str
) -> None:
    app = serving(responder, disconnect_grace=0, **{limit: 0.01})
    assert await closed_by(app) == (1001, reason)
    assert len(app.connections) == 0


async def answer_all(ws: WebSocket) -> None:
    await ws.accept()
    async for message in ws:
        assert isinstance(message, str)
        await ws.send_text(message)


async def test_a_client_that_is_heard_is_not_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = serving(answer_all, idle_timeout=3)
    loop = asyncio.get_running_loop()
    async with ASGIConductor(app).simulate_ws("/") as client:
        (connection,) = app.connections._open
        start = loop.time()
        for seconds in range(0, 20, 2):
            await client.send_text("here")
            assert await client.receive_text() == "here"
            with monkeypatch.context() as patch:
                patch.setattr(loop, "time", lambda: start + seconds)  # noqa: B023
                connection.sweep()
            assert client.ready


async def test_waiting_in_vain_again_and_again_is_idle_too() -> None:
    async def impatient(ws: WebSocket) -> None:
        await ws.accept()
        while True:
            try:
                async with asyncio.timeout(0.001):
                    await ws.receive_text()
            except TimeoutError:
                pass

    app = serving(impatient, idle_timeout=0.01)
    assert await closed_by(app) == (1001, "Silent for too long")


async def test_a_sender_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def push(ws: WebSocket) -> None:
        async def messages() -> AsyncIterator[None]:
            yield await ws.send_text("x")  # type: ignore[func-returns-value]

        await ws.accept()
        async for _ in messages():
            pass

    app = serving(push, send_timeout=0.01, disconnect_grace=None)
    client = FrozenClient(app)
    searches: list[object] = []
    searched = asyncio.Event()

    def search(sending: object) -> None:
        searches.append(sending)
        searched.set()

    monkeypatch.setattr("falconws.ws._transport._awaiting_task", search)
    async with soon():
        await client.blocked.wait()
        (connection,) = app.connections._open
        await searched.wait()
        for _ in range(3):
            connection.sweep()
        client.reads.set()
        await client.task
    assert len(searches) == 1


@pytest.mark.parametrize("seconds", [0, -1, 0.001])
async def test_a_connection_ends_with_its_authorization(seconds: float) -> None:
    async def authorize(ws: WebSocket) -> None:
        ws.expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
        await receive_all(ws)

    app = serving(authorize)
    assert await closed_by(app) == (1008, "Authorization has expired")


async def test_an_authorization_may_be_renewed_and_is_a_time() -> None:
    ws = WebSocket(create_scope_ws("/"), None, None)  # type: ignore[arg-type]
    assert ws.expires_at is None
    ws.expires_at = datetime(2026, 1, 1, tzinfo=UTC)
    assert ws.expires_at == 1767225600
    ws.expires_at = 7.5
    assert ws.expires_at == 7.5
    with pytest.raises(ValueError, match="with a zone"):
        ws.expires_at = datetime(2026, 1, 1)
    ws.expires_at = None
    assert ws.expires_at is None


async def test_a_handshake_that_is_not_answered_in_time_is_denied() -> None:
    async def hesitate(ws: WebSocket) -> None:
        await asyncio.Event().wait()

    app = serving(hesitate, max_age=0.01, disconnect_grace=0)
    client = ASGIConductor(app, timeout=10).simulate_ws("/")
    with pytest.raises(WebSocketDisconnected):
        async with client:
            pass
    assert client.denial is not None
    assert client.denial.status_code == 403


async def test_a_close_that_a_frozen_client_does_not_read_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("falconws.ws._connection._CLOSE_TIMEOUT", 0.01)
    client = FrozenClient(serving(wait_for_ever, max_age=0.01, disconnect_grace=0))
    async with soon():
        await client.task


# Limits on messages.


@pytest.mark.parametrize(
    ("message", "passes"),
    [("x" * 8, True), ("x" * 9, False), ("é" * 4, True), ("é" * 5, False)],
)
async def test_a_message_has_so_many_bytes_at_the_most(
    message: str, passes: bool
) -> None:
    received: list[str] = []

    async def receive(ws: WebSocket) -> None:
        await ws.accept()
        received.append(await ws.receive_text())

    app = serving(receive, max_message_size=8)
    end = (
        (1000, "Normal Closure") if passes else (1009, "A message has at most 8 bytes")
    )
    assert await closed_by(app, message) == end
    assert received == ([message] if passes else [])


@pytest.mark.parametrize(("size", "code"), [(8, 1000), (9, 1009)])
async def test_a_binary_message_has_so_many_bytes_too(size: int, code: int) -> None:
    async def receive(ws: WebSocket) -> None:
        await ws.accept()
        await ws.receive_data()

    app = serving(receive, max_message_size=8)
    async with ASGIConductor(app).simulate_ws("/") as client:
        await client.send_data(bytes(size))
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    assert client.close_code == code


async def test_more_messages_than_the_rate_allows_close_the_connection() -> None:
    app = serving(receive_all, rate_limit=(0.001, 3))
    async with ASGIConductor(app).simulate_ws("/") as client:
        for _ in range(3):
            await client.send_text("x")
            await asyncio.sleep(0)
        assert client.ready
    assert await closed_by(app, *"abcd") == (1008, "Too many messages")
