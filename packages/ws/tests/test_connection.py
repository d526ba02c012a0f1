"""What ends a connection besides its client and its responder: limits on time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from falconws.core import App, Event, Receive, Request, Scope, Send
from falconws.testing import (
    ASGIConductor,
    ASGIWebSocketSimulator,
    clock,
    create_scope_ws,
)
from falconws.ws import WebSocket, WebSocketDisconnected, WebSocketOptions, WebSockets
from falconws.ws._connection import OpenSocket

Responder = Callable[[WebSocket], Awaitable[None]]


def serving(responder: Responder, **options: Any) -> App:
    async def on_websocket(req: Any, ws: WebSocket) -> None:
        await responder(ws)

    app = App(extensions=[WebSockets(WebSocketOptions(**options))])
    app.add_route("/", SimpleNamespace(on_websocket=on_websocket))
    return app


def frozen(app: Any) -> ASGIWebSocketSimulator:
    """Open a WebSocket whose client reads only what it is told to: each send waits for it."""
    return ASGIConductor(app).simulate_ws("/", write_limit=0)


# A client that does not read. The first sweep that sees a send comes 0.2 s after its beginning.


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

    with clock() as time:
        async with frozen(serving(push, send_timeout=3)) as client:
            await client.vanish()
            await time.advance(3.1)
            assert raised == []
            await time.advance(0.4)
            assert [(exc.code, exc.initiator) for exc in raised] == [(1006, "server")]
            await client.finish()


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

    with clock() as time:
        async with frozen(serving(push, send_timeout=3)) as client:
            await client.vanish()
            await time.advance(2.9)
            assert raised == []
            await time.advance(0.6)
            assert sorted(raised) == ["a", "b", "c"]
            await client.finish()


async def test_a_sender_that_cannot_be_found_leaves_the_responder_to_its_grace() -> (
    None
):
    ended: list[bool] = []

    async def push(ws: WebSocket) -> None:
        async def messages() -> AsyncIterator[None]:
            yield await ws.send_text("x")  # type: ignore[func-returns-value]

        await ws.accept()
        try:
            async for _ in messages():
                pass
        finally:
            ended.append(ws.closed)

    app = serving(push, send_timeout=3, disconnect_grace=5)
    with clock() as time:
        async with frozen(app) as client:
            await client.vanish()
            await time.advance(8.1)
            assert ended == []
            await time.advance(0.4)
            assert ended == [True]


@pytest.mark.parametrize("message", ["x", b"x"])
async def test_a_cancellation_by_others_is_no_disconnect(message: str | bytes) -> None:
    tasks: list[asyncio.Task[None] | None] = []
    seen: list[type[BaseException]] = []

    async def push(ws: WebSocket) -> None:
        tasks.append(asyncio.current_task())
        await ws.accept()
        try:
            if isinstance(message, str):
                await ws.send_text(message)
            else:
                await ws.send_data(message)
        except BaseException as exc:
            seen.append(type(exc))
            raise

    with clock() as time:
        async with frozen(serving(push)) as client:
            await time.advance(1)
            (task,) = tasks
            assert task is not None
            task.cancel()
            await client.finish()
            assert task.cancelled()
    assert seen == [asyncio.CancelledError]


async def test_a_client_that_reads_late_is_waited_for_without_a_limit() -> None:
    sent: list[str] = []

    async def push(ws: WebSocket) -> None:
        await ws.accept()
        for text in "ab":
            await ws.send_text(text)
            sent.append(text)

    with clock() as time:
        async with frozen(serving(push, send_timeout=None)) as client:
            await time.advance(600)
            assert sent == []
            assert [await client.receive_text() for _ in "ab"] == ["a", "b"]
            await client.finish()
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

    with clock() as time:
        conductor = ASGIConductor(serving(push))
        async with conductor.simulate_ws(write_limit=0, spec_version="2.4") as client:
            await time.advance(0)
            assert ends == []
            if leaves:
                await client.disconnect()
            else:
                assert [await client.receive() for _ in range(3)] == ["a", b"b", "c"]
            await client.finish()
    assert ends == ["1006" if leaves else "sent"] * 3


# Limits on the connection.


async def closed_by(app: App, *messages: str) -> tuple[int | None, str]:
    async with ASGIConductor(app).simulate_ws("/") as client:
        for message in messages:
            await client.send_text(message)
        with pytest.raises(WebSocketDisconnected):
            await client.receive_text()
    return client.close_code, client.close_reason


async def closed_within(app: App, seconds: float) -> tuple[int | None, str]:
    """Let so much time pass, and two sweeps more; give how the connection was closed then."""
    with clock() as time:
        async with ASGIConductor(app).simulate_ws("/") as client:
            await time.advance(seconds)
            assert client.ready
            await time.advance(0.4)
            assert client.closed
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
    app = serving(responder, disconnect_grace=0, **{limit: 3})
    assert await closed_within(app, 3.1) == (1001, reason)
    assert len(app.connections) == 0


async def answer_all(ws: WebSocket) -> None:
    await ws.accept()
    async for message in ws:
        assert isinstance(message, str)
        await ws.send_text(message)


async def test_a_client_that_is_heard_is_not_idle() -> None:
    app = serving(answer_all, idle_timeout=3)
    with clock() as time:
        async with ASGIConductor(app).simulate_ws("/") as client:
            for _ in range(10):
                await client.send_text("here")
                assert await client.receive_text() == "here"
                await time.advance(2.9)
                assert client.ready
            await time.advance(0.7)
            assert client.close_code == 1001


async def test_waiting_in_vain_again_and_again_is_idle_too() -> None:
    async def impatient(ws: WebSocket) -> None:
        await ws.accept()
        while True:
            try:
                async with asyncio.timeout(0.1):
                    await ws.receive_text()
            except TimeoutError:
                pass

    app = serving(impatient, idle_timeout=3)
    assert await closed_within(app, 3.1) == (1001, "Silent for too long")


async def test_a_sender_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def push(ws: WebSocket) -> None:
        async def messages() -> AsyncIterator[None]:
            yield await ws.send_text("x")  # type: ignore[func-returns-value]

        await ws.accept()
        async for _ in messages():
            pass

    searches: list[object] = []
    monkeypatch.setattr("falconws.ws._transport._awaiting_task", searches.append)
    app = serving(push, send_timeout=3, disconnect_grace=None)
    with clock() as time:
        async with frozen(app) as client:
            await time.advance(2.9)
            assert searches == []
            await time.advance(600)
            assert len(searches) == 1
            assert await client.receive_text() == "x"
            await client.finish()


@pytest.mark.parametrize("seconds", [-1, 0, 3])
async def test_a_connection_ends_with_its_authorization(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def authorize(ws: WebSocket) -> None:
        ws.expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
        await receive_all(ws)

    began = datetime.now(UTC).timestamp()
    with clock() as time:
        monkeypatch.setattr("time.time", lambda: began + time.elapsed)
        async with ASGIConductor(serving(authorize)).simulate_ws("/") as client:
            await time.advance(max(0, seconds - 0.1))
            assert client.ready
            await time.advance(0.5)
    end = (client.close_code, client.close_reason)
    assert end == (1008, "Authorization has expired")


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

    app = serving(hesitate, max_age=3, disconnect_grace=0)
    client = ASGIConductor(app).simulate_ws("/")
    with clock() as time:
        client.connect()
        await time.advance(3.1)
        assert client.denial is None
        await time.advance(0.4)
        await client.finish()
    assert client.denial is not None
    assert client.denial.status_code == 403


async def test_a_responder_is_cancelled_once_for_a_client_that_is_lost_twice() -> None:
    async def serve() -> int:
        async def nothing(*_: Any) -> Any:
            return None

        options = WebSocketOptions(disconnect_grace=0)
        scope = create_scope_ws()
        ws = WebSocket(scope, nothing, nothing, options)
        OpenSocket(Request(scope, nothing), ws, options, nothing)
        task = asyncio.current_task()
        assert ws.on_disconnect is not None
        assert task is not None
        ws.on_disconnect()  # by the server, and by a limit at the same time
        ws.on_disconnect()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return task.cancelling()
        raise AssertionError

    assert await asyncio.create_task(serve()) == 1


async def test_a_close_that_a_frozen_client_does_not_read_is_not_waited_for() -> None:
    app = serving(wait_for_ever, max_age=3, disconnect_grace=0)

    async def behind_others(scope: Scope, receive: Receive, send: Send) -> None:
        """The close is behind what the client has not read."""

        async def send_or_wait(event: Event) -> None:
            if event["type"] == "websocket.close":
                await asyncio.Event().wait()
            await send(event)

        await app(scope, receive, send_or_wait)

    with clock() as time:
        async with frozen(behind_others) as client:
            await time.advance(3.1 + 5)
            assert not client.closed
            await time.advance(0.4)
            assert client.closed
            await client.finish()


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
